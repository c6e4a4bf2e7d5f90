package main

import (
	"context"
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"
)

const recordsInTransaction = 100

// Each client writes a transaction of a hundred records, commits it, and begins the next.
func transactions(ctx context.Context) (result, error) {
	each := int(*records) / recordsInTransaction / *clients
	payload := value()
	var failures int64
	var group sync.WaitGroup
	ready := make(chan struct{})
	for n := 0; n < *clients; n++ {
		cl, err := client(kgo.TransactionalID(fmt.Sprintf("%s-%d", *topic, n)), kgo.ProducerLinger(5*time.Millisecond))
		if err != nil {
			return result{}, err
		}
		defer cl.Close()
		if err := transact(ctx, cl, payload); err != nil {
			return result{}, err
		}
		group.Add(1)
		go func() {
			defer group.Done()
			<-ready
			for i := 0; i < each; i++ {
				if transact(ctx, cl, payload) != nil {
					atomic.AddInt64(&failures, 1)
				}
			}
		}()
	}
	began := time.Now()
	close(ready)
	group.Wait()
	done := int64(each * *clients * recordsInTransaction)
	return result{Records: done, Bytes: done * int64(*size), Seconds: time.Since(began).Seconds(), Failures: failures}, nil
}

func transact(ctx context.Context, cl *kgo.Client, payload []byte) error {
	if err := cl.BeginTransaction(); err != nil {
		return err
	}
	var lost atomic.Int64
	for i := 0; i < recordsInTransaction; i++ {
		record := &kgo.Record{Value: payload, Partition: int32(i % *partitions)}
		cl.Produce(ctx, record, func(_ *kgo.Record, err error) {
			if err != nil {
				lost.Add(1)
			}
		})
	}
	if err := cl.Flush(ctx); err != nil {
		return err
	}
	if lost.Load() > 0 {
		return fmt.Errorf("%d records were not taken", lost.Load())
	}
	return cl.EndTransaction(ctx, kgo.TryCommit)
}
