package main

import (
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// Bad records at the end of a file that is replaced, or after the last point before an interrupt, count once.
func TestFollowCountsThroughRotation(t *testing.T) {
	dir := t.TempDir()
	path, bad := filepath.Join(dir, "log.csv"), filepath.Join(dir, "bad")
	args := []string{"--checkpoint", filepath.Join(dir, "state"), "--bad", "quarantine:" + bad, "--missing", "skip", path}
	records := func() (texts []string) {
		for _, line := range lines(string(readFile(t, bad))) {
			_, record, _ := strings.Cut(line, `"record":"`)
			texts = append(texts, record[:1])
		}
		return texts
	}
	waitFor := func(n int) {
		require.Eventually(t, func() bool {
			data, err := os.ReadFile(bad)
			return err == nil && strings.Count(string(data), "\n") == n
		}, time.Minute, 5*time.Millisecond)
	}
	appendTo(t, path, "time,value\n1,1\na,1\n3700,NA\n3700,1\n")
	f := follow(t, args...)
	f.line(t)
	f.line(t)
	appendTo(t, path, "b,1\n2,\nc,1\n")
	waitFor(3)
	f.interrupt(t)
	for _, want := range []string{"note: 2 values left out: missing\n", "note: 3 records left out: bad\n"} {
		require.Contains(t, f.errs.String(), want)
	}
	for i, record := range []string{"d", "e"} { // what has no points after it is read again, and counts once
		appendTo(t, path, record+",1\n")
		f = follow(t, args...)
		waitFor(4 + i)
		f.interrupt(t)
		require.Equal(t, []string{"a", "b", "c", "d", "e"}[:4+i], records())
		require.Contains(t, f.errs.String(), fmt.Sprintf("note: %d records left out: bad\n", 4+i))
	}
	appendTo(t, path, "f,1\n")
	f = follow(t, args...)
	waitFor(6)
	require.NoError(t, os.Rename(path, path+".1"))
	appendTo(t, path+".1", "g,1\n") // its writer is late
	appendTo(t, path, "time,value\nh,1\n")
	waitFor(8)
	f.interrupt(t)
	require.Contains(t, f.errs.String(), "note: 8 records left out: bad\n")
	appendTo(t, path, "7300,2\ni,1\n")
	f = follow(t, args...)
	require.Contains(t, f.line(t), "1970-01-01T01:00:00Z,1970-01-01T02:00:00Z,1,1,")
	waitFor(9)
	f.interrupt(t)
	require.Equal(t, strings.Split("abcdefghi", ""), records())
	require.Contains(t, f.errs.String(), "note: 2 values left out: missing\nnote: 9 records left out: bad\n")
}

// Several inputs share the counts and the quarantine.
func TestFollowSeveralInputsWithBadRecords(t *testing.T) {
	random := rand.New(rand.NewPCG(6, 6))
	bad := filepath.Join(t.TempDir(), "bad")
	one, two := wideHeader+wideRows(random, 0, 4000, 0), wideHeader+wideRows(random, 3000, 4000, 0)
	args := slices.Concat(wideArgs, []string{"-w", "1h", "-o", "csv", "--disorder", "30s"})
	got := pipeline(t, one, append([]string{"run", "--follow", "-", sends(t, two), "--bad", "quarantine:" + bad}, args...)...)
	require.Equal(t, 0, got.status, got.err)
	n := strings.Count(one+two, "oops")
	require.Len(t, lines(string(readFile(t, bad))), n)
	require.Contains(t, got.err, "note: "+count(uint64(n), "record")+" left out: bad\n")
	whole := pipeline(t, one+strings.TrimPrefix(two, wideHeader), append([]string{"run", "-", "--bad", "skip:1000"}, args[:len(args)-2]...)...)
	require.Equal(t, 0, whole.status, whole.err)
	require.ElementsMatch(t, lines(whole.out), withoutRevisions(lines(strings.Replace(got.out, "last,revision", "last,revision", 1))))
	got = pipeline(t, one, append([]string{"run", "--follow", "-", sends(t, two), "--bad", "skip:20"}, args...)...)
	require.Equal(t, 1, got.status)
	require.Contains(t, got.err, "(20 bad records were left out before, the max of --bad)")
}
