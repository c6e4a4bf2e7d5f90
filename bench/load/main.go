// Load on a Kafka broker, from a client that is not in Python: bulk, one record at a time, transactions, and groups.
// Each run is bounded in records, has a deadline, and prints one line of JSON.
package main

import (
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"maps"
	"os"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"
)

type result struct {
	Records  int64   `json:"records"`
	Bytes    int64   `json:"bytes"`
	Seconds  float64 `json:"seconds"`
	P50Ms    float64 `json:"p50_ms,omitempty"`
	P99Ms    float64 `json:"p99_ms,omitempty"`
	Failures int64   `json:"failures"`
}

var (
	brokers    = flag.String("brokers", "127.0.0.1:9092", "host:port")
	topic      = flag.String("topic", "load", "topic, which must exist")
	size       = flag.Int("size", 1024, "bytes of a record's value")
	records    = flag.Int64("records", 1_000_000, "how many, or how many rounds")
	clients    = flag.Int("clients", 1, "clients, each with connections of its own")
	partitions = flag.Int("partitions", 1, "how many the topic has")
	deadline   = flag.Duration("deadline", 2*time.Minute, "the run fails after this")
)

var modes = map[string]func(context.Context) (result, error){
	"produce":            produce,
	"consume":            consume,
	"single":             single,
	"transactions":       transactions,
	"rebalance-classic":  rebalanceClassic,
	"rebalance-consumer": rebalanceConsumer,
}

func main() {
	flag.Usage = func() {
		fmt.Fprintln(os.Stderr, "load [flags]", strings.Join(slices.Sorted(maps.Keys(modes)), "|"))
		flag.PrintDefaults()
	}
	flag.Parse()
	ctx, cancel := context.WithTimeout(context.Background(), *deadline)
	defer cancel()
	run, known := modes[flag.Arg(0)]
	if !known {
		flag.Usage()
		os.Exit(2)
	}
	out, err := run(ctx)
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	json.NewEncoder(os.Stdout).Encode(out)
}

func client(more ...kgo.Opt) (*kgo.Client, error) {
	return kgo.NewClient(append([]kgo.Opt{
		kgo.SeedBrokers(*brokers),
		kgo.DefaultProduceTopic(*topic),
		kgo.RecordPartitioner(kgo.ManualPartitioner()),
		kgo.ProducerBatchCompression(kgo.NoCompression()),
		kgo.RequiredAcks(kgo.AllISRAcks()),
	}, more...)...)
}

// Random-looking, so that nothing on the way can make it smaller; not random, so that it costs nothing.
func value() []byte {
	made := make([]byte, *size)
	state := uint32(2463534242)
	for i := range made {
		state ^= state << 13
		state ^= state >> 17
		state ^= state << 5
		made[i] = byte(state)
	}
	return made
}

// As many records as fast as they go, in batches of up to a megabyte.
func produce(ctx context.Context) (result, error) {
	each := *records / int64(*clients)
	var failures int64
	payload := value()
	began := time.Now()
	var group sync.WaitGroup
	for n := 0; n < *clients; n++ {
		cl, err := client(kgo.ProducerLinger(5*time.Millisecond), kgo.ProducerBatchMaxBytes(1_000_000), kgo.MaxBufferedRecords(200_000), kgo.MaxBufferedBytes(256<<20))
		if err != nil {
			return result{}, err
		}
		defer cl.Close()
		group.Add(1)
		go func() {
			defer group.Done()
			for i := int64(0); i < each; i++ {
				record := &kgo.Record{Value: payload, Partition: int32(i % int64(*partitions))}
				cl.Produce(ctx, record, func(_ *kgo.Record, err error) {
					if err != nil {
						atomic.AddInt64(&failures, 1)
					}
				})
			}
			if cl.Flush(ctx) != nil {
				atomic.AddInt64(&failures, 1)
			}
		}()
	}
	group.Wait()
	done := each * int64(*clients)
	return result{Records: done, Bytes: done * int64(*size), Seconds: time.Since(began).Seconds(), Failures: failures}, nil
}

// What the topic holds, from its beginning.
func consume(ctx context.Context) (result, error) {
	cl, err := client(kgo.ConsumeTopics(*topic), kgo.ConsumeResetOffset(kgo.NewOffset().AtStart()),
		kgo.FetchMaxBytes(50<<20), kgo.FetchMaxPartitionBytes(8<<20), kgo.MaxConcurrentFetches(4))
	if err != nil {
		return result{}, err
	}
	defer cl.Close()
	var out result
	began := time.Now()
	for out.Records < *records {
		fetches := cl.PollFetches(ctx)
		if err := fetches.Err0(); err != nil {
			return out, err
		}
		fetches.EachRecord(func(record *kgo.Record) {
			out.Records++
			out.Bytes += int64(len(record.Value))
		})
	}
	out.Seconds = time.Since(began).Seconds()
	return out, nil
}

// Each client sends one record, waits for its answer, and sends the next.
func single(ctx context.Context) (result, error) {
	each := *records / int64(*clients)
	payload := value()
	times := make([][]time.Duration, *clients)
	var failures int64
	var group sync.WaitGroup
	ready := make(chan struct{})
	for n := 0; n < *clients; n++ {
		cl, err := client(kgo.ProducerLinger(0))
		if err != nil {
			return result{}, err
		}
		defer cl.Close()
		partition := int32(n % *partitions)
		if err := cl.ProduceSync(ctx, &kgo.Record{Value: payload, Partition: partition}).FirstErr(); err != nil {
			return result{}, err
		}
		group.Add(1)
		go func(n int) {
			defer group.Done()
			<-ready
			for i := int64(0); i < each; i++ {
				began := time.Now()
				if cl.ProduceSync(ctx, &kgo.Record{Value: payload, Partition: partition}).FirstErr() != nil {
					atomic.AddInt64(&failures, 1)
				}
				times[n] = append(times[n], time.Since(began))
			}
		}(n)
	}
	began := time.Now()
	close(ready)
	group.Wait()
	took := time.Since(began).Seconds()
	var all []time.Duration
	for _, some := range times {
		all = append(all, some...)
	}
	done := each * int64(*clients)
	out := result{Records: done, Bytes: done * int64(*size), Seconds: took, Failures: failures}
	out.P50Ms, out.P99Ms = percentiles(all)
	return out, nil
}

// The 50th and the 99th, in milliseconds.
func percentiles(times []time.Duration) (float64, float64) {
	slices.Sort(times)
	at := func(share float64) float64 {
		return float64(times[int(share*float64(len(times)-1))].Microseconds()) / 1000
	}
	return at(0.5), at(0.99)
}
