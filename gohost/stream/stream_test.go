package stream_test

import (
	"context"
	"fmt"
	"math"
	"math/rand/v2"
	"os"
	"testing"

	"github.com/stretchr/testify/require"

	"example.org/compute-pipeline/gohost"
	"example.org/compute-pipeline/gohost/stream"
)

// The engine in wazero's compiler, and in its interpreter.
var engine, interpreted *gohost.Engine

func TestMain(m *testing.M) {
	var err error
	if engine, err = gohost.New(context.Background()); err != nil {
		panic(err)
	}
	if interpreted, err = gohost.New(context.Background(), gohost.WithInterpreter()); err != nil {
		panic(err)
	}
	status := m.Run()
	for _, e := range []*gohost.Engine{engine, interpreted} {
		if err := e.Close(context.Background()); err != nil {
			panic(err)
		}
	}
	os.Exit(status)
}

type (
	operator = stream.Operator[gohost.Statistics]
	result   = stream.Result[gohost.Statistics]
)

// sink collects results.
type sink struct{ results []result }

func (s *sink) emit(r result) error {
	s.results = append(s.results, r)
	return nil
}

// lines returns what came since the last call, one line for each result.
func (s *sink) lines() []string {
	lines := []string{}
	for _, r := range s.results {
		line := fmt.Sprintf("%s %d-%d n=%d sum=%v", r.Key, r.Span.Start, r.Span.Last, r.Value.Count, r.Value.Sum)
		if r.Revision > 0 {
			line += fmt.Sprintf(" revision=%d", r.Revision)
		}
		if len(r.Replaces) > 0 {
			line += fmt.Sprintf(" replaces=%v", r.Replaces)
		}
		lines = append(lines, line)
	}
	s.results = nil
	return lines
}

func newOperator(t *testing.T, w stream.Windows, opts ...stream.Option) *operator {
	t.Helper()
	op, err := stream.New(engine, w, opts...)
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, op.Close()) })
	return op
}

// at returns points of the key "k" with the value 1.
func at(timestamps ...uint64) (points []stream.Point) {
	for _, t := range timestamps {
		points = append(points, point("k", t, 1))
	}
	return points
}

func point(key string, t uint64, v float64) stream.Point {
	return stream.Point{Key: key, Datapoint: gohost.Datapoint{Timestamp: t, Value: v}}
}

func push(t *testing.T, op *operator, s *sink, points ...stream.Point) []string {
	t.Helper()
	n, err := op.Push(t.Context(), points, s.emit)
	require.NoError(t, err)
	require.Equal(t, len(points), n)
	return s.lines()
}

func finish(t *testing.T, op *operator, s *sink) []string {
	t.Helper()
	require.NoError(t, op.Finish(t.Context(), s.emit))
	return s.lines()
}

func TestTumblingWindowsCloseAtTheWatermark(t *testing.T) {
	op, s := newOperator(t, stream.Tumbling(10), stream.WithDisorder(5)), &sink{}
	require.Empty(t, push(t, op, s, at(1, 9, 12, 3, 14)...))
	require.Equal(t, []string{"k 0-9 n=3 sum=3"}, push(t, op, s, at(15)...))
	require.Equal(t, uint64(10), op.Stats().Watermark)
	require.Equal(t, []string{"k 10-19 n=3 sum=3"}, finish(t, op, s))
	_, err := op.Push(t.Context(), at(100), s.emit)
	require.ErrorIs(t, err, stream.ErrFinished)
}

func TestSlidingWindowsShareTheirPoints(t *testing.T) {
	op, s := newOperator(t, stream.Sliding(25, 10)), &sink{}
	require.Equal(t, []string{"k 0-24 n=2 sum=2"}, push(t, op, s, at(5, 24, 25)...))
	require.Equal(t, []string{"k 10-34 n=2 sum=2", "k 20-44 n=2 sum=2"}, finish(t, op, s))
}

func TestSessionsGrowAndJoin(t *testing.T) {
	op, s := newOperator(t, stream.Session(10), stream.WithDisorder(20)), &sink{}
	require.Empty(t, push(t, op, s, at(100, 115, 109, 130)...)) // 109 joins the first two
	require.Empty(t, push(t, op, s, at(144)...))
	require.Equal(t, []string{"k 100-124 n=3 sum=3"}, push(t, op, s, at(145)...))
	require.Equal(t, []string{"k 130-139 n=1 sum=1", "k 144-154 n=2 sum=2"}, finish(t, op, s))
}

func TestLatePointsAreRevisionsOrHandedOut(t *testing.T) {
	var late []stream.Late
	op, s := newOperator(t, stream.Tumbling(10), stream.WithLateness(20), stream.WithLate(func(l stream.Late) error {
		late = append(late, l)
		return nil
	})), &sink{}
	require.Equal(t, []string{"k 0-9 n=1 sum=1"}, push(t, op, s, at(5, 12)...))
	require.Empty(t, push(t, op, s, at(6, 7)...), "the watermark has not moved")
	require.Equal(t, []string{"k 0-9 n=3 sum=3 revision=1"}, push(t, op, s, at(13, 14)...))
	require.Equal(t, []string{"k 10-19 n=3 sum=3"}, push(t, op, s, at(29)...))
	require.Empty(t, push(t, op, s, at(8)...))
	require.Equal(t, []string{"k 0-9 n=4 sum=4 revision=2", "k 20-29 n=1 sum=1"}, push(t, op, s, at(30)...), "the last chance")
	require.Empty(t, push(t, op, s, at(9)...))
	require.Equal(t, []stream.Late{{Point: at(9)[0], Missed: []stream.Span{{Start: 0, Last: 9}}, Watermark: 30}}, late)
	require.Equal(t, []string{"k 30-39 n=1 sum=1"}, finish(t, op, s))
	stats := op.Stats()
	require.Equal(t, []uint64{10, 1, 6, 2}, []uint64{stats.Points, stats.Late, stats.Results, stats.Revisions})
	require.Zero(t, stats.Memory)
}

// A result of a session that has become another says which results it replaces.
func TestASessionReplacesWhatItWas(t *testing.T) {
	op, s := newOperator(t, stream.Session(10), stream.WithLateness(1000)), &sink{}
	require.Equal(t, []string{"k 100-109 n=1 sum=1", "k 115-124 n=1 sum=1"}, push(t, op, s, at(100, 115, 130)...))
	require.Empty(t, push(t, op, s, at(107)...))
	require.Equal(t, []string{"k 100-124 n=3 sum=3 revision=1 replaces=[{100 109} {115 124}]"}, push(t, op, s, at(131)...))
	require.Empty(t, push(t, op, s, at(123)...), "now it ends after the watermark")
	require.Equal(t, []string{"k 100-140 n=6 sum=6 revision=2 replaces=[{100 124}]"}, finish(t, op, s))
}

// A session that two have become has a larger revision than both.
func TestRevisionsOfSessionsThatJoin(t *testing.T) {
	op, s := newOperator(t, stream.Session(10), stream.WithLateness(1000)), &sink{}
	push(t, op, s, at(100, 115, 130, 116, 131)...)
	require.Equal(t, []string{"k 115-126 n=3 sum=3 revision=2 replaces=[{115 125}]"}, push(t, op, s, at(117, 132)...)[:1])
	require.Empty(t, push(t, op, s, at(108)...))
	require.Equal(t, []string{"k 100-126 n=5 sum=5 revision=3 replaces=[{100 109} {115 126}]"}, push(t, op, s, at(133)...))
}

// A point that would change a session that is gone is late, although its own time is not.
func TestASessionThatIsGoneStays(t *testing.T) {
	op, s := newOperator(t, stream.Session(10)), &sink{}
	require.Equal(t, []string{"k 100-109 n=1 sum=1"}, push(t, op, s, append(at(100), point("other", 110, 1))...))
	require.Empty(t, push(t, op, s, at(105)...))
	require.Equal(t, uint64(1), op.Stats().Late)
	require.Equal(t, []string{"other 110-119 n=1 sum=1"}, finish(t, op, s))
}

func TestResultsThatAreDueTogetherAreOrdered(t *testing.T) {
	op, s := newOperator(t, stream.Sliding(20, 10), stream.WithDisorder(50)), &sink{}
	require.Empty(t, push(t, op, s, point("b", 30, 1), point("a", 15, 1), point("b", 15, 1), point("a", 5, 1)))
	require.Equal(t, []string{"a 0-19 n=2 sum=2", "b 0-19 n=1 sum=1", "a 10-29 n=1 sum=1", "b 10-29 n=1 sum=1"}, push(t, op, s, point("c", 85, 1)))
}

// Timestamps up to the last one have windows. Those without an end close when the stream does.
func TestTheEndOfTime(t *testing.T) {
	const end = math.MaxUint64
	for _, w := range []stream.Windows{stream.Tumbling(1), stream.Tumbling(10), stream.Tumbling(end), stream.Sliding(7, 3), stream.Session(1), stream.Session(end), stream.Global()} {
		op, s := newOperator(t, w, stream.WithLateness(3)), &sink{}
		for _, p := range at(0, 1, end-5, end-1, end, end, end-1) {
			_, err := op.Push(t.Context(), []stream.Point{p}, s.emit)
			require.NoError(t, err)
		}
		require.NoError(t, op.Finish(t.Context(), s.emit))
		last := s.results[len(s.results)-1]
		require.Equal(t, uint64(end), last.Span.Last, "%s", w)
		require.Equal(t, uint64(end), last.Value.Last, "%s", w)
		require.Zero(t, op.Stats().Late, "%s", w)
		require.Zero(t, op.Stats().Windows)
	}
}

func TestCalendarWindows(t *testing.T) {
	halves := stream.Partition("halves", func(t uint64) stream.Span {
		if t < 100 {
			return stream.Span{Start: 0, Last: 99}
		}
		return stream.Span{Start: 100, Last: math.MaxUint64}
	})
	op, s := newOperator(t, halves), &sink{}
	require.Equal(t, []string{"k 0-99 n=2 sum=2"}, push(t, op, s, at(7, 8, 100)...))
	require.Equal(t, []string{"k 100-18446744073709551615 n=1 sum=1"}, finish(t, op, s))

	wrong := stream.Partition("wrong", func(uint64) stream.Span { return stream.Span{Start: 1, Last: 2} })
	_, err := newOperator(t, wrong).Push(t.Context(), at(3), s.emit)
	require.ErrorIs(t, err, gohost.ErrInvalidInput)
	for name, spans := range map[string][]stream.Span{
		"none": {}, "two of one start": {{Start: 1, Last: 5}, {Start: 1, Last: 6}}, "another": {{Start: 4, Last: 5}},
		"not in order": {{Start: 2, Last: 5}, {Start: 1, Last: 6}}, "1,001": make([]stream.Span, 1001),
	} {
		wrong := stream.Overlapping(name, func(dst []stream.Span, t uint64) ([]stream.Span, stream.Span) {
			return append(dst, spans...), stream.Span{Start: t, Last: t}
		})
		_, err := newOperator(t, wrong).Push(t.Context(), at(3), s.emit)
		require.ErrorIs(t, err, gohost.ErrInvalidInput, name)
	}
}

func TestOptionsAndWindowsAreChecked(t *testing.T) {
	for name, opt := range map[string]stream.Option{
		"nil": nil, "WithIdle": stream.WithIdle(0, nil), "WithBatch": stream.WithBatch(0), "WithMaxMemory": stream.WithMaxMemory(0),
		"WithMaxKeys": stream.WithMaxKeys(0), "WithMaxWindows": stream.WithMaxWindows(-1),
	} {
		_, err := stream.New(engine, stream.Tumbling(1), opt)
		require.ErrorIs(t, err, gohost.ErrInvalidInput)
		require.ErrorContains(t, err, name)
	}
	for _, w := range []stream.Windows{{}, stream.Tumbling(0), stream.Sliding(10, 0), stream.Sliding(10, 11), stream.Sliding(1001, 1), stream.Session(0), stream.Partition("x", nil), stream.Overlapping("x", nil)} {
		_, err := stream.New(engine, w)
		require.ErrorIs(t, err, gohost.ErrInvalidInput)
	}
	_, err := stream.New(engine, stream.Tumbling(1), stream.WithSpill("/no/such/directory"))
	require.ErrorContains(t, err, "WithSpill")
}

// disordered returns points of a few keys, each with a timestamp that is at most disorder behind the
// largest before it, and sometimes more.
func disordered(random *rand.Rand, n int, disorder uint64) (points []stream.Point) {
	now, key := uint64(1000), "a"
	for range n {
		if random.IntN(3) == 0 {
			now += random.Uint64N(20)
		}
		behind := random.Uint64N(disorder + 1)
		if random.IntN(10) == 0 {
			behind = random.Uint64N(10*disorder + 50)
		}
		if random.IntN(3) > 0 { // often several of a key follow each other
			key = string(rune('a' + random.IntN(4)))
		}
		points = append(points, point(key, now-min(behind, now), math.Ldexp(random.Float64(), random.IntN(200)-100)))
	}
	return points
}
