package main

import (
	"math"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"example.org/compute-pipeline/gohost"
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

func TestChosenStatistics(t *testing.T) {
	const points = "time,value\n2024-01-01T00:10:00Z,1\n2024-01-01T00:20:00Z,2\n2024-01-01T02:05:00Z,4\n"
	run := func(args ...string) string {
		res := pipeline(t, points, append([]string{"run", "-"}, args...)...)
		require.Equal(t, 0, res.status, res.err)
		return res.out
	}
	require.Equal(t, "start,end,mean,count\n2024-01-01T00:00:00Z,2024-01-01T01:00:00Z,1.5,2\n2024-01-01T02:00:00Z,2024-01-01T03:00:00Z,4,1\n",
		run("-w", "1h", "-o", "csv", "--stat", "mean,count"))
	require.Equal(t, `{"start":"2024-01-01T00:00:00Z","end":"2024-01-01T01:00:00Z","sum":3,"max":2}
{"start":"2024-01-01T01:00:00Z","end":"2024-01-01T02:00:00Z","sum":0,"max":null}
{"start":"2024-01-01T02:00:00Z","end":"2024-01-01T03:00:00Z","sum":4,"max":4}
`, run("-w", "1h", "-o", "ndjson", "--stat", "sum,max", "--fill", "null"))
	require.Equal(t, `window start (Asia/Kolkata)  count  mean  trend
2024-01-01 05:00+05:30           2   1.5  ▄
2024-01-01 07:00+05:30           1   4.0  ▁█
`, run("-w", "1h", "--stat", "count,mean", "--tz", "Asia/Kolkata", "--spark"))
	require.Equal(t, `| window start (UTC) | count | mean |
| ------------------ | ----: | ---: |
| 2024-01-01 00:00   |     2 |  1.5 |
| 2024-01-01 02:00   |     1 |  4.0 |
`, run("-w", "1h", "--stat", "count,mean", "-o", "markdown"))
}

// Statistics that the engine has not: the values are by hand.
func TestStatisticsBesideTheEngines(t *testing.T) {
	const points = `time,value,key
2024-01-01T00:00:00Z,1,a
2024-01-01T00:00:10Z,2,a
2024-01-01T00:00:20Z,4,a
2024-01-01T00:00:20Z,9,a
2024-01-01T00:00:05Z,3,b
`
	for _, memory := range []string{"1", "1024"} {
		res := pipeline(t, points, "run", "-", "-o", "csv", "-w", "1d", "--group-by", "key", "--memory", memory, "--sample",
			"--stat", "count,first_value,last_value,rate,median,p25,q1,variance,stddev")
		require.Equal(t, 0, res.status, res.err)
		require.Equal(t, `key,start,end,count,first_value,last_value,rate,median,p25,q1,variance_sample,stddev_sample
a,2024-01-01T00:00:00Z,2024-01-02T00:00:00Z,4,1,9,0.4,3,1.75,9,12.666666666666666,3.559026084010437
b,2024-01-01T00:00:00Z,2024-01-02T00:00:00Z,1,3,3,,3,3,3,,
`, res.out)
	}
	res := pipeline(t, points, "run", "-", "-w", "3h/1h", "-o", "csv", "--stat", "median,first_value")
	require.Equal(t, 0, res.status, res.err)
	require.Equal(t, `start,end,median,first_value
2023-12-31T22:00:00Z,2024-01-01T01:00:00Z,3,1
2023-12-31T23:00:00Z,2024-01-01T02:00:00Z,3,1
2024-01-01T00:00:00Z,2024-01-01T03:00:00Z,3,1
`, res.out)
}

func TestFlagsOfWindowsThatDoNotApply(t *testing.T) {
	for message, args := range map[string][]string{
		"--stat: \"average\" is no statistic; expected count, mean,":                                 {"--stat", "average"},
		"--sample changes variance and stddev; --stat names neither":                                 {"--sample", "--stat", "mean"},
		"--fill null: there are no windows between those of --window all":                            {"--fill", "null", "-w", "all"},
		"--spark adds a column to -o table; the output is csv":                                       {"--spark", "-o", "csv"},
		"--fill and --spark need the whole input; they cannot be used with --follow":                 {"--follow", "--fill", "null"},
		"-o markdown needs the whole input; with --follow, expected table, json, ndjson or csv":      {"--follow", "-o", "markdown"},
		"--normalize cannot be used with --window 2h/1h":                                             {"--normalize", "-w", "2h/1h"},
		"--window: invalid input: windows of 500ms need a finer unit than that of the timestamps, s": {"-w", "500ms", "--unit", "s"},
	} {
		res := pipeline(t, "", append([]string{"run", "-"}, args...)...)
		require.Equal(t, 2, res.status, res.err)
		require.Contains(t, res.err, message)
	}
}

// The two names of lines of JSON are one format of a run that follows.
func TestFollowWritesLinesOfJSON(t *testing.T) {
	const points = "time,value\n2024-01-01T00:10:00Z,1\n2024-01-02T02:05:00Z,4\n"
	one := pipeline(t, points, "run", "--follow", "-", "-o", "json")
	two := pipeline(t, points, "run", "--follow", "-", "-o", "ndjson")
	require.Equal(t, 0, two.status, two.err)
	require.Contains(t, two.out, `{"start":"2024-01-01T00:00:00Z"`)
	require.Equal(t, one.out, two.out)
}

// The limit of the engine's memory is named with its flag.
func TestTheLimitOfMemoryNamesItsFlag(t *testing.T) {
	var text strings.Builder
	for range 200_000 {
		text.WriteString("{\"timestamp\":1,\"value\":2}\n")
	}
	res := pipeline(t, text.String(), "run", "-", "--normalize", "--memory", "2")
	require.Equal(t, 1, res.status)
	require.Contains(t, res.err, "limit reached: the arguments have no room in its memory")
	require.Contains(t, res.err, "; --memory 2 is the limit, in MiB: set a larger one")
}

// What --normalize does is what its help says.
func TestNormalizeDropsPoints(t *testing.T) {
	packed := gohost.AppendPacked(nil, gohost.Datapoint{Timestamp: 5, Value: 1}, gohost.Datapoint{Timestamp: 5, Value: math.Inf(1)}, gohost.Datapoint{Timestamp: 6, Value: math.NaN()},
		gohost.Datapoint{Timestamp: 5, Value: 70}, gohost.Datapoint{Timestamp: 1, Value: 9})
	res := pipeline(t, string(packed), "run", "-", "--format", "packed", "-o", "csv", "-w", "all", "--normalize", "--stat", "count,min,max,first,last")
	require.Equal(t, 0, res.status, res.err)
	require.Equal(t, "start,end,count,min,max,first,last\n1970-01-01T00:00:01Z,1970-01-01T00:00:05Z,2,9,70,1970-01-01T00:00:01Z,1970-01-01T00:00:05Z\n", res.out)
}
