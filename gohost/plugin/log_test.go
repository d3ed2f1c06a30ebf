package plugin_test

import (
	"bytes"
	"context"
	"log/slog"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"example.org/compute-pipeline/gohost"
	"example.org/compute-pipeline/gohost/plugin"
)

func TestLogTellsWhatHappens(t *testing.T) {
	var log bytes.Buffer
	reg := newRegistry(t, untested, plugin.WithLogger(slog.New(slog.NewTextHandler(&log, nil))),
		plugin.WithDefaultLimits(plugin.Limits{Breaker: plugin.BreakerLimits{Failures: 1}}))
	second := edition(echo(t), "second")
	for _, step := range []struct {
		do   func()
		want []string
	}{
		{
			func() { load(t, reg, "a", echo(t)) },
			[]string{"level=INFO", `msg="plugin activated"`, `msg="plugin loaded" plugin=a source=bytes version=` + hashOf(echo(t))[:12], "number=1 state=active"},
		},
		{
			func() { load(t, reg, "a", second) },
			[]string{`msg="plugin activated" plugin=a version=` + hashOf(second)[:12] + " previous=" + hashOf(echo(t))[:12]},
		},
		{
			func() {
				_, err := reg.Load(ctx, "a", plugin.Bytes([]byte("none")))
				require.ErrorIs(t, err, gohost.ErrModule)
			},
			[]string{"level=WARN", `msg="plugin not loaded"`, "invalid module"},
		},
		{
			func() {
				p, err := reg.Plugin("a")
				require.NoError(t, err)
				_, err = p.Binding().ProcessBatch(ctx, batch(doTrap))
				require.ErrorIs(t, err, gohost.ErrTrap)
			},
			[]string{`msg="instance discarded" plugin=a`, `msg="circuit breaker" plugin=a`, "from=closed to=open", "unreachable"},
		},
		{
			func() {
				_, err := reg.Rollback(ctx, "a")
				require.NoError(t, err)
			},
			[]string{`msg="plugin rolled back" plugin=a`},
		},
		{func() { require.NoError(t, reg.Unload(ctx, "a")) }, []string{`msg="plugin unloaded" plugin=a`}},
	} {
		log.Reset()
		step.do()
		for _, want := range step.want {
			assert.Contains(t, log.String(), want)
		}
		assert.Less(t, strings.Count(log.String(), "\n"), 4, log.String())
	}
}

// A module that traps in its self-test is refused with one message.
func TestARefusalIsLoggedOnce(t *testing.T) {
	var log bytes.Buffer
	traps := func(ctx context.Context, eng gohost.Functions) error {
		_, err := eng.ProcessBatch(ctx, batch(doTrap))
		return err
	}
	for level, lines := range map[slog.Level]int{slog.LevelInfo: 1, slog.LevelDebug: 3} { // and: an instance started, and was discarded
		log.Reset()
		logger := slog.New(slog.NewTextHandler(&log, &slog.HandlerOptions{Level: level}))
		reg := newRegistry(t, plugin.WithSelfTest(time.Minute, traps), plugin.WithLogger(logger))
		_, err := reg.Load(ctx, "a", plugin.Bytes(echo(t)))
		require.ErrorIs(t, err, plugin.ErrSelfTest)
		assert.Equal(t, lines, strings.Count(log.String(), "\n"), log.String())
		assert.Contains(t, log.String(), `level=WARN msg="plugin not loaded" plugin=a`)
	}
}
