package main

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kgo"
	"github.com/twmb/franz-go/pkg/kmsg"
)

const (
	sessionMs = 45_000
	beat      = 50 * time.Millisecond
)

// Members that speak the protocol of groups themselves, so that no client's intervals are measured.
func connected() ([]*kgo.Client, func(), error) {
	var made []*kgo.Client
	closeAll := func() {
		for _, cl := range made {
			cl.Close()
		}
	}
	for n := 0; n < *clients; n++ {
		cl, err := client()
		if err != nil {
			closeAll()
			return nil, nil, err
		}
		made = append(made, cl)
	}
	return made, closeAll, nil
}

// All members of a classic group have new subscriptions: from the first join to the last assignment.
func rebalanceClassic(ctx context.Context) (result, error) {
	members, closeAll, err := connected()
	if err != nil {
		return result{}, err
	}
	defer closeAll()
	all := make([]*classicMember, len(members))
	for n, cl := range members {
		all[n] = &classicMember{cl: cl}
	}
	var whole atomic.Bool
	if err := together(len(all), func(n int) error { return all[n].gather(ctx, &whole) }); err != nil {
		return result{}, err
	}
	return timed(int(*records), func(round int) error {
		return together(len(all), func(n int) error { _, err := all[n].join(ctx, round+1); return err })
	})
}

type classicMember struct {
	cl         *kgo.Client
	id         string
	generation int32
}

// Until somebody has seen all members in one generation.
func (m *classicMember) gather(ctx context.Context, whole *atomic.Bool) error {
	for !whole.Load() {
		seen, err := m.join(ctx, 0)
		if err != nil {
			return err
		}
		if seen == *clients {
			whole.Store(true)
		}
		for !whole.Load() && m.holds(ctx) {
			time.Sleep(beat)
		}
	}
	return nil
}

func (m *classicMember) holds(ctx context.Context) bool {
	request := kmsg.NewPtrHeartbeatRequest()
	request.Group, request.Generation, request.MemberID = *topic, m.generation, m.id
	answer, err := request.RequestWith(ctx, m.cl)
	return err == nil && answer.ErrorCode == 0
}

// Join and sync, again where the group changes meanwhile. Gives how many members the leader sees, to others 0.
func (m *classicMember) join(ctx context.Context, round int) (int, error) {
	for {
		joined, err := m.joinOnce(ctx, round)
		if err != nil {
			return 0, err
		}
		m.id, m.generation = joined.MemberID, joined.Generation
		switch err := kerr.ErrorForCode(joined.ErrorCode); {
		case errors.Is(err, kerr.MemberIDRequired):
			continue
		case err != nil:
			return 0, err
		}
		switch err := m.sync(ctx, joined); {
		case errors.Is(err, kerr.RebalanceInProgress), errors.Is(err, kerr.IllegalGeneration):
			continue
		case err != nil:
			return 0, err
		}
		return len(joined.Members), nil
	}
}

func (m *classicMember) joinOnce(ctx context.Context, round int) (*kmsg.JoinGroupResponse, error) {
	request := kmsg.NewPtrJoinGroupRequest()
	request.Group, request.MemberID, request.ProtocolType = *topic, m.id, "load"
	request.SessionTimeoutMillis, request.RebalanceTimeoutMillis = sessionMs, sessionMs
	protocol := kmsg.NewJoinGroupRequestProtocol()
	protocol.Name, protocol.Metadata = "turns", binary.BigEndian.AppendUint32(nil, uint32(round))
	request.Protocols = append(request.Protocols, protocol)
	return request.RequestWith(ctx, m.cl)
}

func (m *classicMember) sync(ctx context.Context, joined *kmsg.JoinGroupResponse) error {
	request := kmsg.NewPtrSyncGroupRequest()
	request.Group, request.MemberID, request.Generation = *topic, m.id, m.generation
	request.ProtocolType, request.Protocol = joined.ProtocolType, joined.Protocol
	for _, each := range joined.Members {
		assignment := kmsg.NewSyncGroupRequestGroupAssignment()
		assignment.MemberID, assignment.MemberAssignment = each.MemberID, []byte(each.MemberID)
		request.GroupAssignment = append(request.GroupAssignment, assignment)
	}
	answer, err := request.RequestWith(ctx, m.cl)
	if err != nil {
		return err
	}
	return kerr.ErrorForCode(answer.ErrorCode)
}

// Members of a new group of KIP-848: from the first heartbeat until each owns its one partition.
func rebalanceConsumer(ctx context.Context) (result, error) {
	members, closeAll, err := connected()
	if err != nil {
		return result{}, err
	}
	defer closeAll()
	return timed(int(*records), func(round int) error {
		var settled atomic.Int64
		return together(len(members), func(n int) error {
			member := &consumerMember{cl: members[n], group: fmt.Sprintf("%s-%d", *topic, round), id: fmt.Sprintf("member-%d-%d", round, n)}
			return member.settle(ctx, &settled)
		})
	})
}

type consumerMember struct {
	cl    *kgo.Client
	group string
	id    string
	epoch int32
	owned []kmsg.ConsumerGroupHeartbeatRequestTopic
}

// Take and give up what the coordinator says, until all have what they shall have; then leave.
func (m *consumerMember) settle(ctx context.Context, settled *atomic.Int64) error {
	counted := false
	for settled.Load() < int64(*clients) {
		changed, err := m.heartbeat(ctx)
		if err != nil {
			return err
		}
		if has := m.partitions() == 1; has != counted {
			counted = has
			if has {
				settled.Add(1)
			} else {
				settled.Add(-1)
			}
		}
		if !changed {
			time.Sleep(beat)
		}
	}
	m.epoch = -1
	_, err := m.heartbeat(ctx)
	return err
}

func (m *consumerMember) heartbeat(ctx context.Context) (bool, error) {
	request := kmsg.NewPtrConsumerGroupHeartbeatRequest()
	request.Group, request.MemberID, request.MemberEpoch = m.group, m.id, m.epoch
	if m.epoch >= 0 {
		request.RebalanceTimeoutMillis, request.SubscribedTopicNames = sessionMs, []string{*topic}
		request.Topics = append([]kmsg.ConsumerGroupHeartbeatRequestTopic{}, m.owned...)
	}
	answer, err := request.RequestWith(ctx, m.cl)
	if err != nil {
		return false, err
	}
	if err := kerr.ErrorForCode(answer.ErrorCode); err != nil {
		return false, err
	}
	m.epoch = answer.MemberEpoch
	if answer.Assignment == nil {
		return false, nil
	}
	m.owned = nil
	for _, each := range answer.Assignment.Topics {
		owned := kmsg.NewConsumerGroupHeartbeatRequestTopic()
		owned.TopicID, owned.Partitions = each.TopicID, each.Partitions
		m.owned = append(m.owned, owned)
	}
	return true, nil
}

func (m *consumerMember) partitions() int {
	count := 0
	for _, each := range m.owned {
		count += len(each.Partitions)
	}
	return count
}

// All at once; the first failure of any.
func together(count int, do func(int) error) error {
	failures := make([]error, count)
	var group sync.WaitGroup
	for n := 0; n < count; n++ {
		group.Add(1)
		go func() {
			defer group.Done()
			failures[n] = do(n)
		}()
	}
	group.Wait()
	return errors.Join(failures...)
}

// So many rounds, each with its time.
func timed(rounds int, do func(round int) error) (result, error) {
	var times []time.Duration
	began := time.Now()
	for round := 0; round < rounds; round++ {
		at := time.Now()
		if err := do(round); err != nil {
			return result{}, err
		}
		times = append(times, time.Since(at))
	}
	out := result{Records: int64(rounds), Seconds: time.Since(began).Seconds()}
	out.P50Ms, out.P99Ms = percentiles(times)
	return out, nil
}
