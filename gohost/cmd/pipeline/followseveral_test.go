package main

import (
	"io"
	"math/rand/v2"
	"net"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// sends serves a text on a socket once, and returns its name for --follow.
func sends(t *testing.T, text string) string {
	t.Helper()
	listener, err := net.Listen("unix", filepath.Join(t.TempDir(), "socket"))
	require.NoError(t, err)
	t.Cleanup(func() { _ = listener.Close() })
	go func() {
		conn, err := listener.Accept()
		if err == nil {
			_, _ = io.WriteString(conn, text)
			_ = conn.Close()
		}
	}()
	return "unix:" + listener.Addr().String()
}

// No point of several inputs is late because another input is ahead.
func TestFollowSeveralInputs(t *testing.T) {
	const header = "time,host,value\n"
	random := rand.New(rand.NewPCG(5, 5))
	one, two, three := keyedPoints(random, 0, 20_000, 3), keyedPoints(random, 5000, 20_000, 3), keyedPoints(random, 20_000, 5000, 3)
	want := pipeline(t, header+one+two+three, "run", "-", "--group-by", "host", "-w", "1h", "-o", "csv")
	require.Equal(t, 0, want.status, want.err)
	got := pipeline(t, header+one, "run", "--follow", "-", sends(t, header+two), sends(t, asNDJSON(three)), "--group-by", "host", "-w", "1h", "-o", "csv", "--disorder", "30s")
	require.Equal(t, 0, got.status, got.err)
	require.Equal(t, lines(want.out), withoutRevisions(lines(got.out)))
	require.True(t, strings.HasPrefix(got.err, "the end: 45,000 points, 0 late, 21 windows printed"), got.err)

	got = pipeline(t, "", "run", "--follow", "-", sends(t, ""))
	require.Equal(t, 1, got.status)
	require.Contains(t, got.err, "the input is empty")

	// An error names its input, and ends the others.
	forever, writer := io.Pipe()
	defer writer.Close()
	f, _ := newFollowing(t, &runCommand{More: []string{sends(t, "time,value\n1,1\n2,x\n")}})
	err := f.run(t.Context(), streams{in: forever, out: io.Discard, err: io.Discard})
	require.ErrorContains(t, err, f.More[0]+": line 3, column 3")
}

// An input that is quiet is left out, and once all are, the clock decides.
func TestFollowSeveralInputsOfWhichOneIsQuiet(t *testing.T) {
	f, clock := newFollowing(t, &runCommand{IdleTimeout: time.Minute, More: []string{"tcp:"}})
	in, points := io.Pipe()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	defer listener.Close()
	f.More = []string{"tcp:" + listener.Addr().String()} // it accepts, and sends nothing
	out, done := &lockedBuffer{}, make(chan error, 1)
	go func() { done <- f.run(t.Context(), streams{in: in, out: out, err: io.Discard}) }()
	conn, err := listener.Accept()
	require.NoError(t, err)
	_, err = io.WriteString(points, "time,value\n1,1\n3601,2\n")
	require.NoError(t, err)
	f.taken(t, 2)
	require.NoError(t, f.tick())
	require.Empty(t, out.String(), "the other one may have points")
	clock.add(61 * time.Second)
	_, err = io.WriteString(points, "3602,2\n")
	require.NoError(t, err)
	f.taken(t, 3)
	require.NoError(t, f.tick())
	require.Len(t, lines(out.String()), 2)
	clock.add(2 * time.Hour)
	require.NoError(t, f.tick())
	require.Len(t, lines(out.String()), 3)
	require.NoError(t, points.Close())
	require.NoError(t, conn.Close())
	require.NoError(t, <-done, "one of them had points")
}

// An input that has ended is not waited for again once all were quiet.
func TestFollowSeveralInputsOfWhichOneHasEnded(t *testing.T) {
	f, clock := newFollowing(t, &runCommand{IdleTimeout: time.Minute, More: []string{sends(t, "time,value\n1,1\n")}})
	in, points := io.Pipe()
	out, done := &lockedBuffer{}, make(chan error, 1)
	go func() { done <- f.run(t.Context(), streams{in: in, out: out, err: io.Discard}) }()
	_, err := io.WriteString(points, "time,value\n2,2\n")
	require.NoError(t, err)
	f.taken(t, 2)
	require.Eventually(t, func() bool {
		f.mu.Lock()
		defer f.mu.Unlock()
		return f.ended[f.More[0]]
	}, time.Minute, time.Millisecond)
	clock.add(2 * time.Minute)
	require.NoError(t, f.tick())
	require.Empty(t, out.String())
	_, err = io.WriteString(points, "3601,3\n")
	require.NoError(t, err)
	f.taken(t, 3)
	f.mu.Lock()
	require.Len(t, lines(out.String()), 2, "the first hour is complete")
	f.mu.Unlock()
	require.NoError(t, points.Close())
	require.NoError(t, <-done)
}
