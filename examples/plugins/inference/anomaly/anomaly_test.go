package anomaly_test

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"hash/crc32"
	"math"
	"math/rand/v2"
	"os"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"example.org/compute-pipeline/examples/plugins/inference/anomaly"
	"example.org/compute-pipeline/gohost/inference/detector"
	"example.org/compute-pipeline/gohost/kit"
	"example.org/compute-pipeline/gohost/sandbox"
	"example.org/compute-pipeline/gohost/wit"
)

// modes are the ways in which wazero runs the module.
var modes = map[string][]sandbox.Option{
	"compiler":    nil,
	"interpreter": {sandbox.WithInterpreter()},
}

func load(t testing.TB, opts ...sandbox.Option) *detector.Detector {
	t.Helper()
	d, err := anomaly.Load(t.Context(), opts...)
	require.NoError(t, err)
	t.Cleanup(func() { assert.NoError(t, d.Close(t.Context())) })
	return d
}

func detect(t testing.TB, d *detector.Detector, state []byte, points []detector.Datapoint) (after []byte, found []detector.Finding, open wit.Option[detector.Finding]) {
	t.Helper()
	result, err := d.Detect(t.Context(), state, points)
	require.NoError(t, err)
	return result.State, result.Findings, result.Open
}

// The answers are those of train/model.py, bit for bit, and the module keeps the rules of the
// canonical ABI.
func TestVectors(t *testing.T) {
	vectors, err := os.ReadFile("testdata/vectors.json")
	require.NoError(t, err)
	kit.Run(t, anomaly.Module(), kit.WithContract(detector.Contract()), kit.WithVectors(vectors))
}

func TestInfo(t *testing.T) {
	weights, err := os.ReadFile("weights.bin")
	require.NoError(t, err)
	info, err := load(t).Info(t.Context())
	require.NoError(t, err)
	assert.Equal(t, fmt.Sprintf("%x", sha256.Sum256(weights)), info.Weights)
	assert.Equal(t, []string{"spike", "shift", "drift", "stuck", "noise", "gap", "invalid"}, info.Labels)
}

// temperatures returns a year of temperatures with the faults of train/vectors.py.
func temperatures(t testing.TB) []detector.Datapoint {
	t.Helper()
	text, err := os.ReadFile("../../../data/seattle-temps-2010.json")
	require.NoError(t, err)
	var points []detector.Datapoint
	require.NoError(t, json.Unmarshal(text, &points))
	for i := range points {
		x := &points[i].Value
		switch {
		case i%1000 == 500:
			*x += 9
		case i >= 1700 && i < 1740:
			*x = 50
		case i >= 3200 && i < 3300:
			*x += float64(i-3200) / 8
		case i >= 5300 && i < 5360:
			*x -= 6
		}
	}
	return points
}

// cuts calls the module with pieces of some points, and returns all that it found.
func cuts(t testing.TB, rng *rand.Rand, d *detector.Detector, points []detector.Datapoint, most int) (state []byte, found []detector.Finding, open wit.Option[detector.Finding]) {
	t.Helper()
	for first := true; first || len(points) > 0; first = false {
		n := min(rng.IntN(most+1), len(points))
		var more []detector.Finding
		state, more, open = detect(t, d, state, points[:n])
		found, points = append(found, more...), points[n:]
	}
	return state, found, open
}

// A year of temperatures has the findings and the state that the model in Python has.
func TestYear(t *testing.T) {
	var want struct {
		SHA256   string
		Findings [][4]uint64
		Open     bool
	}
	text, err := os.ReadFile("testdata/seattle.json")
	require.NoError(t, err)
	require.NoError(t, json.Unmarshal(text, &want))
	points := temperatures(t)
	for mode, opts := range modes {
		t.Run(mode, func(t *testing.T) {
			d := load(t, opts...)
			state, found, open := cuts(t, rand.New(rand.NewPCG(1, 1)), d, points, 3000)
			assert.Equal(t, want.SHA256, fmt.Sprintf("%x", sha256.Sum256(state)))
			assert.Equal(t, want.Open, open.Valid)
			var got [][4]uint64
			for _, f := range found {
				got = append(got, [4]uint64{f.First, f.Last, uint64(math.Float32bits(f.Score)), uint64(f.Kind)})
			}
			assert.Equal(t, want.Findings, got)
		})
	}
}

// wild returns points of any kind: jumps, gaps, times that go back, values that are no numbers.
func wild(rng *rand.Rand, n int) []detector.Datapoint {
	points := make([]detector.Datapoint, n)
	time, scale := rng.Uint64N(1<<50), math.Pow(10, float64(rng.IntN(401)-200))
	for i := range points {
		x := scale * (math.Sin(float64(i)/24*2*math.Pi) + 0.1*rng.NormFloat64())
		time += 60
		switch rng.IntN(40) {
		case 0:
			time += rng.Uint64N(10_000)
		case 1:
			time -= rng.Uint64N(200)
		case 2:
			time = rng.Uint64() >> rng.IntN(64)
		case 3:
			x *= 30
		case 4:
			x = math.Float64frombits(rng.Uint64())
		case 5:
			x = []float64{math.NaN(), math.Inf(1), math.Inf(-1), 0, math.Copysign(0, -1), math.MaxFloat64, 5e-324, 1e200, -1e200}[rng.IntN(9)]
		}
		points[i] = detector.Datapoint{Timestamp: time, Value: x}
	}
	return points
}

// Findings and state do not depend on how the points are cut into calls, nor on what runs the
// module.
func TestCuts(t *testing.T) {
	compiler, interpreter := load(t), load(t, sandbox.WithInterpreter())
	for seed := range uint64(60) {
		rng := rand.New(rand.NewPCG(seed, 2))
		points := wild(rng, 50+rng.IntN(600))
		state, found, open := detect(t, compiler, nil, points)
		for _, d := range []*detector.Detector{compiler, interpreter} {
			pieces, foundInPieces, openInPieces := cuts(t, rng, d, points, 1+rng.IntN(200))
			require.Equal(t, state, pieces, "seed %d", seed)
			require.Equal(t, len(found), len(foundInPieces), "seed %d", seed)
			for i := range found {
				require.Equal(t, found[i], foundInPieces[i], "seed %d", seed)
			}
			require.Equal(t, open, openInPieces, "seed %d", seed)
		}
		for _, f := range found {
			require.LessOrEqual(t, f.First, f.Last)
			require.True(t, f.Score >= 0.5 && f.Score <= 1, "%v", f)
			require.Less(t, f.Kind, uint32(7))
		}
	}
}

// A state that others wrote is refused or used, whatever is in it: no call traps, and what is
// used gives a state that is used again.
func TestForgedStates(t *testing.T) {
	d := load(t)
	refused, used := 0, 0
	for seed := range uint64(400) {
		rng := rand.New(rand.NewPCG(seed, 3))
		state, _, _ := detect(t, d, nil, wild(rng, rng.IntN(200)))
		for range 1 + rng.IntN(4) {
			at := rng.IntN(len(state) - 4)
			switch rng.IntN(4) {
			case 0:
				state[at] ^= 1 << rng.IntN(8)
			case 1:
				state[at] = byte(rng.Uint32())
			case 2:
				at = 12 + 8*rng.IntN((len(state)-16)/8)
				binary.LittleEndian.PutUint64(state[at:], []uint64{0, 1, math.MaxUint64, math.Float64bits(1e209), math.Float64bits(-1e209), 167, rng.Uint64()}[rng.IntN(7)])
			case 3:
				at = 12 + 8*rng.IntN(10) // the whole numbers at the start
				binary.LittleEndian.PutUint64(state[at:], rng.Uint64()>>rng.IntN(64))
			}
		}
		binary.LittleEndian.PutUint32(state[len(state)-4:], crc32.ChecksumIEEE(state[:len(state)-4]))
		if rng.IntN(10) == 0 {
			state = state[:rng.IntN(len(state)-1)+1]
		}
		for range 3 {
			result, err := d.Detect(t.Context(), state, wild(rng, 300))
			if err != nil {
				var failure detector.ErrorInvalidState
				require.ErrorAs(t, err, &failure, "seed %d", seed)
				refused++
				break
			}
			used++
			for _, f := range result.Findings {
				require.LessOrEqual(t, f.First, f.Last, "seed %d", seed)
				require.True(t, f.Score >= 0.5 && f.Score <= 1, "seed %d: %v", seed, f)
			}
			state = result.State
		}
	}
	assert.Greater(t, refused, 50)
	assert.Greater(t, used, 50)
}

// A state that is used may have numbers that no series gives. Those that follow are finite, or
// the state is refused: it never becomes one that finds nothing for ever.
func TestAStateIsReadAgain(t *testing.T) {
	d := load(t)
	for seed := range uint64(50) {
		rng := rand.New(rand.NewPCG(seed, 4))
		var state []byte
		for range 20 {
			points := wild(rng, 100)
			for i := range points {
				points[i].Value = 1e200 * float64(1-2*rng.IntN(2))
			}
			state, _, _ = detect(t, d, state, points)
		}
	}
}

// A million points are one call of less than 64 MiB, within the fuel of an inference times ten.
func TestAMillionPoints(t *testing.T) {
	const n = 1_000_000
	d := load(t, sandbox.WithMemoryLimit(64), sandbox.WithFuel(20_000_000_000))
	points := make([]detector.Datapoint, n)
	for i := range points {
		points[i] = detector.Datapoint{Timestamp: uint64(i), Value: float64(i % 24)}
		if i%50 == 49 {
			points[i].Value = math.NaN()
		}
	}
	_, found, _ := detect(t, d, nil, points)
	assert.Equal(t, n/50-1, len(found), "each is a stretch of its own, and the last one is open")
}

// The fuel of a call ends it, and the next one is answered.
func TestFuel(t *testing.T) {
	d := load(t, sandbox.WithFuel(1_000_000))
	_, err := d.Detect(t.Context(), nil, make([]detector.Datapoint, 100_000))
	require.ErrorIs(t, err, sandbox.ErrLimit)
	_, _, _ = detect(t, d, nil, []detector.Datapoint{{Timestamp: 1, Value: 1}})
}

func TestRefusalsSayWhy(t *testing.T) {
	_, err := load(t).Detect(t.Context(), []byte(strings.Repeat("x", 100)), nil)
	assert.ErrorContains(t, err, "it does not begin as the states of this version do")
}
