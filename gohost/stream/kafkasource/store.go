package kafkasource

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"sync/atomic"
	"time"

	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kgo"

	"example.org/compute-pipeline/gohost/stream/source"
)

// StoreOption configures a store in [NewStore].
type StoreOption func(*storeConfig) error

type storeConfig struct {
	replicas int16
	results  string
}

// WithReplicas makes a topic that does not exist with so many replicas. The default is that of the
// brokers.
func WithReplicas(n int) StoreOption {
	return func(c *storeConfig) error {
		c.replicas = int16(n)
		return nil
	}
}

// WithResults publishes the results of [source.Job.Encode] to a topic, in one transaction with the state
// that has them. Who reads only what is committed (isolation.level=read_committed) sees each once, after
// the checkpoint. [source.Job.Every] must be well below 15 minutes, after which brokers abort a transaction: then
// Run returns [source.ErrFenced]. The number of a result is in the header [NumberHeader], and the name of the partition in
// [PartitionHeader].
func WithResults(topic string) StoreOption {
	return func(c *storeConfig) error {
		c.results = topic
		return nil
	}
}

// Headers of results.
const (
	NumberHeader    = "compute-pipeline-number"
	PartitionHeader = "compute-pipeline-partition"
)

type store struct {
	topic  string
	opts   []kgo.Opt
	config storeConfig
}

// NewStore returns a store in a topic, which it makes if it does not exist: compacted, with one
// partition. A topic is for one job. Every process that can reach the brokers can go on with the job.
//
// States are written in transactions, whose ids are the topic and the name of the partition. A session that is
// opened fences all before it, which get [source.ErrFenced]. A state that is too large for a message is
// written as several.
func NewStore(ctx context.Context, topic string, client []kgo.Opt, opts ...StoreOption) (source.Store, error) {
	s := &store{topic: topic, opts: client, config: storeConfig{replicas: -1}}
	for _, opt := range opts {
		if err := opt(&s.config); err != nil {
			return nil, err
		}
	}
	c, err := kgo.NewClient(client...)
	if err != nil {
		return nil, err
	}
	defer c.Close()
	return s, create(ctx, c, topic, s.config.replicas)
}

// A state is a record with the partition's name as the key, and more with a number behind it if it is
// large. All have a header that names the state, and how many parts it has: the newest first part counts.
type session struct {
	*store
	partition string
	client    *kgo.Client
	begun     bool                  // a transaction
	failed    error                 // nothing works after it
	refused   atomic.Pointer[error] // why a result was not written
}

const (
	stateHeader = "compute-pipeline-state"
	// partSize is well below the usual max size of a message, 1 MB.
	partSize = 512 << 10
	// transactionTimeout is the most that brokers allow by default (transaction.max.timeout.ms).
	transactionTimeout = 15 * time.Minute
)

// partitioner leaves the partition of states as it is given, and divides results by key.
type partitioner struct{ state string }

func (p partitioner) ForTopic(topic string) kgo.TopicPartitioner {
	if topic == p.state {
		return kgo.ManualPartitioner().ForTopic(topic)
	}
	return kgo.StickyKeyPartitioner(nil).ForTopic(topic)
}

func (s *store) Open(ctx context.Context, partition string) (source.Session, error) {
	n := &session{store: s, partition: partition}
	var err error
	if n.client, err = kgo.NewClient(append(s.opts[:len(s.opts):len(s.opts)],
		kgo.TransactionalID(s.topic+" "+partition),
		kgo.TransactionTimeout(transactionTimeout),
		kgo.RequiredAcks(kgo.AllISRAcks()),
		kgo.RecordPartitioner(partitioner{s.topic}),
	)...); err != nil {
		return nil, err
	}
	// This fences sessions before, and aborts what they have not committed.
	if _, _, err := n.client.ProducerID(ctx); err != nil {
		n.client.Close()
		return nil, fmt.Errorf("the transactions of %s: %w", partition, err)
	}
	if s.config.results == "" {
		return n, nil
	}
	return &publishing{n}, nil
}

func (s *session) Load(ctx context.Context) ([]byte, error) {
	reader, err := kgo.NewClient(append(s.opts[:len(s.opts):len(s.opts)],
		kgo.ConsumePartitions(map[string]map[int32]kgo.Offset{s.topic: {}}),
		kgo.ConsumeResetOffset(kgo.NoResetOffset()),
		kgo.FetchIsolationLevel(kgo.ReadCommitted()),
		kgo.KeepControlRecords(),
	)...)
	if err != nil {
		return nil, err
	}
	defer reader.Close()
	start, err := offset(ctx, reader, s.topic, 0, first, false)
	if err != nil {
		return nil, err
	}
	// Transactions of other partitions that are not committed hide what is behind them. Reading waits
	// for them: a state of this partition may be there.
	end, err := offset(ctx, reader, s.topic, 0, last, false)
	if err != nil {
		return nil, err
	}
	// The newest state is near the end.
	for back := int64(256); ; back *= 16 {
		from := max(start, end-back)
		state, found, err := s.search(ctx, reader, from, end)
		if found || err != nil || from == start {
			return state, err
		}
	}
}

// search returns the newest state between two offsets.
func (s *session) search(ctx context.Context, reader *kgo.Client, from, end int64) (state []byte, found bool, err error) {
	if from >= end {
		return nil, false, nil
	}
	reader.AddConsumePartitions(map[string]map[int32]kgo.Offset{s.topic: {0: kgo.NewOffset().At(from)}})
	defer reader.RemoveConsumePartitions(map[string][]int32{s.topic: {0}})
	var parts [][]byte
	var name string
	missing, damaged := 0, false
	for next := from; next < end; {
		fetches := reader.PollFetches(ctx)
		if err := fetches.Err(); err != nil {
			return nil, false, err
		}
		fetches.EachRecord(func(r *kgo.Record) {
			next = r.Offset + 1
			key, value := string(r.Key), header(r, stateHeader)
			if r.Attrs.IsControl() || r.Offset >= end {
				return
			}
			if key == s.partition {
				id, count, ok := cut(value)
				name, parts, missing, damaged = id, make([][]byte, count), count, !ok
			}
			for i := range parts {
				if id, _, _ := cut(value); key == partKey(s.partition, i) && id == name && parts[i] == nil {
					parts[i] = r.Value
					missing--
				}
			}
		})
	}
	if damaged {
		return nil, false, fmt.Errorf("%w: that of %s in the topic %s has no header %s", source.ErrCheckpoint, s.partition, s.topic, stateHeader)
	}
	if parts == nil {
		return nil, false, nil
	}
	if missing > 0 {
		return nil, false, fmt.Errorf("%w: %d parts of that of %s in the topic %s are gone", source.ErrCheckpoint, missing, s.partition, s.topic)
	}
	return slices.Concat(parts...), true, nil
}

func partKey(partition string, i int) string {
	if i == 0 {
		return partition
	}
	return partition + " " + strconv.Itoa(i)
}

// cut divides the header of a state: its name and the number of its parts.
func cut(value string) (name string, count int, ok bool) {
	const size = 32
	if len(value) <= size {
		return "", 0, false
	}
	count, err := strconv.Atoi(value[size:])
	if err != nil || count < 1 || count > 1<<16 {
		return "", 0, false
	}
	return value[:size], count, true
}

func header(r *kgo.Record, key string) string {
	for _, h := range r.Headers {
		if h.Key == key {
			return string(h.Value)
		}
	}
	return ""
}

func (s *session) begin() error {
	if s.begun || s.failed != nil {
		return s.failed
	}
	s.failed = s.fenced(s.client.BeginTransaction())
	s.begun = s.failed == nil
	return s.failed
}

// fenced says which errors mean that another session was opened.
func (s *session) fenced(err error) error {
	for _, e := range []error{kerr.ProducerFenced, kerr.InvalidProducerEpoch, kerr.InvalidProducerIDMapping, kerr.TransactionCoordinatorFenced} {
		if errors.Is(err, e) {
			return fmt.Errorf("%w: %s in the topic %s: %w", source.ErrFenced, s.partition, s.topic, err)
		}
	}
	return err
}

func (s *session) Save(ctx context.Context, state []byte) error {
	if err := s.begin(); err != nil {
		return err
	}
	var id [16]byte
	_, _ = rand.Read(id[:]) // never fails
	parts := slices.Collect(slices.Chunk(state, partSize))
	if len(parts) == 0 {
		parts = [][]byte{{}}
	}
	records := make([]*kgo.Record, len(parts))
	for i, part := range parts {
		records[i] = &kgo.Record{
			Topic: s.topic, Key: []byte(partKey(s.partition, i)), Value: part,
			Headers: []kgo.RecordHeader{{Key: stateHeader, Value: fmt.Append(nil, hex.EncodeToString(id[:]), len(parts))}},
		}
	}
	err := s.client.ProduceSync(ctx, records...).FirstErr()
	if err == nil {
		err = s.client.Flush(ctx) // results
	}
	if refused := s.refused.Load(); err == nil && refused != nil {
		err = *refused
	}
	if err == nil {
		err = s.client.EndTransaction(ctx, kgo.TryCommit)
		s.begun = false
	}
	s.failed = s.fenced(err)
	return s.failed
}

func (s *session) Close() error {
	defer s.client.Close()
	if !s.begun {
		return nil
	}
	// Without this the brokers would abort it after transactionTimeout, and readers wait until then. If it fails
	// because another session was opened, that has done it.
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
	defer cancel()
	_ = s.client.AbortBufferedRecords(ctx)
	_ = s.client.EndTransaction(ctx, kgo.TryAbort)
	return nil
}

// publishing is a session that publishes results.
type publishing struct{ *session }

// Publish implements [source.Publisher].
func (p *publishing) Publish(ctx context.Context, r source.Record) error {
	if err := p.begin(); err != nil {
		return err
	}
	// A promise runs before the Flush of Save returns.
	p.client.Produce(ctx, &kgo.Record{
		Topic: p.config.results, Key: r.Key, Value: r.Value,
		Headers: []kgo.RecordHeader{
			{Key: NumberHeader, Value: strconv.AppendUint(nil, r.Number, 10)},
			{Key: PartitionHeader, Value: []byte(p.partition)},
		},
	}, func(_ *kgo.Record, err error) {
		if err != nil {
			p.refused.Store(&err)
		}
	})
	return nil
}
