package report

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// Before standard time, offsets have seconds, for which RFC 3339 has no place.
func TestTheTextOfATimeIsThatOfItsInstant(t *testing.T) {
	for zone, want := range map[string][2]string{
		"Africa/Monrovia":  {"1960-05-01T11:16:00-00:44", "1960-05-01 11:15:30.000000005 -00:44:30"},
		"Europe/Amsterdam": {"1930-05-01T12:20:00+00:20", "1930-05-01 12:19:32.000000005 +00:19:32"},
		"Asia/Tokyo":       {"1930-05-01T21:00:00+09:00", "1930-05-01 21:00:00.000000005 +09:00"},
		"UTC":              {"1930-05-01T12:00:00Z", "1930-05-01 12:00:00.000000005 +00:00"},
	} {
		location, err := time.LoadLocation(zone)
		require.NoError(t, err)
		year := 1930
		if zone == "Africa/Monrovia" {
			year = 1960
		}
		at := time.Date(year, 5, 1, 12, 0, 0, 5, time.UTC)
		text := Time(at.In(location))
		parsed, err := time.Parse(time.RFC3339Nano, text)
		require.NoError(t, err)
		require.True(t, parsed.Equal(at), "%s: %s", zone, text)
		require.Equal(t, want[0][:19]+".000000005"+want[0][19:], text)
		require.Equal(t, want[1], shown(at.In(location), "2006-01-02 15:04:05.999999999 -07:00"))
		for year := 1800; year < 2100; year += 7 {
			for month := time.January; month <= time.December; month++ {
				start := time.Date(year, month, 1, 0, 0, 0, 0, location)
				parsed, err := time.Parse(time.RFC3339Nano, Time(start))
				require.NoError(t, err)
				require.True(t, parsed.Equal(start))
				require.Equal(t, start.Format(time.DateOnly), Time(start)[:len(time.DateOnly)])
			}
		}
	}
}
