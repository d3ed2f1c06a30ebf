package window

import (
	"math"
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/require"

	"example.org/compute-pipeline/gohost"
	"example.org/compute-pipeline/gohost/internal/reference"
)

// valuesOf make values of different kinds: of one size, of many, at the bounds of doubles.
var valuesOf = map[string]func(random *rand.Rand) float64{
	"temperatures": func(random *rand.Rand) float64 { return float64(random.IntN(20000)-5000) / 100 },
	"integers":     func(random *rand.Rand) float64 { return float64(random.IntN(1<<20) - 1<<19) },
	"zeros":        func(random *rand.Rand) float64 { return math.Copysign(0, float64(random.IntN(2)*2-1)) },
	"ones":         func(*rand.Rand) float64 { return 1 },
	"wide":         func(random *rand.Rand) float64 { return math.Ldexp(random.Float64()-0.5, random.IntN(50)) },
	"small":        func(random *rand.Rand) float64 { return math.Ldexp(random.Float64()-0.5, -1010-random.IntN(64)) },
	"large":        func(random *rand.Rand) float64 { return math.Ldexp(random.Float64()-0.5, 1024-random.IntN(30)) },
	"full": func(random *rand.Rand) float64 {
		return math.Copysign(math.Float64frombits(0x3fff_ffff_ffff_ffff), float64(random.IntN(2)*2-1))
	},
	"any": func(random *rand.Rand) float64 { return math.Float64frombits(random.Uint64()) },
}

// The state of sums is that of the points that they hold, bit for bit, and a point that they do not hold
// changes nothing.
func TestSumsAreAState(t *testing.T) {
	engine := engines(t)["full"]
	interpreted, err := gohost.New(t.Context(), gohost.WithInterpreter())
	require.NoError(t, err)
	defer interpreted.Close(t.Context())
	for name, value := range valuesOf {
		t.Run(name, func(t *testing.T) {
			random := rand.New(rand.NewPCG(5, 6))
			refused := 0
			for range 60 {
				var s sums
				var held []gohost.Datapoint
				for range 1 + random.IntN(60) {
					p := gohost.Datapoint{Timestamp: random.Uint64N(1000), Value: value(random)}
					before := s
					if s.add(p) {
						held = append(held, p)
						continue
					}
					refused++
					before.unit, before.sum, before.squares = s.unit, s.sum, s.squares // may be in another unit
					require.Equal(t, before, s)
				}
				if len(held) == 0 {
					continue
				}
				got := s.appendState([]byte("before"))
				require.Equal(t, "before", string(got[:6]))
				require.Equal(t, reference.State(held), got[6:])
				for _, e := range []*gohost.Engine{engine, interpreted} {
					want, err := e.Fold(t.Context(), nil, held)
					require.NoError(t, err)
					require.Equal(t, want, got[6:])
				}
			}
			if name == "wide" || name == "any" {
				require.NotZero(t, refused)
			} else {
				require.Zero(t, refused)
			}
		})
	}
}

// Sums refuse what does not fit: values that are not finite, too far from others, or too many.
func TestSumsRefuse(t *testing.T) {
	point := func(v float64) gohost.Datapoint { return gohost.Datapoint{Timestamp: 1, Value: v} }
	far := math.Ldexp(1, maxShift)
	for name, test := range map[string]struct{ held, refused []float64 }{
		"not finite":  {[]float64{1}, []float64{math.NaN(), math.Inf(1), math.Inf(-1)}},
		"the first":   {nil, []float64{math.NaN(), math.Inf(1)}},
		"far above":   {[]float64{1, far, -far}, []float64{2 * far, math.MaxFloat64}},
		"far below":   {[]float64{far, 1, -1}, []float64{0.5, 5e-324}},
		"after zeros": {[]float64{0, 5e-324, math.Copysign(0, -1)}, []float64{1}},
	} {
		t.Run(name, func(t *testing.T) {
			var s sums
			var points []gohost.Datapoint
			for _, v := range test.held {
				require.True(t, s.add(point(v)), v)
				points = append(points, point(v))
			}
			for _, v := range test.refused {
				require.False(t, s.add(point(v)), v)
			}
			if len(points) > 0 {
				require.Equal(t, reference.State(points), s.appendState(nil))
			}
		})
	}
	s := sums{count: math.MaxUint32}
	require.False(t, s.add(point(0)))
	require.False(t, s.add(point(1)))
	// Squares at their bound: a carry is not lost.
	s = sums{}
	n := 0
	for s.add(point(1)) && s.add(point(far*(2-math.Ldexp(1, -52)))) {
		n++
	}
	require.Less(t, n, 8)
	require.Positive(t, n)
}

// Sums of parts make the sums of all, or are as before.
func TestSumsMerge(t *testing.T) {
	for name, value := range valuesOf {
		t.Run(name, func(t *testing.T) {
			random := rand.New(rand.NewPCG(7, 8))
			merged := 0
			for range 200 {
				var parts [2]sums
				var held [2][]gohost.Datapoint
				for i := range parts {
					zeros := random.IntN(8) == 0
					for range random.IntN(5) {
						p := gohost.Datapoint{Timestamp: random.Uint64N(1000), Value: value(random)}
						if zeros {
							p.Value = math.Copysign(0, p.Value)
						}
						if parts[i].add(p) {
							held[i] = append(held[i], p)
						}
					}
				}
				other := parts[1]
				if parts[0].merge(&parts[1]) {
					held[0] = append(held[0], held[1]...)
					merged++
				}
				require.Equal(t, other, parts[1])
				if len(held[0]) > 0 {
					require.Equal(t, reference.State(held[0]), parts[0].appendState(nil))
				}
			}
			require.NotZero(t, merged)
			if name == "any" {
				require.Less(t, merged, 200)
			}
		})
	}
	all := sums{count: math.MaxUint32}
	require.False(t, all.merge(&sums{count: 1}))
}

func BenchmarkSums(b *testing.B) {
	random := rand.New(rand.NewPCG(5, 6))
	points := make([]gohost.Datapoint, 1024)
	for i := range points {
		points[i] = gohost.Datapoint{Timestamp: uint64(i), Value: valuesOf["temperatures"](random)}
	}
	for b.Loop() {
		var s sums
		for _, p := range points {
			if !s.add(p) {
				b.Fatal("refused")
			}
		}
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N*len(points)), "ns/point")
}
