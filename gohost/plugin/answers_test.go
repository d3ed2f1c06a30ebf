package plugin_test

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"log/slog"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"example.org/compute-pipeline/gohost"
	"example.org/compute-pipeline/gohost/plugin"
)

// ask returns an input for testdata/lavish.wat, which returns n bytes or points.
func ask(n int, rest string) []byte {
	return append([]byte{byte(n & 127), byte(n >> 7 & 127), byte(n >> 14 & 127), byte(n >> 21 & 127)}, rest...)
}

// An exit code is a fault of the plugin, whichever it is.
func TestExitCodesOpenTheBreaker(t *testing.T) {
	for _, code := range []uint32{0xffffffff, 0xefffffff, 0} {
		reg := newRegistry(t, untested)
		p := load(t, reg, "a", testModule(t, "exit_codes"), plugin.WithGrants(gohost.GrantClock()),
			plugin.WithLimits(plugin.Limits{Breaker: plugin.BreakerLimits{Failures: 3, Window: time.Hour, Cooldown: time.Hour}}))
		for range 3 {
			_, err := p.Binding().ProcessBatch(ctx, append(binary.LittleEndian.AppendUint32(nil, code), make([]byte, 12)...))
			assert.Equal(t, plugin.OutcomeTrap, plugin.OutcomeOf(err), "%v", err)
		}
		_, err := p.Binding().ProcessBatch(ctx, make([]byte, 16))
		require.ErrorIs(t, err, plugin.ErrOpen, "%#x", code)
		assert.Equal(t, uint64(3), p.Stats().Outcomes[plugin.OutcomeTrap])
		assert.Zero(t, p.Stats().Outcomes[plugin.OutcomeCanceled])
	}
}

func TestAnswersHaveLimitsOfThePlugin(t *testing.T) {
	reg := newRegistry(t, untested, plugin.WithDefaultLimits(plugin.Limits{MaxResultMiB: 1}))
	small := load(t, reg, "small", testModule(t, "lavish"))
	large := load(t, reg, "large", testModule(t, "lavish"), plugin.WithLimits(plugin.Limits{MaxResultMiB: 4, HeapMiB: 2}))
	answer := func(p *plugin.Plugin[gohost.Functions], n int) error {
		_, err := p.Binding().ProcessBatch(ctx, append(ask(n, ""), make([]byte, n-4)...))
		return err
	}
	require.NoError(t, answer(small, 1<<20))
	err := answer(small, 1<<20+16)
	assert.Equal(t, plugin.OutcomeLimit, plugin.OutcomeOf(err))
	require.ErrorContains(t, err, "WithMaxResult allows 1048576")
	require.NoError(t, answer(large, 2<<20))
	require.ErrorContains(t, answer(large, 2<<20+16), "WithHeapLimit allows 2097152")
	assert.Equal(t, int64(2<<20), large.Stats().Engine.ResultBytesPeak)
}

// No result of a plugin makes a long line in the log, or a long error.
func TestLongMessagesAreCutEverywhere(t *testing.T) {
	const size = 20 << 20
	var log bytes.Buffer
	reg := newRegistry(t, untested, plugin.WithLogger(slog.New(slog.NewJSONHandler(&log, &slog.HandlerOptions{Level: slog.LevelDebug}))))
	p := load(t, reg, "a", testModule(t, "lavish"))
	_, err := p.Binding().ValidateStream(ctx, ask(size, "e"))
	var guest *gohost.GuestError
	require.ErrorAs(t, err, &guest)
	assert.Equal(t, size, guest.CutFrom)
	assert.Less(t, len(err.Error()), 5<<10)

	// A program's own self-test may put an answer into the error of the load.
	whole := strings.Repeat("\x00", size)
	tested := newRegistry(t, plugin.WithLogger(slog.New(slog.NewJSONHandler(&log, nil))),
		plugin.WithSelfTest(time.Minute, func(context.Context, gohost.Functions) error { return errors.New(whole) }))
	_, err = tested.Load(ctx, "a", plugin.Bytes(testModule(t, "lavish")))
	require.ErrorContains(t, err, whole[:100])
	for line := range bytes.Lines(log.Bytes()) {
		assert.Less(t, len(line), 40<<10) // each zero is six bytes of JSON
	}
	assert.Contains(t, log.String(), "plugin not loaded")
}
