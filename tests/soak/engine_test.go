package soak

import (
	"context"
	"math/rand/v2"
	"runtime"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"example.org/compute-pipeline/gohost"
	"example.org/compute-pipeline/tests/soak/internal/work"
)

const (
	callers = 8
	// instances is fewer, so that some wait.
	instances = 4
)

// One engine is called with lists of all sizes.
func TestTheEngineStaysFlatAndRight(t *testing.T) {
	mix := work.NewMix(1, *largest)
	before := settled()
	instance := instanceBytes(t, mix)
	eng, err := gohost.New(t.Context(), gohost.WithMaxInstances(instances))
	require.NoError(t, err)
	warmUp(t, mix, eng, callers)
	warm := settled()
	bound := holds{instances: instances, guests: instances * instance, goroutines: before.goroutines + 2*callers}
	var done atomic.Uint64
	stop := watch(t, "engine", bound, func(h *holds) {
		stats := eng.Stats()
		h.calls, h.guests, h.instances = done.Load(), stats.MemoryBytes, int64(stats.Instances)
	})
	begin := time.Now()
	err = crew(t.Context(), callers, func(ctx context.Context, r *rand.Rand) error {
		if time.Since(begin) >= duration() && done.Load() >= *calls {
			return errEnough
		}
		job := mix.Pick(r)
		done.Add(uint64(job.Calls))
		return job.Run(ctx, eng)
	})
	stop()
	require.NoError(t, err)
	stats := eng.Stats()
	assert.GreaterOrEqual(t, stats.Calls, done.Load())
	assert.Zero(t, stats.InstancesDiscarded)
	warm.nothingLeft(t, instances*instance)
	require.NoError(t, eng.Close(context.Background()))
	requireClosed(t, eng)
	before.nothingLeft(t, 0)
	runtime.KeepAlive(mix) // it was there before
}

func requireClosed(t *testing.T, eng *gohost.Engine) {
	t.Helper()
	stats := eng.Stats()
	require.Zero(t, stats.Instances)
	require.Zero(t, stats.MemoryBytes)
}

// instanceBytes returns the memory of one instance after every job of the mix, and a
// quarter more, since an allocator's order of work is not always the same.
func instanceBytes(t *testing.T, mix *work.Mix) int64 {
	t.Helper()
	eng, err := gohost.New(t.Context(), gohost.WithMaxInstances(1))
	require.NoError(t, err)
	for range 2 {
		for _, job := range mix.Jobs() {
			require.NoError(t, job.Run(t.Context(), eng))
		}
	}
	bytes := eng.Stats().MemoryBytes * 5 / 4
	require.NoError(t, eng.Close(t.Context()))
	return bytes
}

// warmUp has every caller do every job once, which makes the instances as large as
// they will become.
func warmUp(t *testing.T, mix *work.Mix, p work.Pipeline, callers int) {
	t.Helper()
	jobs := mix.Jobs()
	var next atomic.Int64
	require.NoError(t, crew(t.Context(), callers, func(ctx context.Context, _ *rand.Rand) error {
		i := int(next.Add(1)) - 1
		if i >= callers*len(jobs) {
			return errEnough
		}
		return jobs[i/callers].Run(ctx, p)
	}))
}
