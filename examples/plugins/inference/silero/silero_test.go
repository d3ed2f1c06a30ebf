package silero_test

import (
	"context"
	"crypto/sha256"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"hash/crc32"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"example.org/compute-pipeline/examples/plugins/inference/silero"
	"example.org/compute-pipeline/gohost/inference/detector"
	"example.org/compute-pipeline/gohost/sandbox"
)

const frame = 512

func load(t testing.TB, opts ...sandbox.Option) *detector.Detector {
	t.Helper()
	d, err := silero.Load(t.Context(), opts...)
	require.NoError(t, err)
	t.Cleanup(func() { assert.NoError(t, d.Close(context.Background())) })
	return d
}

// sound returns the samples of testdata.
func sound(t testing.TB) []detector.Datapoint { return samples(t, "testdata/sound.s16") }

// samples returns those of a file: points that are 62.5 µs apart, in ns.
func samples(t testing.TB, file string) []detector.Datapoint {
	t.Helper()
	data, err := os.ReadFile(file)
	require.NoError(t, err)
	points := make([]detector.Datapoint, len(data)/2)
	for i := range points {
		sample := int16(binary.LittleEndian.Uint16(data[2*i:]))
		points[i] = detector.Datapoint{Timestamp: uint64(i) * 62_500, Value: float64(sample) / 32768}
	}
	return points
}

func values(values ...float64) (points []detector.Datapoint) {
	for i, value := range values {
		points = append(points, detector.Datapoint{Timestamp: uint64(i), Value: value})
	}
	return points
}

func TestTheScoresAreThoseOfOnnxruntime(t *testing.T) {
	var want []float32
	text, err := os.ReadFile("testdata/scores.json")
	require.NoError(t, err)
	require.NoError(t, json.Unmarshal(text, &want))
	points := sound(t)
	result, err := load(t, sandbox.WithFuel(1e9)).Detect(t.Context(), nil, points)
	require.NoError(t, err)
	require.Len(t, result.Findings, len(want))
	for i, finding := range result.Findings {
		assert.Equal(t, points[i*frame].Timestamp, finding.First)
		assert.Equal(t, points[(i+1)*frame-1].Timestamp, finding.Last)
		assert.Zero(t, finding.Kind)
		assert.InDelta(t, want[i], finding.Score, 1e-5, "frame %d", i)
	}
	assert.False(t, result.Open.Valid)
}

// The bits are the same in wazero's compiler and interpreter, and those of the machine where they
// were written.
func TestBits(t *testing.T) {
	const want = "3df18cc0de0f4eeaf7e4cae9ee5068ccc5c1e84b8124d3205e6321e9cb338ee2"
	for mode, opts := range map[string][]sandbox.Option{"compiler": nil, "interpreter": {sandbox.WithInterpreter()}} {
		t.Run(mode, func(t *testing.T) {
			result, err := load(t, opts...).Detect(t.Context(), nil, sound(t))
			require.NoError(t, err)
			hash := sha256.New()
			for _, finding := range result.Findings {
				require.NoError(t, binary.Write(hash, binary.LittleEndian, finding.Score))
			}
			hash.Write(result.State)
			assert.Equal(t, want, fmt.Sprintf("%x", hash.Sum(nil)))
		})
	}
}

func TestCutsChangeNothing(t *testing.T) {
	d := load(t)
	points := sound(t)
	want, err := d.Detect(t.Context(), nil, points)
	require.NoError(t, err)
	for seed, most := range []int{0: 3, 1: 700, 2: 5000, 3: 20_000} {
		random := rand.New(rand.NewPCG(1, uint64(seed)))
		var state []byte
		var found []detector.Finding
		for rest := points; len(rest) > 0; {
			n := min(random.IntN(most+1), len(rest))
			result, err := d.Detect(t.Context(), state, rest[:n])
			require.NoError(t, err)
			state, found, rest = result.State, append(found, result.Findings...), rest[n:]
		}
		assert.Equal(t, want.Findings, found, "calls of at most %d points", most)
		assert.Equal(t, want.State, state)
	}
}

func TestNothing(t *testing.T) {
	d := load(t)
	empty, err := d.Detect(t.Context(), nil, nil)
	require.NoError(t, err)
	assert.Empty(t, empty.Findings)
	again, err := d.Detect(t.Context(), empty.State, nil)
	require.NoError(t, err)
	assert.Equal(t, empty.State, again.State)
}

func TestSamplesAreChecked(t *testing.T) {
	d := load(t)
	for value, text := range map[float64]string{
		math.NaN(): "NaN", math.Inf(1): "inf", math.Inf(-1): "-inf", 32767: "32767.0", 2.1: "2.1", -1e300: "-1e300",
	} {
		_, err := d.Detect(t.Context(), nil, values(0, value))
		var invalid detector.ErrorInvalidInput
		require.ErrorAs(t, err, &invalid)
		assert.Equal(t, "sample 1 is "+text+"; samples are from -1 to 1, and the max is 2", invalid.Value)
	}
	_, err := d.Detect(t.Context(), nil, make([]detector.Datapoint, 1<<22+1))
	var large detector.ErrorTooLarge
	require.ErrorAs(t, err, &large)
	assert.Equal(t, "there are 4194305 samples; the max is 4194304 in a call, and the state goes on in the next", large.Value)
}

// Sound that nobody makes has a score too.
func TestExtremes(t *testing.T) {
	d := load(t)
	random := rand.New(rand.NewPCG(1, 1))
	for name, sample := range map[string]func(i int) float64{
		"loudest":    func(int) float64 { return 2 },
		"square":     func(i int) float64 { return float64(4*(i&1) - 2) },
		"denormal":   func(int) float64 { return 5e-324 },
		"tiny":       func(int) float64 { return 1e-45 },
		"minus zero": func(int) float64 { return math.Copysign(0, -1) },
		"noise":      func(int) float64 { return 4*random.Float64() - 2 },
	} {
		points := make([]detector.Datapoint, 40*frame)
		for i := range points {
			points[i].Value = sample(i)
		}
		result, err := d.Detect(t.Context(), nil, points)
		require.NoError(t, err, name)
		for _, finding := range result.Findings {
			assert.True(t, finding.Score >= 0 && finding.Score <= 1, "%s: %v", name, finding.Score)
		}
		_, err = d.Detect(t.Context(), result.State, points)
		require.NoError(t, err, "%s: its own state", name)
	}
}

func TestDamagedStates(t *testing.T) {
	d := load(t)
	result, err := d.Detect(t.Context(), nil, sound(t))
	require.NoError(t, err)
	random := rand.New(rand.NewPCG(1, 1))
	for i := range 1000 {
		state := append([]byte{}, result.State...)
		switch i % 4 {
		case 0:
			state[random.IntN(len(state))] ^= 1 << random.IntN(8)
		case 1:
			state = state[:1+random.IntN(len(state)-1)]
		case 2:
			state = append(state, byte(i))
		case 3: // with a checksum that is right
			at := 12 + random.IntN(len(state)-16)
			state[at] = byte(random.Uint32())
			body := state[:len(state)-4]
			binary.LittleEndian.PutUint32(state[len(state)-4:], crc32.ChecksumIEEE(body))
		}
		result, err := d.Detect(t.Context(), state, sound(t)[:600])
		if i%4 == 3 && err == nil {
			for _, finding := range result.Findings {
				assert.True(t, finding.Score >= 0 && finding.Score <= 1)
			}
			continue
		}
		var invalid detector.ErrorInvalidState
		assert.ErrorAs(t, err, &invalid, "change %d", i)
	}
}

func TestInfo(t *testing.T) {
	weights, err := os.ReadFile("weights.bin")
	require.NoError(t, err)
	info, err := load(t).Info(t.Context())
	require.NoError(t, err)
	assert.Equal(t, fmt.Sprintf("%x", sha256.Sum256(weights)), info.Weights)
	assert.Equal(t, "MIT", info.Licence)
	assert.Equal(t, []string{"speech"}, info.Labels)
}

// compare.py runs this on files of its own.
func TestCompare(t *testing.T) {
	files, err := filepath.Glob(filepath.Join(os.Getenv("COMPUTE_PIPELINE_SOUND"), "*.s16"))
	require.NoError(t, err)
	if len(files) == 0 {
		t.Skip("COMPUTE_PIPELINE_SOUND names no directory with files")
	}
	d := load(t)
	for _, file := range files {
		result, err := d.Detect(t.Context(), nil, samples(t, file))
		require.NoError(t, err)
		var scores []byte
		for _, finding := range result.Findings {
			scores = binary.LittleEndian.AppendUint32(scores, math.Float32bits(finding.Score))
		}
		require.NoError(t, os.WriteFile(strings.TrimSuffix(file, ".s16")+".scores", scores, 0o644))
	}
}

// A second of sound on one instance, hardened and metered.
func BenchmarkSecond(b *testing.B) {
	d := load(b, sandbox.WithFuel(1e9))
	points := sound(b)[:16_000]
	var state []byte
	for b.Loop() {
		result, err := d.Detect(b.Context(), state, points)
		require.NoError(b, err)
		state = result.State
	}
	b.ReportMetric(float64(b.Elapsed().Microseconds())/float64(b.N)/(16_000.0/frame), "µs/frame")
}
