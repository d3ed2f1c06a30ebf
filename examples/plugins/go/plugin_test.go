package main_test

import (
	"bytes"
	"context"
	"encoding/binary"
	"fmt"
	"hash/crc32"
	"log/slog"
	"math"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"example.org/compute-pipeline/gohost"
	"example.org/compute-pipeline/gohost/grade"
)

// dir holds the plugin and its compiled code.
var dir string

func TestMain(m *testing.M) {
	var err error
	if dir, err = os.MkdirTemp("", "plugin-go-"); err != nil {
		panic(err)
	}
	status := m.Run()
	if err := os.RemoveAll(dir); err != nil {
		panic(err)
	}
	os.Exit(status)
}

// build builds the plugin once.
var build = sync.OnceValues(func() ([]byte, error) {
	path := filepath.Join(dir, "plugin.wasm")
	command := exec.Command("bash", "build.sh", path)
	command.Env = append(os.Environ(), "GOFLAGS=") // whatever the test was built with
	if out, err := command.CombinedOutput(); err != nil {
		return nil, fmt.Errorf("%w: %s", err, out)
	}
	return os.ReadFile(path)
})

// load loads the plugin with the grants that Go's runtime needs.
func load(t *testing.T, opts ...gohost.Option) *gohost.Engine {
	t.Helper()
	wasm, err := build()
	require.NoError(t, err)
	opts = append(opts, gohost.WithMaxInstances(1), gohost.WithCacheDir(filepath.Join(dir, "cache")),
		gohost.WithGrants(gohost.GrantClock(), gohost.GrantSeededRandom(7), gohost.GrantOutput(gohost.OutputLimits{})))
	eng, err := gohost.Load(t.Context(), wasm, opts...)
	require.NoError(t, err)
	t.Cleanup(func() { assert.NoError(t, eng.Close(context.Background())) })
	return eng
}

func TestThePluginIsStable(t *testing.T) {
	var log bytes.Buffer
	eng := load(t, gohost.WithLogger(slog.New(slog.NewTextHandler(&log, nil))))
	ctx := t.Context()
	random := rand.New(rand.NewPCG(11, 1))
	inf := math.Inf(1)
	specials := []float64{0, math.Copysign(0, -1), 1, -1, 5e-324, math.MaxFloat64, -math.MaxFloat64, inf, -inf, math.NaN()}
	pointsOf := func(n int) (points []gohost.Datapoint) {
		scale := math.Ldexp(1, random.IntN(600)-300)
		for range n {
			p := gohost.Datapoint{Timestamp: uint64(random.IntN(n)), Value: (1e3 + random.NormFloat64()) * scale}
			if n < 20 && random.IntN(4) == 0 {
				p.Value = specials[random.IntN(len(specials))]
			}
			points = append(points, p)
		}
		return points
	}
	for range 300 {
		points := pointsOf(random.IntN(30))
		got, err := eng.ComputeAggregate(ctx, points)
		require.NoError(t, err)
		require.NoError(t, grade.Stable.CheckAggregate(points, got), "%v", points)

		var batch []byte
		for _, p := range points {
			batch = binary.LittleEndian.AppendUint64(batch, p.Timestamp)
			batch = binary.LittleEndian.AppendUint64(batch, math.Float64bits(p.Value))
		}
		kept, err := eng.ProcessBatch(ctx, batch)
		require.NoError(t, grade.CheckBatch(batch, kept, err))

		sum := crc32.ChecksumIEEE(batch) ^ uint32(random.IntN(2))
		is, err := eng.ValidateChecksum(ctx, batch, sum)
		require.NoError(t, err)
		require.NoError(t, grade.CheckChecksum(batch, sum, is))
	}
	for _, text := range texts {
		points, err := eng.ValidateStream(ctx, []byte(text))
		assert.NoError(t, grade.Stable.CheckStream([]byte(text), points, err), text)
	}
	stats := eng.Stats()
	assert.EqualValues(t, 1, stats.InstancesStarted, "the calls ran on one instance")
	assert.Empty(t, log.String(), "it writes nothing")
}

// texts are JSON on both sides of what validate-stream accepts.
var texts = []string{
	"", " ", "[", "[]", "{}", "[{}]", "null", "[null]", "[1]", "[] []", "[]x", "[]\x00", "\ufeff[]",
	`[{"timestamp": 1, "value": 2}]`, " [ { \"value\" : -2.5e-3 ,\r\n\t\"timestamp\" : 18446744073709551615 } ] ",
	`[{"timestamp": 1, "value": 2},{"timestamp": 0, "value": -0}]`, `[{"timestamp": 1, "value": 2},]`, `[,{"timestamp": 1, "value": 2}]`,
	`[{"timestamp": 1, "value": 2} {"timestamp": 1, "value": 2}]`, `[{"timestamp": 1 "value": 2}]`, `[{"timestamp": 1, "value": 2,}]`, `[{,"timestamp": 1, "value": 2}]`,
	`[{"timestamp": 18446744073709551616, "value": 2}]`, `[{"timestamp": -1, "value": 2}]`, `[{"timestamp": -0, "value": 2}]`, `[{"timestamp": 1.0, "value": 2}]`,
	`[{"timestamp": 1e2, "value": 2}]`, `[{"timestamp": 01, "value": 2}]`, `[{"timestamp": "1", "value": 2}]`, `[{"timestamp": null, "value": 2}]`, `[{"timestamp": true, "value": 2}]`,
	`[{"timestamp": 1, "value": 1e400}]`, `[{"timestamp": 1, "value": 1e-400}]`, `[{"timestamp": 1, "value": 1.7976931348623157e308}]`, `[{"timestamp": 1, "value": 0.1e1}]`,
	`[{"timestamp": 1, "value": .5}]`, `[{"timestamp": 1, "value": 5.}]`, `[{"timestamp": 1, "value": +5}]`, `[{"timestamp": 1, "value": 05}]`, `[{"timestamp": 1, "value": 1e}]`, `[{"timestamp": 1, "value": -}]`,
	`[{"timestamp": 1, "value": NaN}]`, `[{"timestamp": 1, "value": Infinity}]`, `[{"timestamp": 1, "value": "2"}]`, `[{"timestamp": 1, "value": 0x1p4}]`, `[{"timestamp": 1, "value": 1_000}]`,
	`[{"timestamp": 1}]`, `[{"value": 1}]`, `[{"Timestamp": 1, "value": 2}]`, `[{"timestamp": 1, "VALUE": 2}]`, `[{"timestamp": 1, "value": 2, "Value": 3}]`,
	`[{"\u0074imestamp": 1, "v\u0061lue": 2}]`, `[{"timestamp": 1, "value": 2, "a": {"b": [1, "\n", null, {"c": -1.5e+3}]}}]`, `[{"timestamp": 1, "value": 2, "a": {"b": [1,]}}]`,
	`[{"timestamp": 1, "value": 2, "a": "` + "\t" + `"}]`, `[{"timestamp": 1, "value": 2, "a": "\x"}]`, `[{"timestamp": 1, "value": 2, "größe": "ü\ud83d\ude00"}]`, `[{"timestamp": 1, "value": 2, "a": tru}]`,
	`[{"timestamp": 1, "value": 2, 3: 4}]`, `[{"timestamp": 1, "value": 2, "a"}]`, `[{"timestamp": 1, "value": 2, "a": }]`, `[{"timestamp": 1, "value": 2}`, `[{"timestamp": 1, "value": 2`, `[{"timestamp": 1, "val`, `[{"timestamp": 1, "a": [1, 2`,
	`[{"timestamp": 1, "value": 123456789012345678901234567890}]`, `[{"timestamp": 1, "value": 9007199254740993}]`, `[{"timestamp": 1, "value": 2.2250738585072011e-308}]`,
}

// The garbage collector of the guest does not see the host's pointers.
func TestMemoryOfTheHostStaysAlive(t *testing.T) {
	eng := load(t)
	var text bytes.Buffer
	text.WriteByte('[')
	const n = 20_000
	for i := range n {
		if i > 0 {
			text.WriteByte(',')
		}
		fmt.Fprintf(&text, `{"timestamp": %d, "value": %d.5}`, i, i)
	}
	text.WriteByte(']')
	var most int64
	for round := range 12 {
		points, err := eng.ValidateStream(t.Context(), text.Bytes())
		require.NoError(t, err)
		require.Len(t, points, n)
		for i, p := range points {
			require.Equal(t, gohost.Datapoint{Timestamp: uint64(i), Value: float64(i) + 0.5}, p)
		}
		if round == 3 {
			most = eng.Stats().MemoryBytes
		}
	}
	assert.Equal(t, most, eng.Stats().MemoryBytes, "what calls leave behind is collected")
}

func TestAPanicIsATrapWhoseMessageIsLogged(t *testing.T) {
	var log bytes.Buffer
	eng := load(t, gohost.WithMemoryLimit(8), gohost.WithLogger(slog.New(slog.NewTextHandler(&log, nil))))
	_, err := eng.ComputeAggregate(t.Context(), make([]gohost.Datapoint, 1<<20))
	require.ErrorIs(t, err, gohost.ErrLimit)
	assert.ErrorContains(t, err, "memory")
	assert.Contains(t, log.String(), "out of memory")
	_, err = eng.ComputeAggregate(t.Context(), make([]gohost.Datapoint, 1))
	require.NoError(t, err, "another instance serves")
}
