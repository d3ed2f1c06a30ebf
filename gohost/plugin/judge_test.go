package plugin_test

import (
	"context"
	"errors"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"example.org/compute-pipeline/gohost"
	"example.org/compute-pipeline/gohost/plugin"
	"example.org/compute-pipeline/gohost/sandbox"
)

// An answer that breaks a rule is a fault of the version wherever calls are counted.
func TestAnAnswerThatIsJudgedWrong(t *testing.T) {
	var mu sync.Mutex
	var seen []plugin.Outcome
	reg := newRegistry(t, untested, plugin.WithDefaultLimits(plugin.Limits{Breaker: plugin.BreakerLimits{Failures: 2}}),
		plugin.WithHooks(plugin.Hooks{OnCall: func(_ context.Context, e plugin.CallEvent) {
			mu.Lock()
			defer mu.Unlock()
			seen = append(seen, e.Outcome)
		}}))
	p := load(t, reg, "a", echo(t))
	ask := func(do byte, judge func([]byte) error) ([]byte, error) {
		return plugin.Judge(plugin.WithWork(ctx, "bytes", 16), func(ctx context.Context) ([]byte, error) {
			return p.Binding().ProcessBatch(ctx, batch(do))
		}, judge)
	}
	broken := &sandbox.ContractError{Problems: []string{"the answer is a lie"}}
	wrong := func([]byte) error { return broken }
	right := func([]byte) error { return nil }

	got, err := ask(doEcho, right)
	require.NoError(t, err)
	assert.Equal(t, batch(doEcho), got)
	got, err = ask(doEcho, wrong)
	require.ErrorIs(t, err, gohost.ErrContract)
	assert.Empty(t, got)
	assert.ErrorContains(t, err, `plugin "a": process-batch of module`)
	assert.ErrorContains(t, err, "the answer is a lie")
	_, err = ask(doEcho, func([]byte) error { return gohost.ErrInvalidInput })
	require.ErrorIs(t, err, gohost.ErrInvalidInput)
	assert.Panics(t, func() { _, _ = ask(doEcho, func([]byte) error { panic("the judge") }) })
	s := p.Stats()
	assert.Equal(t, map[plugin.Outcome]uint64{plugin.OutcomeOK: 2, plugin.OutcomeContract: 1, plugin.OutcomeInvalid: 1}, s.Outcomes)
	assert.Zero(t, s.Running)
	assert.Equal(t, map[string]uint64{"bytes": 32}, s.Work)
	assert.Equal(t, []plugin.Outcome{plugin.OutcomeOK, plugin.OutcomeContract, plugin.OutcomeInvalid, plugin.OutcomeOK}, seen)

	_, err = ask(doTrap, func([]byte) error { panic("there is nothing to judge") })
	require.ErrorIs(t, err, gohost.ErrTrap)
	_, err = ask(doEcho, right)
	require.ErrorIs(t, err, plugin.ErrOpen, "after two failures")
	p.Reset()

	// The version is drained only after the verdict.
	var drained <-chan struct{}
	_, err = ask(doEcho, func([]byte) error {
		gone := make(chan struct{})
		drained = gone
		go func() {
			defer close(gone)
			assert.NoError(t, reg.Unload(ctx, "a"))
		}()
		select {
		case <-gone:
			return errors.New("it did not wait")
		case <-time.After(10 * time.Millisecond):
			return nil
		}
	})
	require.NoError(t, err)
	<-drained

	// What calls no plugin, or several.
	n, err := plugin.Judge(ctx, func(context.Context) (int, error) { return 7, nil }, func(int) error { return nil })
	require.NoError(t, err)
	assert.Equal(t, 7, n)
	_, err = plugin.Judge(ctx, func(context.Context) (int, error) { return 7, nil }, func(int) error { return broken })
	assert.Equal(t, broken, err)
	p = load(t, reg, "a", echo(t))
	_, err = plugin.Judge(ctx, func(ctx context.Context) (int, error) {
		for range 3 {
			if _, err := p.Binding().ProcessBatch(ctx, batch(doEcho)); err != nil {
				return 0, err
			}
		}
		return 0, nil
	}, func(int) error { return broken })
	require.ErrorIs(t, err, gohost.ErrContract)
	assert.Equal(t, map[plugin.Outcome]uint64{plugin.OutcomeOK: 2, plugin.OutcomeContract: 1}, p.Stats().Outcomes)
}
