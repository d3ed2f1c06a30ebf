package plugin_test

import (
	"context"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"example.org/compute-pipeline/gohost/plugin"
)

func TestWorkOfSuccessfulCallsIsCounted(t *testing.T) {
	var events []plugin.Work
	reg := newRegistry(t, untested, plugin.WithHooks(plugin.Hooks{OnCall: func(_ context.Context, e plugin.CallEvent) {
		events = append(events, e.Work)
	}}))
	first := echo(t)
	second := edition(first, "second")
	load(t, reg, "a", first)
	p := load(t, reg, "a", second)
	held, release, err := p.Hold(hashOf(first))
	require.NoError(t, err)
	defer release()
	_, err = held.ProcessBatch(plugin.WithWork(ctx, "tokens", 7), batch(doEcho))
	require.NoError(t, err)
	_, err = p.Binding().ProcessBatch(plugin.WithWork(ctx, "tokens", 2), batch(doEcho))
	require.NoError(t, err)
	_, err = p.Binding().ProcessBatch(plugin.WithWork(ctx, "bytes", 16), batch(doEcho))
	require.NoError(t, err)
	_, err = p.Binding().ProcessBatch(plugin.WithWork(ctx, "tokens", 100), batch(doTrap))
	require.Error(t, err)
	_, err = p.Binding().ProcessBatch(ctx, batch(doEcho))
	require.NoError(t, err)

	assert.Equal(t, []plugin.Work{{Unit: "tokens", Count: 7}, {Unit: "tokens", Count: 2}, {Unit: "bytes", Count: 16}, {Unit: "tokens", Count: 100}, {}}, events)
	assert.Equal(t, map[string]uint64{"tokens": 9, "bytes": 16}, p.Stats().Work)
	for _, v := range p.Versions() {
		want := map[string]uint64{"tokens": 2, "bytes": 16}
		if v.Hash == hashOf(first) {
			want = map[string]uint64{"tokens": 7}
		}
		assert.Equal(t, want, v.Stats.Work)
	}
}
