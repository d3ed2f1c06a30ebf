package window

import (
	"math"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"example.org/compute-pipeline/gohost/internal/epoch"
)

// Windows have the same times in every unit and from every origin, also where timestamps end within one.
func TestTimesOfWindowsInEveryUnit(t *testing.T) {
	clocks := []Clock{
		{Unit: epoch.Second},
		{Unit: epoch.Millisecond, Origin: -62135596800_000},
		{Unit: epoch.Microsecond, Origin: -62135596800_000_000},
		{Unit: epoch.Nanosecond, Origin: math.MinInt64},
		{Unit: epoch.Nanosecond},
		{Unit: epoch.Second, Origin: 1_000_000_007},
	}
	random := rand.New(rand.NewPCG(6, 16))
	for _, text := range []string{"15m", "7h", "1d", "1w", "1mo", "1y", "100y", "1000h"} {
		for _, zone := range []string{"UTC", "Europe/Berlin"} {
			s := parsed(t, text, zone)
			wide := gridAt(t, s, secondsFrom1)
			for _, clock := range clocks {
				grid := gridAt(t, s, clock)
				for i := range 300 {
					stamp := grid.firstValid + random.Uint64N(grid.lastValid-grid.firstValid)
					switch i {
					case 0:
						stamp = grid.firstValid
					case 1:
						stamp = grid.lastValid
					}
					second := clock.Time(stamp).Unix()
					start, end := grid.Times(grid.Span(stamp))
					wantStart, wantEnd := wide.Times(wide.Span(uint64(second - secondsFrom1.Origin)))
					require.Equal(t, [2]string{wantStart.Format(time.RFC3339), wantEnd.Format(time.RFC3339)}, [2]string{start.Format(time.RFC3339), end.Format(time.RFC3339)},
						"%s in %s, clock %v, at %s", text, zone, clock, clock.Time(stamp))
				}
			}
		}
	}
}
