package window

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"example.org/compute-pipeline/gohost/internal/epoch"
)

// What a text names is named by its String, too. The window of a time has it, and every time in a window has that window.
func FuzzParse(f *testing.F) {
	zones := []string{"UTC", "Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "Pacific/Apia", "Africa/Monrovia", "Asia/Kathmandu", "America/St_Johns"}
	f.Fuzz(func(t *testing.T, text string, place byte, number uint64) {
		zone, err := time.LoadLocation(zones[int(place)%len(zones)])
		require.NoError(t, err)
		spec, err := Parse(text, zone)
		if err != nil {
			require.ErrorContains(t, err, "is no window")
			return
		}
		again, err := Parse(spec.String(), zone)
		require.NoError(t, err)
		require.Equal(t, spec, again)

		clock := []Clock{secondsFrom1, {Unit: epoch.Millisecond}, {Unit: epoch.Nanosecond}}[int(place)/len(zones)%3]
		grid, err := spec.Grid(clock)
		if err != nil {
			require.ErrorContains(t, err, "need a finer unit")
			return
		}
		valid := grid.lastValid - grid.firstValid
		at := grid.firstValid + number%(valid+min(1, ^valid)) // 2^64 - 1 of all numbers are enough
		span := grid.Span(at)
		require.True(t, span.Start <= at && at <= span.Last, "%s in %s: %d is not in %v", text, zone, at, span)
		for _, pane := range grid.AppendSpans(nil, at) {
			require.True(t, pane.Start <= at && at <= pane.Last, "%s in %s: %d is not in %v", text, zone, at, pane)
		}
		if spec.Sessions() || spec.IsAll() {
			return
		}
		for _, other := range []uint64{span.Start, span.Last} {
			if grid.Valid(other) {
				require.Equal(t, span, grid.Span(other), "%s in %s", text, zone)
			}
		}
		if !spec.Sliding() {
			start, end := grid.Times(span)
			require.False(t, clock.Time(at).Before(start) || !clock.Time(at).Before(end), "%s in %s: %s is not from %s to %s", text, zone, clock.Time(at), start, end)
		}
	})
}
