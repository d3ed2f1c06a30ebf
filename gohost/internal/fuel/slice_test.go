package fuel

import (
	"context"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// Whose deadline is near, or over, gets little at a time, so that it is seen soon
// after, however slow the guest is.
func TestSlicesAreSmallBeforeADeadline(t *testing.T) {
	at := func(d time.Duration) context.Context {
		ctx, cancel := context.WithDeadline(t.Context(), time.Now().Add(d))
		t.Cleanup(cancel)
		return ctx
	}
	for _, c := range []struct {
		ctx    context.Context
		limits Limits
		want   uint64
	}{
		{t.Context(), Limits{Budget: Unlimited}, Slice},
		{at(time.Hour), Limits{Budget: Unlimited}, Slice},
		{at(lastMoments), Limits{Budget: Unlimited}, LastSlice},
		{at(-time.Hour), Limits{Budget: Unlimited}, LastSlice},
		{t.Context(), Limits{Budget: Unlimited, Time: time.Hour}, Slice},
		{t.Context(), Limits{Budget: Unlimited, Time: lastMoments}, LastSlice},
		{at(time.Hour), Limits{Budget: Unlimited, Time: time.Nanosecond}, LastSlice},
		{at(time.Hour), Limits{Budget: 7}, 7},
	} {
		var m Meter
		m.Begin(c.ctx, c.limits)
		assert.Equal(t, c.want, min(m.slice(), c.limits.Budget))
	}
	var m Meter
	m.Begin(at(time.Hour), Limits{Budget: Slice + 5})
	for _, want := range []uint64{Slice, 5} {
		got, err := m.refuel()
		require.NoError(t, err)
		assert.Equal(t, want, got)
	}
	_, err := m.refuel()
	require.ErrorIs(t, err, ErrBudget)
	m.Begin(at(lastMoments), Limits{Budget: Unlimited})
	if got, err := m.refuel(); err == nil { // on a machine that is fast enough
		assert.EqualValues(t, LastSlice, got)
	}
}
