package anomaly_test

import (
	"bytes"
	"context"
	"encoding/binary"
	"math"
	"os"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"example.org/compute-pipeline/examples/plugins/inference/anomaly"
	"example.org/compute-pipeline/gohost/inference/detector"
	"example.org/compute-pipeline/gohost/plugin"
)

// bolder returns the module with another model: the bias of "no fault" is smaller.
func bolder(t *testing.T) []byte {
	t.Helper()
	weights, err := os.ReadFile("weights.bin")
	require.NoError(t, err)
	bias := float64(int16(binary.LittleEndian.Uint16(weights[len(weights)-2:]))) / 1024
	in := func(bias float64) []byte { return binary.LittleEndian.AppendUint64(nil, math.Float64bits(bias)) }
	wasm := bytes.ReplaceAll(anomaly.Module(), in(bias), in(bias-3))
	require.NotEqual(t, anomaly.Module(), wasm)
	return wasm
}

// A model is replaced under load: before that the new one answers beside the old one, and what
// differs is counted. No call is lost, and each has the answer of one of the two.
func TestSwapUnderLoad(t *testing.T) {
	ctx := t.Context()
	reg, err := plugin.NewRegistry(detector.Binding())
	require.NoError(t, err)
	defer reg.Close(context.WithoutCancel(ctx))
	next := bolder(t)
	var bindings []*detector.Detector
	var handles []*plugin.Plugin[*detector.Detector]
	for _, m := range []struct {
		name string
		wasm []byte
	}{{"serving", anomaly.Module()}, {"candidate", next}} {
		_, err := reg.Load(ctx, m.name, plugin.Bytes(m.wasm))
		require.NoError(t, err)
		p, err := reg.Plugin(m.name)
		require.NoError(t, err)
		bindings, handles = append(bindings, p.Binding()), append(handles, p)
	}
	points := temperatures(t)
	day := func(i int) []detector.Datapoint { return points[240*i : 240*i+480] }
	const parts = 30
	answers := make([][2]detector.Detection, parts)
	differ := uint64(0)
	for i := range answers {
		for j, d := range bindings {
			answers[i][j], err = d.Detect(ctx, nil, day(i))
			require.NoError(t, err)
		}
		if !assert.ObjectsAreEqual(answers[i][0], answers[i][1]) {
			differ++
		}
	}
	require.Positive(t, differ)
	require.Less(t, differ, uint64(parts))

	shadow := plugin.NewShadow[*detector.Detector, detector.Detection](bindings[0], bindings[1])
	compare := func(i int) (detector.Detection, error) {
		return shadow.Call(ctx, func(ctx context.Context, d *detector.Detector) (detector.Detection, error) {
			return d.Detect(ctx, nil, day(i))
		})
	}
	for i := range parts {
		_, err := compare(i)
		require.NoError(t, err)
	}
	report := shadow.Report()
	assert.Equal(t, [4]uint64{parts, differ, parts - differ, 0}, [4]uint64{report.Compared, report.Different, report.Same, report.Failed})

	var stop atomic.Bool
	var load sync.WaitGroup
	defer func() { stop.Store(true); load.Wait() }()
	var calls atomic.Int64
	for g := range 4 {
		load.Go(func() {
			for i := g; !stop.Load(); i++ {
				got, err := compare(i % parts)
				if !assert.NoError(t, err) || !assert.Contains(t, answers[i%parts], got) {
					return
				}
				calls.Add(1)
			}
		})
	}
	wait := func(n int64) {
		for target := calls.Load() + n; calls.Load() < target && !t.Failed(); {
			_, err := compare(0)
			require.NoError(t, err)
		}
	}
	wait(20)
	_, err = reg.Load(ctx, "serving", plugin.Bytes(next))
	require.NoError(t, err)
	wait(20)
	stop.Store(true)
	load.Wait()
	assert.Equal(t, 2, handles[0].Version().Number)
	for i := range parts {
		got, err := compare(i)
		require.NoError(t, err)
		require.Equal(t, answers[i][1], got, "the new version serves")
	}
}
