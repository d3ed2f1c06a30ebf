package versions

import (
	"context"
	"sync"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"example.org/compute-pipeline/gohost"
	"example.org/compute-pipeline/gohost/plugin"
)

// A plugin of 0.1.0 is replaced by one of 0.2.0 alone and back, while calls run: none fails, and
// states go on.
func TestRollingOut(t *testing.T) {
	ctx := t.Context()
	reg, err := plugin.NewRegistry(gohost.Binding(), plugin.WithoutCache())
	require.NoError(t, err)
	defer reg.Close(context.Background())
	old, err := reg.Load(ctx, "sums", plugin.Bytes(guest(t, onlyFirst)))
	require.NoError(t, err)
	p, err := reg.Plugin("sums")
	require.NoError(t, err)
	sums := p.Binding()
	assert.True(t, sums.HasSummary())

	stop, calls := make(chan struct{}), sync.WaitGroup{}
	defer calls.Wait()
	defer close(stop)
	for range 2 {
		calls.Go(func() {
			var state []byte
			for i := uint64(1); ; i++ {
				select {
				case <-stop:
					return
				default:
				}
				var err error
				state, err = sums.AppendFold(ctx, state[:0], state, []gohost.Datapoint{{Timestamp: i, Value: 1}})
				if !assert.NoError(t, err) {
					return
				}
				stats, err := sums.Finish(ctx, state)
				_, refused := sums.ValidateStream(ctx, []byte("[]"))
				if !assert.NoError(t, err) || !assert.Equal(t, i, stats.Count) || !assert.ErrorIs(t, refused, gohost.ErrEmptyDataset) {
					return
				}
			}
		})
	}
	next, err := reg.Load(ctx, "sums", plugin.Bytes(guest(t, onlySecond)))
	require.NoError(t, err)
	assert.True(t, sums.HasSummary())
	_, err = reg.Rollback(ctx, "sums")
	require.NoError(t, err)
	for range 20 {
		for _, version := range []plugin.Version{next, old} {
			_, err = reg.Activate(ctx, "sums", version.Hash)
			require.NoError(t, err)
		}
	}
}
