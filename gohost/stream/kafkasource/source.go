package kafkasource

import (
	"context"
	"errors"
	"fmt"
	"sync"

	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kgo"

	"example.org/compute-pipeline/gohost"
	"example.org/compute-pipeline/gohost/stream/source"
)

// Option configures a source in [New].
type Option func(*config) error

type config struct {
	partitions []int32
	group      string
	batch      int
	bytes      int32
	gaps       bool
}

// WithPartitions reads these partitions in this process. The default is all that the topic has when
// Run begins.
func WithPartitions(partitions ...int32) Option {
	return func(c *config) error {
		c.partitions = append(c.partitions, partitions...)
		return nil
	}
}

// WithGroup makes the members of a consumer group divide the partitions. A partition that goes to
// another member is stored first. The offsets of the group are set after each checkpoint, for tools
// that show the lag; nothing reads them. Run then works until its context ends, also if
// [source.Job.ToEnd] has ended all partitions that it has.
func WithGroup(name string) Option {
	return func(c *config) error {
		c.group = name
		return nil
	}
}

// WithBatch limits how many messages are taken at a time, and the bytes that are fetched from a
// broker at a time. The default is 10,000 messages and 16 MiB. A message that is larger is fetched
// alone.
func WithBatch(messages, bytes int) Option {
	return func(c *config) error {
		if messages < 1 || bytes < 1 || bytes > 1<<30 {
			return fmt.Errorf("%w: WithBatch(%d, %d): expected at least 1, and at most 1 GiB", gohost.ErrInvalidInput, messages, bytes)
		}
		c.batch, c.bytes = messages, int32(bytes)
		return nil
	}
}

// WithGaps goes on if the topic has dropped messages before they were read, at the first that is left. Without it, that is a
// [source.ErrPosition].
func WithGaps() Option {
	return func(c *config) error {
		c.gaps = true
		return nil
	}
}

type kafkaSource struct {
	topic  string
	opts   []kgo.Opt
	config config
}

// New returns a source of a topic. The options of kgo say where the brokers are and how to connect:
// those about consuming are the source's.
func New(topic string, client []kgo.Opt, opts ...Option) (source.Source, error) {
	s := &kafkaSource{topic: topic, opts: client, config: config{batch: 10_000, bytes: 16 << 20}}
	for _, opt := range opts {
		if err := opt(&s.config); err != nil {
			return nil, err
		}
	}
	if s.config.group != "" && len(s.config.partitions) > 0 {
		return nil, fmt.Errorf("%w: WithGroup and WithPartitions exclude each other", gohost.ErrInvalidInput)
	}
	return s, nil
}

// A run is one call of Run.
type run struct {
	*kafkaSource
	ctx    context.Context
	cancel context.CancelCauseFunc
	serve  func(context.Context, source.Partition) error
	client *kgo.Client // reads

	mu      sync.Mutex
	serving map[int32]*partition
	closed  bool // no partition is begun
	all     sync.WaitGroup
	commits sync.WaitGroup

	turn      sync.Mutex // held while what a poll returns is handed over
	waiting   int        // for a turn between polls; guarded by mu
	interrupt func()     // ends the wait of a poll; guarded by mu
}

func (s *kafkaSource) Run(ctx context.Context, serve func(context.Context, source.Partition) error) error {
	r := &run{kafkaSource: s, serve: serve, serving: map[int32]*partition{}}
	r.ctx, r.cancel = context.WithCancelCause(ctx)
	defer r.cancel(nil)
	var err error
	if r.client, err = kgo.NewClient(append(s.opts[:len(s.opts):len(s.opts)],
		kgo.ConsumePartitions(map[string]map[int32]kgo.Offset{s.topic: {}}),
		kgo.ConsumeResetOffset(kgo.NoResetOffset()),
		kgo.FetchIsolationLevel(kgo.ReadCommitted()),
		kgo.KeepControlRecords(),
		kgo.FetchMaxBytes(s.config.bytes),
		kgo.FetchMaxPartitionBytes(min(s.config.bytes, 4<<20)),
	)...); err != nil {
		return err
	}
	defer r.client.Close()
	polled := make(chan struct{})
	go func() {
		defer close(polled)
		r.poll()
	}()
	defer func() {
		r.cancel(nil)
		<-polled
	}()
	if s.config.group == "" {
		err = r.static()
	} else {
		err = r.join()
	}
	if err != nil {
		return err
	}
	return context.Cause(r.ctx)
}

// static serves partitions until all are done.
func (r *run) static() error {
	partitions := r.config.partitions
	if partitions == nil {
		t, err := describe(r.ctx, r.client, r.topic)
		if err != nil {
			return err
		}
		partitions = t.partitions
	}
	for _, p := range partitions {
		r.begin(p, nil)
	}
	r.all.Wait()
	return nil
}

// join serves the partitions that the group gives to this process until the context ends.
func (r *run) join() error {
	group, err := kgo.NewClient(append(r.opts[:len(r.opts):len(r.opts)],
		kgo.ConsumerGroup(r.config.group),
		kgo.ConsumeTopics(r.topic),
		kgo.DisableAutoCommit(),
		kgo.OnPartitionsAssigned(func(_ context.Context, group *kgo.Client, assigned map[string][]int32) {
			for _, p := range assigned[r.topic] {
				r.begin(p, group)
			}
		}),
		// The group gives them to another member when this has returned.
		kgo.OnPartitionsRevoked(func(_ context.Context, _ *kgo.Client, revoked map[string][]int32) { r.end(revoked[r.topic], errTaken) }),
		kgo.OnPartitionsLost(func(_ context.Context, _ *kgo.Client, lost map[string][]int32) { r.end(lost[r.topic], errLost) }),
	)...)
	if err != nil {
		return err
	}
	group.PauseFetchTopics(r.topic) // the other client reads
	<-r.ctx.Done()
	r.mu.Lock()
	r.closed = true
	r.mu.Unlock()
	r.all.Wait() // what is stored last is before the group learns that this member leaves
	r.commits.Wait()
	group.Close()
	return nil
}

// begin serves a partition, which the group has given, if there is one.
func (r *run) begin(number int32, group *kgo.Client) {
	p := &partition{run: r, group: group, number: number, fetched: make(chan kgo.FetchPartition), done: make(chan struct{})}
	p.ctx, p.cancel = context.WithCancelCause(r.ctx)
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.closed {
		return
	}
	r.serving[number] = p
	r.all.Go(func() {
		defer close(p.done)
		err := r.serve(p.ctx, p)
		r.client.RemoveConsumePartitions(map[string][]int32{r.topic: {number}})
		r.mu.Lock()
		delete(r.serving, number)
		r.mu.Unlock()
		if cause := context.Cause(p.ctx); err != nil && !errors.Is(cause, errTaken) && !errors.Is(cause, errLost) {
			r.cancel(err)
		}
	})
}

// Why the context of a partition ends: another member gets it, or may have it already, so that nothing may be
// stored.
var (
	errTaken = errors.New("the group takes the partition")
	errLost  = fmt.Errorf("%w: the group has taken the partition", source.ErrFenced)
)

// end ends work on partitions, and waits until it has.
func (r *run) end(numbers []int32, why error) {
	var ending []*partition
	r.mu.Lock()
	for _, n := range numbers {
		if p := r.serving[n]; p != nil {
			ending = append(ending, p)
		}
	}
	r.mu.Unlock()
	for _, p := range ending {
		p.cancel(why)
	}
	for _, p := range ending {
		<-p.done
	}
}

// between runs f between two polls. What a later poll returns was fetched as f says.
func (r *run) between(f func()) {
	r.mu.Lock()
	r.waiting++
	if r.interrupt != nil {
		r.interrupt()
	}
	r.mu.Unlock()
	r.turn.Lock()
	f()
	r.turn.Unlock()
	r.mu.Lock()
	r.waiting--
	r.mu.Unlock()
}

// poll hands fetched messages to their partitions.
func (r *run) poll() {
	for r.ctx.Err() == nil {
		ctx, cancel := context.WithCancel(r.ctx)
		r.mu.Lock()
		r.interrupt = cancel
		if r.waiting > 0 {
			cancel()
		}
		r.mu.Unlock()
		r.turn.Lock()
		r.hand(ctx, r.client.PollRecords(ctx, r.config.batch))
		r.turn.Unlock()
		cancel()
	}
}

// hand waits for each partition, so that no more is fetched than the client buffers.
func (r *run) hand(ctx context.Context, fetches kgo.Fetches) {
	if r.ctx.Err() != nil {
		return
	}
	fetches.EachError(func(topic string, _ int32, err error) {
		if topic == "" && !(ctx.Err() != nil && errors.Is(err, ctx.Err())) { // of the client as a whole
			r.cancel(err)
		}
	})
	fetches.EachPartition(func(f kgo.FetchTopicPartition) {
		r.mu.Lock()
		p := r.serving[f.Partition]
		r.mu.Unlock()
		if p == nil || f.Topic != r.topic || !p.reading {
			return // it was taken meanwhile, and may have come back
		}
		select {
		case p.fetched <- f.FetchPartition:
		case <-p.done:
		case <-p.ctx.Done():
		}
	})
}

// position makes an error about offsets a [source.ErrPosition].
func position(err error) error {
	var loss *kgo.ErrDataLoss
	if errors.As(err, &loss) || errors.Is(err, kerr.OffsetOutOfRange) || errors.Is(err, kerr.UnknownTopicID) || errors.Is(err, kerr.UnknownTopicOrPartition) || errors.Is(err, kerr.InconsistentTopicID) {
		return fmt.Errorf("%w: %w", source.ErrPosition, err)
	}
	return err
}
