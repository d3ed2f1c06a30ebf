package stream_test

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"example.org/compute-pipeline/gohost"
	"example.org/compute-pipeline/gohost/stream"
)

// A rule is a kind of windows with its size.
type rule struct {
	windows stream.Windows
	// of returns the windows of a timestamp; nil for sessions.
	of  func(t uint64) []stream.Span
	gap uint64
}

func rules(random *rand.Rand) []rule {
	size, every, gap := 1+random.Uint64N(60), 1+random.Uint64N(20), 1+random.Uint64N(30)
	every = min(every, size)
	return []rule{
		{windows: stream.Tumbling(size), of: func(t uint64) []stream.Span {
			return []stream.Span{{Start: t / size * size, Last: t/size*size + size - 1}}
		}},
		{windows: stream.Sliding(size, every), of: func(t uint64) (spans []stream.Span) {
			for start := uint64(0); start <= t; start += every {
				if start+size > t {
					spans = append(spans, stream.Span{Start: start, Last: start + size - 1})
				}
			}
			return spans
		}},
		{windows: stream.Session(gap), gap: gap},
		stepped(random.Uint64N(every), every, 1+random.Uint64N(5)),
		{windows: stream.Global(), of: func(uint64) []stream.Span { return []stream.Span{{Start: 0, Last: math.MaxUint64}} }},
	}
}

// stepped returns windows of n steps, which begin at 0 and at multiples of a length beyond a phase.
func stepped(phase, every, n uint64) rule {
	begin := func(step uint64) uint64 {
		if phase == 0 {
			return step * every
		}
		return max(step, 1)*every - every + phase*min(step, 1)
	}
	of := func(dst []stream.Span, t uint64) ([]stream.Span, stream.Span) {
		step := uint64(0)
		for begin(step+1) <= t {
			step++
		}
		for first := step - min(step, n-1); first <= step; first++ {
			dst = append(dst, stream.Span{Start: begin(first), Last: begin(first+n) - 1})
		}
		return dst, stream.Span{Start: begin(step), Last: begin(step+1) - 1}
	}
	name := fmt.Sprintf("%d steps of %d from %d", n, every, phase)
	return rule{windows: stream.Overlapping(name, of), of: func(t uint64) []stream.Span {
		spans, _ := of(nil, t)
		return spans
	}}
}

// A window names a window of a key in one of its lives.
type window struct {
	key  string
	span stream.Span
	life uint64
}

// batch computes the windows of points at once.
func (r rule) batch(t *testing.T, points []stream.Point, missed map[int][]stream.Span, lives []uint64) map[window]gohost.Statistics {
	t.Helper()
	of := map[window][]gohost.Datapoint{}
	byKey := map[string][]gohost.Datapoint{}
	for i, p := range points {
		if r.of == nil {
			if missed[i] == nil {
				byKey[p.Key] = append(byKey[p.Key], p.Datapoint)
			}
			continue
		}
		for _, span := range r.of(p.Timestamp) {
			if !slices.Contains(missed[i], span) {
				w := window{p.Key, span, lives[i]}
				of[w] = append(of[w], p.Datapoint)
			}
		}
	}
	for key, list := range byKey {
		slices.SortFunc(list, func(a, b gohost.Datapoint) int { return int(a.Timestamp) - int(b.Timestamp) })
		from := 0
		for i := range list {
			if i+1 == len(list) || list[i+1].Timestamp-list[i].Timestamp >= r.gap {
				of[window{key, stream.Span{Start: list[from].Timestamp, Last: list[i].Timestamp + r.gap - 1}, 0}] = list[from : i+1]
				from = i + 1
			}
		}
	}
	answers := map[window]gohost.Statistics{}
	for w, list := range of {
		state, err := engine.Fold(t.Context(), nil, list)
		require.NoError(t, err)
		answers[w], err = engine.Finish(t.Context(), state)
		require.NoError(t, err)
	}
	return answers
}

// last returns the results that no other has replaced.
func last(t *testing.T, results []result) map[window]gohost.Statistics {
	t.Helper()
	revisions, answers := map[window]uint64{}, map[window]gohost.Statistics{}
	for _, r := range results {
		w := window{r.Key, r.Span, r.Life}
		before, again := revisions[w]
		require.Equal(t, again || len(r.Replaces) > 0, r.Revision > 0, "%v", r)
		require.True(t, !again || before < r.Revision)
		for _, span := range r.Replaces {
			gone := window{r.Key, span, 0}
			require.Contains(t, answers, gone)
			require.Less(t, revisions[gone], r.Revision)
			delete(answers, gone)
			delete(revisions, gone)
		}
		revisions[w], answers[w] = r.Revision, r.Value
	}
	return answers
}

// livesOf returns the life of the key of each point, and how many keys expire.
func (r rule) livesOf(points []stream.Point, missed map[int][]stream.Span, disorder, lateness, expiry uint64) (lives []uint64, expired uint64) {
	lives = make([]uint64, len(points))
	if expiry == 0 {
		return lives, 0
	}
	type key struct{ life, seen, end uint64 }
	keys := map[string]*key{}
	watermark := uint64(0)
	for i, p := range points {
		if spans := r.of(p.Timestamp); len(missed[i]) < len(spans) {
			k := keys[p.Key]
			if k == nil {
				k = &key{life: watermark}
				keys[p.Key] = k
			}
			k.seen = max(k.seen, p.Timestamp, watermark)
			k.end = max(k.end, spans[len(spans)-1].Last)
			lives[i] = k.life
		}
		watermark = max(watermark, p.Timestamp-min(disorder, p.Timestamp))
		for name, k := range keys {
			switch {
			case k.end < math.MaxUint64-lateness && k.end+lateness < watermark:
				delete(keys, name)
			case k.seen+expiry < watermark:
				delete(keys, name)
				expired++
			}
		}
	}
	return lives, expired
}

// A course is a run of an operator.
type course struct {
	results  []result
	snapshot []byte                // before the end
	missed   map[int][]stream.Span // by the index of the point
	stats    stream.Stats
}

// A trial is what happens while the points are pushed.
type trial struct {
	calls    func() int  // the size of the next call
	snapshot func() bool // whether the operator is replaced by its snapshot
	fails    func() bool // whether the next step fails
	engine   *gohost.Engine
	opts     []stream.Option
}

var errFault = errors.New("fault")

// faulty is an engine whose calls may fail.
type faulty struct {
	*gohost.Engine
	fails func() bool
}

func (f faulty) AppendFold(ctx context.Context, dst, state []byte, points []gohost.Datapoint) ([]byte, error) {
	if f.fails() {
		return dst, errFault
	}
	return f.Engine.AppendFold(ctx, dst, state, points)
}

func (f faulty) AppendMerge(ctx context.Context, dst, a, b []byte) ([]byte, error) {
	if f.fails() {
		return dst, errFault
	}
	return f.Engine.AppendMerge(ctx, dst, a, b)
}

func (f faulty) Finish(ctx context.Context, state []byte) (gohost.Statistics, error) {
	if f.fails() {
		return gohost.Statistics{}, errFault
	}
	return f.Engine.Finish(ctx, state)
}

// run pushes points, and again what was not taken.
func (r rule) run(t *testing.T, points []stream.Point, how trial) course {
	t.Helper()
	c := course{missed: map[int][]stream.Span{}}
	pushed := 0
	quiet := false
	eng := faulty{cmp.Or(how.engine, engine), func() bool { return !quiet && how.fails() }}
	// Points may be equal: a late one is the first of its call that is not yet known to be late.
	late := func(l stream.Late) error {
		if how.fails() {
			return errFault
		}
		i := pushed
		for points[i] != l.Point || c.missed[i] != nil {
			i++
		}
		c.missed[i] = l.Missed
		return nil
	}
	emit := func(r result) error {
		if how.fails() {
			return errFault
		}
		c.results = append(c.results, r)
		return nil
	}
	opts := append(slices.Clone(how.opts), stream.WithLate(late))
	op, err := stream.New(eng, r.windows, opts...)
	require.NoError(t, err)
	for pushed < len(points) {
		call := points[pushed:min(pushed+how.calls(), len(points))]
		n, err := op.Push(t.Context(), call, emit)
		pushed += n
		if err != nil {
			require.ErrorIs(t, err, errFault)
		} else {
			require.Len(t, call, n)
		}
		if how.snapshot() {
			data, err := op.Snapshot(t.Context())
			if err != nil {
				require.ErrorIs(t, err, errFault)
				continue
			}
			require.NoError(t, op.Close())
			if op, err = stream.Restore(t.Context(), eng, r.windows, data, opts...); err != nil {
				require.ErrorIs(t, err, errFault)
				quiet = true // it asks for each of many states
				op, err = stream.Restore(t.Context(), eng, r.windows, data, opts...)
				quiet = false
			}
			require.NoError(t, err)
		}
	}
	quiet = true
	c.snapshot, err = op.Snapshot(t.Context())
	quiet = false
	require.NoError(t, err)
	for err = op.Finish(t.Context(), emit); err != nil; err = op.Finish(t.Context(), emit) {
		require.ErrorIs(t, err, errFault)
	}
	c.stats = op.Stats()
	require.NoError(t, op.Close())
	return c
}

func never() bool { return false }

// In any order, with any split into calls, with little memory, over snapshots and failures, in wazero's
// compiler and its interpreter: the last results are those of a batch of the points that were not late, all runs emit the same results, and
// no point within the bound is late.
func TestResultsAreThoseOfABatch(t *testing.T) {
	for seed := range uint64(30) {
		random := rand.New(rand.NewPCG(seed, 1))
		disorder, lateness := random.Uint64N(40), random.Uint64N(60)*random.Uint64N(2)
		points := disordered(random, 50+random.IntN(400), disorder)
		for _, r := range rules(random) {
			t.Run(fmt.Sprintf("%d, %s", seed, r.windows), func(t *testing.T) {
				opts := []stream.Option{stream.WithDisorder(disorder), stream.WithLateness(lateness), stream.WithLabel("test")}
				expiry := uint64(0)
				if r.of != nil && seed%2 == 0 {
					expiry = 1 + random.Uint64N(80)
					opts = append(opts, stream.WithExpiry(expiry))
				}
				want := r.run(t, points, trial{calls: func() int { return 1 }, snapshot: never, fails: never, opts: opts})
				lives, expired := r.livesOf(points, want.missed, disorder, lateness, expiry)
				require.Equal(t, r.batch(t, points, want.missed, lives), last(t, want.results))
				require.Equal(t, expired, want.stats.Expired)

				largest := uint64(0)
				for i, p := range points {
					if watermark := largest - min(disorder, largest); watermark <= p.Timestamp+lateness {
						require.Empty(t, want.missed[i], "point %d", i)
					}
					largest = max(largest, p.Timestamp)
				}
				if r.of != nil {
					requireDue(t, r, points, want, disorder, lateness)
				}

				memory := int64(40_000)
				if r.of != nil {
					memory = max(memory, int64(len(r.of(1000)))*10_000)
				}
				small := append(slices.Clone(opts), stream.WithMaxMemory(memory), stream.WithSpill(t.TempDir()), stream.WithBatch(1+random.IntN(9)))
				whole := func() int { return len(points) }
				some := func() int { return 1 + random.IntN(40) }
				trials := map[string]trial{
					"whole":     {calls: whole, snapshot: never, fails: never, opts: opts},
					"small":     {calls: some, snapshot: never, fails: never, opts: small},
					"snapshots": {calls: some, snapshot: func() bool { return random.IntN(4) == 0 }, fails: never, opts: small},
					"failures":  {calls: some, snapshot: func() bool { return random.IntN(9) == 0 }, fails: func() bool { return random.IntN(9) == 0 }, opts: small},
				}
				if seed%5 == 0 { // it is slow
					trials["interpreter"] = trial{calls: some, snapshot: func() bool { return random.IntN(20) == 0 }, fails: never, engine: interpreted, opts: small}
				}
				for name, how := range trials {
					got := r.run(t, points, how)
					require.Equal(t, want.results, got.results, name)
					require.Equal(t, want.missed, got.missed, name)
					if name != "failures" { // results may be due that are not emitted
						require.Equal(t, want.snapshot, got.snapshot, name)
					}
					require.Equal(t, want.stats.Points, got.stats.Points, name)
					require.Equal(t, want.stats.Late, got.stats.Late, name)
					require.Equal(t, expired, got.stats.Expired, name)
				}
			})
		}
	}
}

// requireDue checks when points are late, and how often there are results.
func requireDue(t *testing.T, r rule, points []stream.Point, c course, disorder, lateness uint64) {
	t.Helper()
	watermark, largest, late := uint64(0), uint64(0), uint64(0)
	for i, p := range points {
		var missed []stream.Span
		for _, span := range r.of(p.Timestamp) {
			if span.Last < math.MaxUint64-lateness && span.Last+lateness < watermark {
				missed = append(missed, span)
			}
		}
		require.Equal(t, missed, c.missed[i], "point %d", i)
		if missed != nil {
			late++
		}
		largest = max(largest, p.Timestamp)
		watermark = largest - min(disorder, largest)
	}
	require.Equal(t, late, c.stats.Late)
	require.Equal(t, uint64(len(c.results)), c.stats.Results)
}
