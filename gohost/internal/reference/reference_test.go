package reference_test

import (
	"encoding/binary"
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"example.org/compute-pipeline/gohost"
	"example.org/compute-pipeline/gohost/internal/reference"
)

// The reference and the engine share no code, so where they agree on random and on
// difficult input, both are right or both have the same mistake.

func newEngine(t testing.TB) *gohost.Engine {
	t.Helper()
	e, err := gohost.New(t.Context(), gohost.WithMaxInstances(1))
	require.NoError(t, err)
	t.Cleanup(func() { assert.NoError(t, e.Close(t.Context())) })
	return e
}

// lists are points for every path: usual values, all magnitudes, cancellation, equal
// values, subnormal numbers, the largest ones, and values that are not finite.
func lists(random *rand.Rand) (all [][]gohost.Datapoint) {
	double := func() float64 { return math.Float64frombits(random.Uint64()) }
	finite := func() float64 {
		for {
			if x := double(); !math.IsNaN(x) && !math.IsInf(x, 0) {
				return x
			}
		}
	}
	special := []float64{0, math.Copysign(0, -1), math.MaxFloat64, -math.MaxFloat64, 5e-324, -5e-324, math.Inf(1), math.Inf(-1), math.NaN(), 1, -1, 0.1}
	for _, value := range []func() float64{
		func() float64 { return 20 + random.NormFloat64() },
		func() float64 { return 1e9 + random.Float64() },
		finite,
		double,
		func() float64 { return math.Float64frombits(random.Uint64N(1 << 53)) },
		func() float64 { return math.Ldexp(random.Float64()-0.5, 1023) },
		func() float64 { return special[random.IntN(len(special))] },
		func() float64 { return special[random.IntN(6)] },
		func() float64 { return -0.1 },
	} {
		for _, n := range []int{1, 2, 3, 10, 257, 1000} {
			points := make([]gohost.Datapoint, n)
			for i := range points {
				points[i] = gohost.Datapoint{Timestamp: random.Uint64() >> random.IntN(64), Value: value()}
			}
			all = append(all, points)
			if n > 1 { // what cancels
				points[n-1].Value = -points[0].Value
			}
		}
	}
	return append(all, nil)
}

func bits(values ...float64) (all []uint64) {
	for _, x := range values {
		all = append(all, math.Float64bits(x))
	}
	return all
}

func TestStatisticsAreTheEngines(t *testing.T) {
	e := newEngine(t)
	for seed := range uint64(20) {
		for i, points := range lists(rand.New(rand.NewPCG(seed, 1))) {
			what := fmt.Sprintf("seed %d, list %d", seed, i)
			got := reference.Aggregate(points)
			want, err := e.ComputeAggregate(t.Context(), points)
			require.NoError(t, err)
			require.Equal(t, bits(want.Mean, want.Variance, want.Sum), bits(got.Mean, got.Variance, got.Sum), what)

			state, err := e.Fold(t.Context(), nil, points)
			require.NoError(t, err)
			require.Equal(t, state, append([]byte(nil), reference.State(points)...), what)
			stat, err := e.Finish(t.Context(), state)
			require.NoError(t, err)
			mine := reference.Statistics(points)
			require.Equal(t, bits(stat.Mean, stat.Variance, stat.Sum, stat.Min, stat.Max), bits(mine.Mean, mine.Variance, mine.Sum, mine.Min, mine.Max), what)
			require.Equal(t, [3]uint64{stat.Count, stat.First, stat.Last}, [3]uint64{mine.Count, mine.First, mine.Last}, what)
		}
	}
}

func TestBatchesAndChecksumsAreTheEngines(t *testing.T) {
	e := newEngine(t)
	for seed := range uint64(20) {
		for _, points := range lists(rand.New(rand.NewPCG(seed, 2))) {
			packed := []byte{}
			for _, p := range points {
				packed = binary.LittleEndian.AppendUint64(packed, p.Timestamp%8)
				packed = binary.LittleEndian.AppendUint64(packed, math.Float64bits(p.Value))
			}
			got, err := reference.ProcessBatch(packed)
			require.NoError(t, err)
			want, err := e.ProcessBatch(t.Context(), packed)
			require.NoError(t, err)
			require.Equal(t, want, append([]byte(nil), got...))
			for _, data := range [][]byte{packed, packed[:len(packed)/3]} {
				ok, err := e.ValidateChecksum(t.Context(), data, reference.CRC32(data))
				require.NoError(t, err)
				require.True(t, ok)
			}
		}
	}
	_, err := reference.ProcessBatch(make([]byte, 17))
	require.Error(t, err)
	assert.EqualValues(t, 0xcbf43926, reference.CRC32([]byte("123456789")))
}

// requireStream compares what both make of a text.
func requireStream(t *testing.T, e *gohost.Engine, text string) {
	t.Helper()
	want, refused := e.ValidateStream(t.Context(), []byte(text))
	got, err := reference.ValidateStream([]byte(text))
	switch guest := (*gohost.GuestError)(nil); {
	case refused == nil:
		require.NoError(t, err, "%.200q", text)
		require.Equal(t, len(want), len(got), "%.200q", text)
		for i, p := range want {
			require.Equal(t, p.Timestamp, got[i].Timestamp, "%.200q", text)
			require.Equal(t, math.Float64bits(p.Value), math.Float64bits(got[i].Value), "%.200q", text)
		}
	case !errors.As(refused, &guest):
		require.ErrorIs(t, refused, gohost.ErrInvalidInput)
		require.Error(t, err, "%.200q", text)
	case guest.Message == "Empty dataset":
		require.ErrorIs(t, err, reference.ErrEmpty, "%.200q", text)
	default:
		var syntax *reference.SyntaxError
		require.ErrorAs(t, err, &syntax, "%.200q: %s", text, guest.Message)
		require.LessOrEqual(t, syntax.Offset, len(text))
	}
}

func TestTextsAreReadAsByTheEngine(t *testing.T) {
	e := newEngine(t)
	for _, text := range texts() {
		requireStream(t, e, text)
	}
}

// TestEveryChangedByte changes, drops and cuts at every byte of a text that has everything.
func TestEveryChangedByte(t *testing.T) {
	e := newEngine(t)
	const text = "[{\"timestamp\":10,\"value\":-2.5e1},[1,2] ,\n{\"x\\u00e9\":[{},[\"\\ud83d\\ude00\",null]],\"value\":0,\"timest\\u0061mp\":7}]"
	for at := range len(text) {
		requireStream(t, e, text[:at])
		requireStream(t, e, text[:at]+text[at+1:])
		for c := range byte(128) {
			requireStream(t, e, text[:at]+string(c)+text[at+1:])
		}
	}
}

func FuzzStream(f *testing.F) {
	for _, text := range texts() {
		if len(text) < 1000 {
			f.Add(text)
		}
	}
	e := newEngine(f)
	f.Fuzz(func(t *testing.T, text string) { requireStream(t, e, text) })
}

func TestCornersAreReported(t *testing.T) {
	read := func(text string, repeated reference.Repeated) (string, reference.Corners) {
		points, corners, err := reference.ReadStream([]byte(text), repeated)
		return fmt.Sprint(points, " ", err != nil), corners
	}
	for _, c := range []struct {
		text         string
		exact, first string
		last         string
		corners      reference.Corners
	}{
		{`[[1,2]]`, "[{1 2}] false", "[{1 2}] false", "[{1 2}] false", reference.Corners{ArrayRecord: true}},
		{`[{"timestamp":1,"value":2,"value":"x"}]`, "[] true", "[{1 2}] false", "[] true", reference.Corners{Repeated: true}},
		{`[{"timestamp":1,"value":2,"timestamp":3}]`, "[] true", "[{1 2}] false", "[{3 2}] false", reference.Corners{Repeated: true}},
		{`[{"timestamp":1,"value":2,"x":"\ud800\ud800\udc00"}]`, "[{1 2}] false", "[{1 2}] false", "[{1 2}] false", reference.Corners{Surrogate: true}},
		{`[{"timestamp":1,"value":2,"\udc00":0}]`, "[] true", "[{1 2}] false", "[{1 2}] false", reference.Corners{Surrogate: true}},
		{`[{"x":[[{"y":{}}]],"timestamp":1,"value":2}]`, "[{1 2}] false", "[{1 2}] false", "[{1 2}] false", reference.Corners{Depth: 6}},
	} {
		exact, _ := read(c.text, reference.Refuse)
		first, _ := read(c.text, reference.First)
		last, corners := read(c.text, reference.Last)
		assert.Equal(t, []string{c.exact, c.first, c.last}, []string{exact, first, last}, c.text)
		assert.Equal(t, c.corners, corners, c.text)
	}
}

func BenchmarkAggregate(b *testing.B) {
	random := rand.New(rand.NewPCG(1, 1))
	points := make([]gohost.Datapoint, 100_000)
	for i := range points {
		points[i].Value = math.Ldexp(random.Float64(), random.IntN(2000)-1000)
	}
	for b.Loop() {
		reference.Aggregate(points)
	}
}
