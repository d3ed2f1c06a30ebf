package main

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// starts returns the first, second and third column of the CSV that a run prints.
func starts(t *testing.T, input string, args ...string) []string {
	t.Helper()
	res := pipeline(t, input, append([]string{"run", "-", "-o", "csv"}, args...)...)
	require.Equal(t, 0, res.status, res.err)
	var lines []string
	for _, line := range strings.Split(strings.TrimSpace(res.out), "\n")[1:] {
		cells := strings.Split(line, ",")
		lines = append(lines, strings.Join(cells[:3], " "))
	}
	return lines
}

func TestWindowsOfAnyLength(t *testing.T) {
	const points = "time,value\n2024-01-01T00:10:00Z,1\n2024-01-01T00:20:00Z,2\n2024-01-01T02:05:00Z,4\n"
	require.Equal(t, []string{
		"2024-01-01T00:00:00Z 2024-01-01T00:15:00Z 1",
		"2024-01-01T00:15:00Z 2024-01-01T00:30:00Z 1",
		"2024-01-01T02:00:00Z 2024-01-01T02:15:00Z 1",
	}, starts(t, points, "-w", "15m"))
	require.Equal(t, []string{
		"2023-12-31T23:00:00Z 2024-01-01T01:00:00Z 2",
		"2024-01-01T00:00:00Z 2024-01-01T02:00:00Z 2",
		"2024-01-01T01:00:00Z 2024-01-01T03:00:00Z 1",
		"2024-01-01T02:00:00Z 2024-01-01T04:00:00Z 1",
	}, starts(t, points, "-w", "2h/1h"))
	require.Equal(t, []string{
		"2024-01-01T00:10:00Z 2024-01-01T00:50:00Z 2",
		"2024-01-01T02:05:00Z 2024-01-01T02:35:00Z 1",
	}, starts(t, points, "-w", "session:30m"))
	require.Equal(t, []string{"2024-01-01T00:00:00Z 2025-01-01T00:00:00Z 3"}, starts(t, points, "-w", "1y"))
}
