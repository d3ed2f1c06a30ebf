package gohost_test

import (
	"context"
	"encoding/json"
	"hash/crc32"
	"math"
	"os"
	"path/filepath"
	"testing"
	"unsafe"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"example.org/compute-pipeline/gohost"
)

var ctx = context.Background()

// newEngine starts the embedded engine and closes it after the test.
func newEngine(t testing.TB, opts ...gohost.Option) *gohost.Engine {
	t.Helper()
	eng, err := gohost.New(ctx, opts...)
	require.NoError(t, err)
	t.Cleanup(func() { assert.NoError(t, eng.Close(ctx)) })
	return eng
}

// seattle is a year of hourly temperatures, in degrees Fahrenheit.
func seattle(t testing.TB) (raw []byte, points []gohost.Datapoint) {
	t.Helper()
	raw, err := os.ReadFile(filepath.Join("..", "examples", "data", "seattle-temps-2010.json"))
	require.NoError(t, err)
	require.NoError(t, json.Unmarshal(raw, &points))
	return raw, points
}

func values(v ...float64) []gohost.Datapoint {
	points := make([]gohost.Datapoint, len(v))
	for i, x := range v {
		points[i] = gohost.Datapoint{Timestamp: uint64(i), Value: x}
	}
	return points
}

// bothEngines runs a test on wazero's compiler and on its interpreter.
func bothEngines(t *testing.T, f func(t *testing.T, eng *gohost.Engine)) {
	t.Run("compiler", func(t *testing.T) { f(t, newEngine(t)) })
	t.Run("interpreter", func(t *testing.T) { f(t, newEngine(t, gohost.WithInterpreter())) })
}

func TestEveryFunction(t *testing.T) {
	bothEngines(t, func(t *testing.T, eng *gohost.Engine) {
		agg, err := eng.ComputeAggregate(ctx, values(1, 2, 3, 4))
		require.NoError(t, err)
		assert.Equal(t, gohost.Aggregate{Mean: 2.5, Variance: 1.25, Sum: 10}, agg)

		points, err := eng.ValidateStream(ctx, []byte(`[{"timestamp":18446744073709551615,"value":32900863065080862.00}]`))
		require.NoError(t, err)
		assert.Equal(t, []gohost.Datapoint{{Timestamp: math.MaxUint64, Value: 32900863065080862}}, points)

		batch := []byte{
			2, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xf0, 0x3f,
			1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xf0, 0x7f,
			1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x00, 0x40,
		}
		out, err := eng.ProcessBatch(ctx, batch)
		require.NoError(t, err)
		assert.Equal(t, append(append([]byte{}, batch[32:]...), batch[:16]...), out, "sorted, without the infinity")

		ok, err := eng.ValidateChecksum(ctx, []byte("123456789"), 0xcbf43926)
		require.NoError(t, err)
		assert.True(t, ok)
		ok, err = eng.ValidateChecksum(ctx, batch, crc32.ChecksumIEEE(batch)+1)
		require.NoError(t, err)
		assert.False(t, ok)

		state, err := eng.Fold(ctx, nil, values(1, 2))
		require.NoError(t, err)
		other, err := eng.Fold(ctx, nil, values(3, 4))
		require.NoError(t, err)
		state, err = eng.Merge(ctx, state, other)
		require.NoError(t, err)
		stat, err := eng.Finish(ctx, state)
		require.NoError(t, err)
		assert.Equal(t, gohost.Statistics{Count: 4, Mean: 2.5, Variance: 1.25, Sum: 10, Min: 1, Max: 4, First: 0, Last: 1}, stat)
	})
}

func TestNothingAtAll(t *testing.T) {
	bothEngines(t, func(t *testing.T, eng *gohost.Engine) {
		agg, err := eng.ComputeAggregate(ctx, nil)
		require.NoError(t, err)
		assert.Zero(t, agg)
		out, err := eng.ProcessBatch(ctx, nil)
		require.NoError(t, err)
		assert.Empty(t, out)
		ok, err := eng.ValidateChecksum(ctx, nil, 0)
		require.NoError(t, err)
		assert.True(t, ok)
		state, err := eng.Fold(ctx, nil, nil)
		require.NoError(t, err)
		assert.Empty(t, state)
		stat, err := eng.Finish(ctx, nil)
		require.NoError(t, err)
		assert.Zero(t, stat)
		_, err = eng.ValidateStream(ctx, nil)
		var answer *gohost.GuestError
		require.ErrorAs(t, err, &answer)
		assert.Equal(t, "Parse failed: EOF while parsing a value at line 1 column 0", answer.Message)
	})
}

// The year is longer than one chunk, so this goes through fold.
func TestChunksGiveTheBitsOfOneCall(t *testing.T) {
	eng := newEngine(t)
	_, points := seattle(t)
	whole, err := eng.ComputeAggregate(ctx, points)
	require.NoError(t, err)
	// One list, in the guest's own compute-aggregate: short of the chunks' size.
	state, err := eng.Fold(ctx, nil, points[:7000])
	require.NoError(t, err)
	for i := 7000; i < len(points); i += 13 {
		state, err = eng.Fold(ctx, state, points[i:min(i+13, len(points))])
		require.NoError(t, err)
	}
	stat, err := eng.Finish(ctx, state)
	require.NoError(t, err)
	assert.Equal(t, whole, gohost.Aggregate{Mean: stat.Mean, Variance: stat.Variance, Sum: stat.Sum})
	assert.EqualValues(t, len(points), stat.Count)
	assert.Equal(t, points[0].Timestamp, stat.First)
	assert.Equal(t, points[len(points)-1].Timestamp, stat.Last)
}

func TestSeattle(t *testing.T) {
	bothEngines(t, func(t *testing.T, eng *gohost.Engine) {
		raw, want := seattle(t)
		got, err := eng.ValidateStream(ctx, raw)
		require.NoError(t, err)
		assert.Equal(t, want, got)
	})
}

func TestAppendedResults(t *testing.T) {
	eng := newEngine(t)
	first := gohost.Datapoint{Timestamp: 1, Value: 2}
	points, err := eng.AppendValidated(ctx, []gohost.Datapoint{first}, []byte(`[{"timestamp":3,"value":4}]`))
	require.NoError(t, err)
	assert.Equal(t, []gohost.Datapoint{first, {Timestamp: 3, Value: 4}}, points)
	kept, err := eng.AppendValidated(ctx, points, []byte(`[{"timestamp":3,"value":4},]`))
	require.Error(t, err)
	assert.Equal(t, points, kept)

	state, err := eng.Fold(ctx, nil, values(1))
	require.NoError(t, err)
	want, err := eng.Fold(ctx, state, values(5))
	require.NoError(t, err)
	state, err = eng.AppendFold(ctx, state[:0], state, values(5))
	require.NoError(t, err)
	assert.Equal(t, want, state, "dst may be the state itself")
}

func TestStateThatIsNone(t *testing.T) {
	eng := newEngine(t)
	state, err := eng.Fold(ctx, nil, values(1, 2, 3))
	require.NoError(t, err)
	var answer *gohost.GuestError
	for i := range state {
		broken := append([]byte{}, state...)
		broken[i] ^= 0x40
		_, err := eng.Finish(ctx, broken)
		require.ErrorAs(t, err, &answer, "byte %d", i)
		_, err = eng.Fold(ctx, state[:i], values(1))
		if i > 0 { // nothing is the state of no points
			require.ErrorAs(t, err, &answer, "cut at %d", i)
			assert.Contains(t, err.Error(), "fold of the embedded engine: ")
		}
	}
}

func TestDatapointHasTheGuestsLayout(t *testing.T) {
	assert.EqualValues(t, gohost.PackedSize, unsafe.Sizeof(gohost.Datapoint{}))
}

func TestSteadyStateAllocatesNothing(t *testing.T) {
	eng := newEngine(t)
	raw, points := seattle(t)
	packed, whole := make([]byte, 4800), temperatures(2*part-chunk)
	var state []byte
	var dst []gohost.Datapoint
	var out []byte
	for name, call := range map[string]func() error{
		"ComputeAggregate of 1":          func() error { _, err := eng.ComputeAggregate(ctx, points[:1]); return err },
		"ComputeAggregate without parts": func() error { _, err := eng.ComputeAggregate(ctx, whole); return err },
		"ComputeAggregate of a year":     func() error { _, err := eng.ComputeAggregate(ctx, points); return err },
		"AppendFold": func() (err error) {
			state, err = eng.AppendFold(ctx, state[:0], state, points[:100])
			return err
		},
		"AppendValidated":  func() (err error) { dst, err = eng.AppendValidated(ctx, dst[:0], raw); return err },
		"AppendProcessed":  func() (err error) { out, err = eng.AppendProcessed(ctx, out[:0], packed); return err },
		"ValidateChecksum": func() error { _, err := eng.ValidateChecksum(ctx, raw, 0); return err },
		"Finish":           func() error { _, err := eng.Finish(ctx, state); return err },
	} {
		require.NoError(t, call(), name)
		require.Zero(t, testing.AllocsPerRun(20, func() {
			if err := call(); err != nil {
				t.Error(name, err)
			}
		}), name)
	}
}
