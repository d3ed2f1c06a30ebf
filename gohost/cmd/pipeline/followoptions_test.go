package main

import (
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"example.org/compute-pipeline/gohost/cmd/pipeline/internal/checkpoint"
)

// wideRows returns rows of two keys and two values, the n-th at n seconds or a bit before. Some are bad, and some
// values missing. If late is positive, one in so many is hours late.
func wideRows(random *rand.Rand, from, n, late int) string {
	var text strings.Builder
	for i := from; i < from+n; i++ {
		at := max(0, i-random.IntN(30))
		if late > 0 && random.IntN(late) == 0 {
			at = max(0, at-8000)
		}
		cell := func() string {
			switch random.IntN(40) {
			case 0:
				return "NA"
			case 1:
				return ""
			}
			return strconv.FormatFloat(random.NormFloat64(), 'g', -1, 64)
		}
		if random.IntN(50) == 0 {
			fmt.Fprintf(&text, "%d,host-%d,x,oops %d,1\n", at, random.IntN(5), i)
			continue
		}
		fmt.Fprintf(&text, "%d,host-%d,%c,%s,%s\n", at, random.IntN(5), 'x'+rune(random.IntN(2)), cell(), cell())
	}
	return text.String()
}

const wideHeader = "time,host,part,a,b\n"

var wideArgs = []string{"--group-by", "host,part", "--value-column", "b", "--value-column", "a", "--missing", "skip"}

// Windows of several series, with all statistics, that are printed as they close are those of a run over the whole.
func TestFollowHasAllThatARunHas(t *testing.T) {
	text := wideHeader + wideRows(rand.New(rand.NewPCG(7, 7)), 1_711_760_000, 6000, 0) // a night in which clocks change
	for _, args := range [][]string{
		{"-w", "1h", "--tz", "Europe/Berlin"},
		{"-w", "1d", "--tz", "Europe/Berlin", "--stat", "count,median,p99.9,q0.25,sum,first_value,last_value,rate", "-o", "ndjson"},
		{"-w", "7d/1d", "--tz", "Europe/Berlin", "--sample"},
		{"-w", "3h/1h", "--tz", "Asia/Kolkata", "--stat", "variance,last,rate"},
		{"-w", "3mo/1mo"},
		{"-w", "45m/15m", "--stat", "mean,p50"},
		{"-w", "1y/1q", "--tz", "America/New_York"},
		{"-w", "session:2m"},
		{"-w", "session:20s", "--sample", "--stat", "count,stddev,median,first,first_value,rate"},
		{"-w", "all", "--stat", "median,rate"},
	} {
		args = append(slices.Concat([]string{"-o", "csv", "--bad", "skip:10000"}, wideArgs), args...)
		want := pipeline(t, text, append([]string{"run", "-"}, args...)...)
		require.Equal(t, 0, want.status, want.err)
		got := pipeline(t, text, append([]string{"run", "--follow", "-", "--disorder", "30s"}, args...)...)
		require.Equal(t, 0, got.status, got.err)
		rows := lines(got.out)
		for i, row := range rows {
			rows[i] = strings.Replace(strings.TrimSuffix(strings.TrimSuffix(row, ",0"), ",revision"), `,"revision":0}`, "}", 1)
		}
		require.Len(t, rows, len(lines(want.out)))
		require.ElementsMatch(t, lines(want.out), rows, args)
		if slices.Contains(args, "1h") {
			require.Equal(t, lines(want.out), rows, "windows of one length are in the order of a run")
		}
		left := want.err[strings.Index(want.err, "note: ") : strings.Index(want.err, "left out: bad")+len("left out: bad")]
		require.Contains(t, left, "values left out: missing")
		require.Contains(t, got.err, left)
	}
}

// Sliding windows that begin before 1970 are not in a stream, which says so.
func TestFollowNotesWindowsThatAreLeftOut(t *testing.T) {
	const text = "time,value\n90000,1\n700000,2\n"
	for window, want := range map[string]bool{"7d/1d": true, "700h/100h": true, "1d": false, "2d/1d": false} {
		got := pipeline(t, text, "run", "--follow", "-", "-w", window, "-o", "csv")
		require.Equal(t, 0, got.status, got.err)
		require.Equal(t, want, strings.Contains(got.err, "note: windows that begin before 1970-01-01T"), "%s: %s", window, got.err)
	}
}

func TestFollowTablesHaveTheChosenStatistics(t *testing.T) {
	const text = "time,k,l,a,b\n1,x,y,1,2\n3,x,y,4,NA\n3601,x,,2,2\n"
	got := pipeline(t, text, "run", "--follow", "-", "--group-by", "k,l", "--value-column", "a", "--value-column", "b", "--missing", "skip",
		"-w", "1h", "--stat", "count,median,rate,last")
	require.Equal(t, 0, got.status, got.err)
	require.Equal(t, `k                 l                 column            window start (UTC)        count        median          rate                 last
x                 y                 a                 1970-01-01 00:00              2           2.5           1.5  1970-01-01 00:00:03
x                 y                 b                 1970-01-01 00:00              1             2             -  1970-01-01 00:00:01
x                                   a                 1970-01-01 01:00              1             2             -  1970-01-01 01:00:01
x                                   b                 1970-01-01 01:00              1             2             -  1970-01-01 01:00:01
`, got.out)
	require.Contains(t, got.err, "up to 2 series of k,l at a time\n")
}

// More bad records than allowed end the run. Those that a checkpoint has count.
func TestFollowCountsBadRecordsAcrossRestarts(t *testing.T) {
	dir := t.TempDir()
	path, state := filepath.Join(dir, "log.csv"), filepath.Join(dir, "state")
	appendTo(t, path, "time,value\n1,1\nx,1\n3700,3\n")
	f := follow(t, "--checkpoint", state, "--bad", "skip:2", path)
	f.line(t)
	f.line(t)
	f.interrupt(t)
	require.Contains(t, f.errs.String(), "note: 1 record left out: bad\n")
	appendTo(t, path, "y,1\n7300,1\n")
	f = follow(t, "--checkpoint", state, "--bad", "skip:2", path)
	f.line(t)
	f.interrupt(t)
	require.Contains(t, f.errs.String(), "note: 2 records left out: bad\n")
	appendTo(t, path, "z,1\n7301,1\n")
	again := []string{"run", "--follow", "-w", "1h", "--disorder", "30s", "--checkpoint", state, path}
	got := pipeline(t, "", append(again, "--bad", "skip:2")...)
	require.Equal(t, 1, got.status)
	require.Contains(t, got.err, "line 7, column 1")
	require.Contains(t, got.err, "(2 bad records were left out before, the max of --bad)")
	got = pipeline(t, "", append(again, "--missing", "skip")...)
	require.Equal(t, 1, got.status)
	require.Contains(t, got.err, "its label is")
	got = pipeline(t, "", append(again, "--stat", "median")...)
	require.Equal(t, 1, got.status)
	require.Contains(t, got.err, "its label is")
}

// A process that is killed at any moment goes on with no count, and no line of its files, lost or twice.
func TestKilledRunsGoOnWithTheirFiles(t *testing.T) {
	kills := 5
	if n, err := strconv.Atoi(os.Getenv("COMPUTE_PIPELINE_KILLS")); err == nil {
		kills = n
	}
	random := rand.New(rand.NewPCG(4, 4))
	dir := t.TempDir()
	path := filepath.Join(dir, "log.csv")
	args := func(name string) []string {
		return slices.Concat(wideArgs, []string{
			"--lateness", "10m", "--stat", "count,mean,median,rate",
			"--bad", "quarantine:" + filepath.Join(dir, name+".bad"), "--late", filepath.Join(dir, name+".late"),
		})
	}
	run := func() *follower {
		return follow(t, append(args("killed"), "--checkpoint", filepath.Join(dir, "state"), path)...)
	}
	written := wideHeader
	appendTo(t, path, written)
	printed := map[string]bool{}
	at := 0
	for range kills {
		f := run()
		for range random.IntN(12) {
			more := wideRows(random, at, 1000, 200)
			at += 1000
			appendTo(t, path, more)
			written += more
			time.Sleep(time.Duration(random.IntN(60)) * time.Millisecond)
		}
		require.NoError(t, f.Process.Signal(syscall.SIGKILL))
		out, err := io.ReadAll(f.out)
		require.NoError(t, err)
		require.Error(t, f.Wait())
		require.NotContains(t, f.errs.String(), "pipeline:")
		for _, line := range lines(string(out)) {
			printed[line] = true
		}
	}
	// The first of these is the last window that is printed.
	end := fmt.Sprintf("%d,last,x,1,1\n%d,last,x,1,1\n", at+7200, at+14400)
	appendTo(t, path, end)
	written += end
	f := run()
	for line := ""; !strings.HasPrefix(line, "last,x,a"); {
		line = f.line(t)
		printed[line] = true
	}
	f.interrupt(t)
	whole := pipeline(t, written, slices.Concat([]string{"run", "--follow", "-o", "csv", "-w", "1h", "--disorder", "30s", "-"}, args("whole"))...)
	require.Equal(t, 0, whole.status, whole.err)
	read := func(name string) string { return string(readFile(t, filepath.Join(dir, name))) }
	require.NotEmpty(t, read("whole.bad"))
	require.Greater(t, len(lines(read("whole.late"))), 1)
	sameLines(t, read("whole.late"), read("killed.late"))
	sameLines(t, strings.ReplaceAll(read("whole.bad"), "standard input", path), read("killed.bad"))
	notes := whole.err[strings.Index(whole.err, "note: "):]
	require.Contains(t, notes, "left out: missing")
	require.Contains(t, f.errs.String(), notes)
	want := map[string]bool{"": true}
	for _, line := range lines(whole.out) {
		want[line] = true
	}
	for line := range printed {
		require.Contains(t, want, line)
	}
	delete(want, "")
	open := 0
	for line := range want {
		if !printed[line] {
			open++
		}
	}
	require.Equal(t, 2, open, "the last window of both columns is open")
}

func sameLines(t *testing.T, want, got string) {
	t.Helper()
	a, b := lines(want), lines(got)
	for i := range min(len(a), len(b)) {
		require.Equal(t, a[i], b[i], "line %d", i+1)
	}
	require.Len(t, b, len(a))
}

// Files that somebody has moved or changed are not cut off.
func TestFollowDoesNotCutOffFilesOfOthers(t *testing.T) {
	dir := t.TempDir()
	path, state, bad := filepath.Join(dir, "log.csv"), filepath.Join(dir, "state"), filepath.Join(dir, "bad")
	appendTo(t, path, "time,value\nx,1\n1,1\n3700,3\n")
	args := []string{"--checkpoint", state, "--bad", "quarantine:" + bad, path}
	f := follow(t, args...)
	f.line(t)
	f.line(t)
	f.interrupt(t)
	require.Len(t, lines(string(readFile(t, bad))), 1)
	// What was added after the checkpoint is removed.
	appendTo(t, bad, "half a ro")
	appendTo(t, path, "y,1\n7300,3\n")
	f = follow(t, args...)
	f.line(t)
	f.interrupt(t)
	require.Len(t, lines(string(readFile(t, bad))), 2)
	require.NotContains(t, string(readFile(t, bad)), "half a ro")
	require.NotContains(t, f.errs.String(), "may be there twice")
	// Another file keeps what it has.
	other := strings.Repeat("something of somebody else\n", 100)
	require.NoError(t, os.WriteFile(bad, []byte(other), 0o600))
	appendTo(t, path, "z,1\n11000,3\n")
	f = follow(t, args...)
	f.line(t)
	f.interrupt(t)
	require.True(t, strings.HasPrefix(string(readFile(t, bad)), other+"{"))
	require.Contains(t, f.errs.String(), "is not what the run before wrote")
	// One that takes its name while the run goes on is not known to the checkpoint.
	appendTo(t, path, "w,1\n14500,3\n")
	f = follow(t, args...)
	f.line(t)
	require.NoError(t, os.Rename(bad, bad+".1"))
	require.NoError(t, os.WriteFile(bad, []byte(strings.Repeat(other, 3)), 0o600))
	appendTo(t, path, "v,1\n18100,3\n")
	f.line(t)
	f.interrupt(t)
	appendTo(t, path, "u,1\n21700,3\n")
	f = follow(t, args...)
	f.line(t)
	f.interrupt(t)
	require.True(t, strings.HasPrefix(string(readFile(t, bad)), strings.Repeat(other, 3)+"{"))
	require.Contains(t, string(readFile(t, bad+".1")), `"record":"v,1`)
	require.NoError(t, os.WriteFile(bad, []byte("no line"), 0o600))
	got := pipeline(t, "", append([]string{"run", "--follow", "-w", "1h", "--disorder", "30s"}, args...)...)
	require.Equal(t, 2, got.status)
	require.Contains(t, got.err, "ends within a row")
	require.Equal(t, "no line", string(readFile(t, bad)))
	got = pipeline(t, "", "run", "--follow", "-", "--late", bad, "--bad", "quarantine:"+dir+"/./bad")
	require.Equal(t, 2, got.status)
	require.Contains(t, got.err, "--late and --bad quarantine name one file")
	got = pipeline(t, "", "run", "--follow", path, "--bad", "quarantine:"+path)
	require.Equal(t, 2, got.status)
	require.Contains(t, got.err, "is an input, which it would change")
}

// A checkpoint of a program that knew neither counts nor files is read right.
func TestCheckpointsWithoutCounts(t *testing.T) {
	dir := t.TempDir()
	path, state := filepath.Join(dir, "log.csv"), filepath.Join(dir, "state")
	require.NoError(t, os.WriteFile(path, readFile(t, "testdata/followed.csv"), 0o600))
	require.NoError(t, os.WriteFile(state, readFile(t, "testdata/followed.checkpoint"), 0o600))
	old, found, err := checkpoint.Read(state)
	require.NoError(t, err)
	require.True(t, found)
	require.Zero(t, old.Counts)
	appendTo(t, path, "x,b,1\n7300,b,1\n")
	f := follow(t, "--group-by", "host", "--checkpoint", state, "--bad", "skip:1", path)
	require.Contains(t, f.line(t), "b,1970-01-01T01:00:00Z,1970-01-01T02:00:00Z,2,3.5,")
	f.interrupt(t)
	require.Contains(t, f.errs.String(), "goes on after 4 points\n")
	require.Contains(t, f.errs.String(), "note: 1 record left out: bad\n")
}
