package source

import (
	"cmp"
	"context"
	"fmt"
	"log/slog"
	"slices"
	"sync"
	"time"

	"example.org/compute-pipeline/gohost"
	"example.org/compute-pipeline/gohost/stream"
)

// A Job says what to compute. Engine, Windows, Decode, Store, and Emit or Encode are needed.
type Job[R any] struct {
	Engine  stream.Engine[R]
	Windows stream.Windows
	// Options are those of each partition's operator. Their limits count for each.
	// [stream.WithIdle], [stream.WithSources] and [stream.WithExplicitWatermarks] have no use here: a
	// partition is one source, and time is in its messages.
	Options []stream.Option
	Decode  Decode
	Store   Store

	// Emit is called with each result, by the goroutine of its partition. After a crash it is called
	// again for results since the last checkpoint. An error ends the run; the result comes again.
	Emit func(ctx context.Context, o Output[R]) error
	// Encode returns a result as a record for stores that are [Publisher]: readers of what these
	// publish see it once.
	Encode func(o Output[R]) (key, value []byte, err error)

	// Poison decides about a message that Decode refuses, or whose key is longer than
	// [stream.MaxKeySize]. If it returns nil, the message is skipped and counted; an error ends the
	// run. After a crash it is called again for messages since the last checkpoint. Without it each
	// such message is an error. [Skip] skips all.
	Poison func(ctx context.Context, m Message, err *PoisonError) error

	// Every is the max time between checkpoints while messages come. The default is a second.
	Every time.Duration
	// EveryMessages is the max number of messages between checkpoints, and may be exceeded by a batch.
	// By default time alone counts.
	EveryMessages int
	// ToEnd ends the run when all messages that were there at its start are read: all windows are
	// emitted, and the job is done for good.
	ToEnd bool

	// Logger gets a message when work on a partition begins and ends. The default is none.
	Logger *slog.Logger
}

// Skip is a [Job.Poison] that skips all messages without points.
func Skip(context.Context, Message, *PoisonError) error { return nil }

// An Output is a result of a partition.
type Output[R any] struct {
	stream.Result[R]
	Partition string
	// Number counts the results of the partition, from 0. If results come again after a crash, they
	// have the same numbers and the same bits.
	Number uint64
}

// A Runner runs a job on the partitions of a source.
type Runner[R any] struct {
	source Source
	job    Job[R]

	mu    sync.Mutex
	stats map[string]*Stats
}

// New returns a runner.
func New[R any](s Source, job Job[R]) (*Runner[R], error) {
	bad := func(what string) (*Runner[R], error) {
		return nil, fmt.Errorf("%w: %s", gohost.ErrInvalidInput, what)
	}
	switch {
	case s == nil:
		return bad("the Source is nil")
	case job.Engine == nil:
		return bad("Job.Engine is nil")
	case job.Decode == nil:
		return bad("Job.Decode is nil")
	case job.Store == nil:
		return bad("Job.Store is nil")
	case job.Emit == nil && job.Encode == nil:
		return bad("Job.Emit and Job.Encode are nil")
	case job.Every < 0 || job.EveryMessages < 0:
		return bad("Job.Every and Job.EveryMessages must not be negative")
	}
	if job.Every == 0 {
		job.Every = time.Second
	}
	if job.Logger == nil {
		job.Logger = slog.New(slog.DiscardHandler)
	}
	op, err := stream.New(job.Engine, job.Windows, job.Options...) // reports options that are wrong
	if err != nil {
		return nil, err
	}
	return &Runner[R]{source: s, job: job, stats: map[string]*Stats{}}, op.Close()
}

// Run works until the context ends, and then returns its error, until the end of the messages if
// [Job.ToEnd] is set, and then returns nil, or until an error. If the context ends between two
// batches, it stores another checkpoint. It can be called again and then goes on from the last
// checkpoint, as another process would.
//
// Errors are those of the source, the store, the engine and the functions of the job, [ErrFenced],
// [ErrPosition], [ErrCheckpoint], [stream.ErrSnapshot], [*PoisonError] and [*gohost.LimitError]. After a
// lost connection it is right to call Run again; after these it is not, without a change.
func (r *Runner[R]) Run(ctx context.Context) error {
	return r.source.Run(ctx, func(ctx context.Context, p Partition) error {
		r.job.Logger.Info("begin", "partition", p.Name())
		err := r.serve(ctx, p)
		r.job.Logger.Info("end", "partition", p.Name(), "error", err)
		if err != nil {
			return fmt.Errorf("%s: %w", p.Name(), err)
		}
		return nil
	})
}

// Stats are those of a partition that this runner has worked on.
type Stats struct {
	Partition string
	// Messages, poison as well, and Poison are of all runs, up to the last batch.
	Messages, Poison uint64
	// Bytes are those of the values of messages in this runner.
	Bytes uint64
	// Rate is the number of messages a second of time, since work on the partition began.
	Rate float64
	// Lag is how many messages, at most, the partition had behind the last batch when it came.
	Lag uint64
	// Position is that behind the last batch, Stored that of the last checkpoint.
	Position, Stored Position
	// Checkpoints counts those of this runner.
	Checkpoints uint64
	// Stream has the counts of the operator at the last batch.
	Stream stream.Stats

	begun time.Time
	since uint64 // messages in this runner
}

// Stats returns those of each partition, by name. It can be called at any time.
func (r *Runner[R]) Stats() []Stats {
	r.mu.Lock()
	defer r.mu.Unlock()
	all := make([]Stats, 0, len(r.stats))
	for _, s := range r.stats {
		one := *s
		if passed := time.Since(s.begun).Seconds(); passed > 0 {
			one.Rate = float64(s.since) / passed
		}
		all = append(all, one)
	}
	slices.SortFunc(all, func(a, b Stats) int { return cmp.Compare(a.Partition, b.Partition) })
	return all
}

func (r *Runner[R]) note(partition string, f func(*Stats)) {
	r.mu.Lock()
	defer r.mu.Unlock()
	s := r.stats[partition]
	if s == nil {
		s = &Stats{Partition: partition, begun: time.Now()}
		r.stats[partition] = s
	}
	f(s)
}
