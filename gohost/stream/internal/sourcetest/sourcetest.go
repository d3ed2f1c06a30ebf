// Package sourcetest checks that a job of package source counts each message exactly once: for the
// tests of sources, each against its server.
package sourcetest

import (
	"context"
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"example.org/compute-pipeline/gohost"
	"example.org/compute-pipeline/gohost/stream"
	"example.org/compute-pipeline/gohost/stream/source"
)

// Output is an output of the jobs that this package checks.
type Output = source.Output[gohost.Statistics]

// Disorder is how far points are out of order, and Windows are those of a job.
const Disorder = 20

// Windows returns the windows of the jobs.
func Windows() stream.Windows { return stream.Tumbling(100) }

// Options returns the options of their operators.
func Options() []stream.Option { return []stream.Option{stream.WithDisorder(Disorder)} }

// Points returns points of a few keys with values of all magnitudes, out of order, and with a clock that
// jumps back now and then.
func Points(random *rand.Rand, n int) []stream.Point {
	points := make([]stream.Point, n)
	for i := range points {
		points[i] = stream.Point{Key: fmt.Sprintf("sensors.%d", random.IntN(5)), Datapoint: gohost.Datapoint{
			Timestamp: uint64(1000 + i - random.IntN(Disorder)),
			Value:     math.Ldexp(random.Float64()-0.5, random.IntN(200)-100),
		}}
		if random.IntN(500) == 0 {
			points[i].Timestamp -= 500 // late
		}
	}
	return points
}

// JSON is a message with one point.
func JSON(p stream.Point) []byte {
	return fmt.Appendf(nil, `[{"timestamp": %d, "value": %g}]`, p.Timestamp, p.Value)
}

// A Sink has the outputs of all runs of a job.
type Sink struct {
	mu      sync.Mutex
	outputs map[string][]Output
	Again   int // outputs that came again
}

// Emit takes an output. One that came before must be the same, and another must be the next.
func (s *Sink) Emit(_ context.Context, o Output) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.outputs == nil {
		s.outputs = map[string][]Output{}
	}
	had := s.outputs[o.Partition]
	switch n := uint64(len(had)); {
	case o.Number > n:
		return fmt.Errorf("result %d of %s comes after %d results", o.Number, o.Partition, n)
	case o.Number < n:
		s.Again++
		if !equal(had[o.Number], o) {
			return fmt.Errorf("result %d of %s is %+v, and was %+v", o.Number, o.Partition, o, had[o.Number])
		}
	default:
		s.outputs[o.Partition] = append(had, o)
	}
	return nil
}

// Count returns how many outputs there are.
func (s *Sink) Count() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	n := 0
	for _, outputs := range s.outputs {
		n += len(outputs)
	}
	return n
}

func equal(a, b Output) bool { return fmt.Sprintf("%+v", a) == fmt.Sprintf("%+v", b) }

// Check requires the outputs of partitions to be, bit for bit, those of one operator for each that
// gets all points at once, and the sums of windows those of one computation over their points.
func (s *Sink) Check(t testing.TB, eng *gohost.Engine, partitions map[string][]stream.Point) {
	t.Helper()
	require.Len(t, s.outputs, len(partitions))
	for name, points := range partitions {
		want := Want(t, eng, name, points)
		got := s.outputs[name]
		require.Len(t, got, len(want), name)
		for i := range want {
			require.Equal(t, want[i], got[i], name)
		}
	}
}

// Want returns the outputs of a partition with these points.
func Want(t testing.TB, eng *gohost.Engine, partition string, points []stream.Point) []Output {
	t.Helper()
	late := map[stream.Point]bool{}
	op, err := stream.New(eng, Windows(), append(Options(), stream.WithLate(func(l stream.Late) error {
		late[l.Point] = true
		return nil
	}))...)
	require.NoError(t, err)
	var want []Output
	emit := func(r stream.Result[gohost.Statistics]) error {
		want = append(want, Output{Result: r, Partition: partition, Number: uint64(len(want))})
		return nil
	}
	_, err = op.Push(t.Context(), points, emit)
	require.NoError(t, err)
	require.NoError(t, op.Finish(t.Context(), emit))
	for _, o := range want {
		var all []gohost.Datapoint
		for _, p := range points {
			if p.Key == o.Key && o.Span.Start <= p.Timestamp && p.Timestamp <= o.Span.Last && !late[p] {
				all = append(all, p.Datapoint)
			}
		}
		aggregate, err := eng.ComputeAggregate(t.Context(), all)
		require.NoError(t, err)
		require.Equal(t, uint64(len(all)), o.Value.Count)
		require.Equal(t, aggregate, gohost.Aggregate{Mean: o.Value.Mean, Variance: o.Value.Variance, Sum: o.Value.Sum})
	}
	return want
}

// ErrKilled is the error of [Killed].
var ErrKilled = errors.New("killed")

// Killed is a store whose process is killed now and then: just before a state is stored, or just
// after.
type Killed struct {
	source.Store
	mu     sync.Mutex
	Random *rand.Rand
	Kills  int // how often that happens
}

// Open implements [source.Store].
func (k *Killed) Open(ctx context.Context, partition string) (source.Session, error) {
	s, err := k.Store.Open(ctx, partition)
	if err != nil {
		return nil, err
	}
	if p, ok := s.(source.Publisher); ok {
		return &killedPublishing{killed{s, k}, p}, nil
	}
	return &killed{s, k}, nil
}

// dies reports whether this is the moment.
func (k *Killed) dies() bool {
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.Kills == 0 || k.Random.IntN(6) > 0 {
		return false
	}
	k.Kills--
	return true
}

type killed struct {
	source.Session
	store *Killed
}

func (k *killed) Save(ctx context.Context, state []byte) error {
	if k.store.dies() {
		return ErrKilled
	}
	if err := k.Session.Save(ctx, state); err != nil {
		return err
	}
	if k.store.dies() {
		return ErrKilled
	}
	return nil
}

type killedPublishing struct {
	killed
	publisher source.Publisher
}

func (k *killedPublishing) Publish(ctx context.Context, r source.Record) error {
	return k.publisher.Publish(ctx, r)
}

// RunKilled runs a job until it ends without being killed, and returns how often it was.
func RunKilled(t testing.TB, src source.Source, job source.Job[gohost.Statistics]) (kills int) {
	t.Helper()
	for {
		runner, err := source.New(src, job)
		require.NoError(t, err)
		err = runner.Run(t.Context())
		if err == nil {
			return kills
		}
		require.ErrorIs(t, err, ErrKilled)
		kills++
	}
}
