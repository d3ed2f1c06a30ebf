package main

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"os"
	"os/exec"
	"os/signal"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func TestAnInterruptEndsTheProgramCleanly(t *testing.T) {
	for _, c := range []struct {
		signal os.Signal
		status int
	}{{os.Interrupt, 130}, {syscall.SIGTERM, 143}, {syscall.SIGHUP, 129}} {
		if signal.Ignored(c.signal) {
			continue // the program ignores it, too
		}
		dir := t.TempDir()
		cmd := program(t, "run", "-", "--plot", dir+"/p.svg")
		stdin, err := cmd.StdinPipe()
		require.NoError(t, err)
		var out, errs strings.Builder
		cmd.Stdout, cmd.Stderr = &out, &errs
		require.NoError(t, cmd.Start())
		// More than every buffer on the way: when all of it has been taken,
		// the program is reading. Then it waits for more, which never comes.
		_, err = io.WriteString(stdin, "["+strings.Repeat(`{"timestamp":1,"value":2},`, 200_000))
		require.NoError(t, err)
		require.NoError(t, cmd.Process.Signal(c.signal))
		var exit *exec.ExitError
		require.ErrorAs(t, cmd.Wait(), &exit)
		require.Equal(t, c.status, exit.ExitCode())
		require.Empty(t, out.String())
		require.Empty(t, errs.String())
		require.Empty(t, files(t, dir))
	}
}

// To open a pipe waits for its writer, and an interrupt ends that as it ends a read.
func TestAnInterruptEndsTheWaitForTheWriterOfAPipe(t *testing.T) {
	pipe := t.TempDir() + "/pipe"
	require.NoError(t, syscall.Mkfifo(pipe, 0o600))
	for _, args := range [][]string{{"run", pipe}, {"run", pipe, "--explain"}, {"detect", pipe}} {
		ctx, cancel := context.WithCancelCause(t.Context())
		time.AfterFunc(200*time.Millisecond, func() { cancel(interrupted{syscall.SIGTERM}) }) // when it waits, most likely
		var out, errs strings.Builder
		require.Equal(t, 143, execute(ctx, args, streams{in: strings.NewReader(""), out: &out, err: &errs}), args)
		require.Empty(t, out.String()+errs.String(), args)
	}
	writer, err := os.OpenFile(pipe, os.O_RDWR, 0) // ends the waits that are left
	require.NoError(t, err)
	require.NoError(t, writer.Close())
}

func TestAClosedPipeIsNoNoise(t *testing.T) {
	reader, writer, err := os.Pipe()
	require.NoError(t, err)
	require.NoError(t, reader.Close())
	cmd := program(t, "run", "testdata/points.json")
	var errs strings.Builder
	cmd.Stdout, cmd.Stderr = writer, &errs
	require.Error(t, cmd.Run())
	require.NoError(t, writer.Close())
	require.Empty(t, errs.String())
}

// peakMemory runs the program on points that write makes, and returns the most
// memory that it had, in bytes.
func peakMemory(t *testing.T, write func(w *bufio.Writer), args ...string) int64 {
	t.Helper()
	cmd := program(t, append([]string{"run", "-"}, args...)...)
	// Do not let the collector be lazy: what is alive is the question.
	cmd.Env = append(cmd.Env, "GOGC=50")
	stdin, err := cmd.StdinPipe()
	require.NoError(t, err)
	var errs strings.Builder
	cmd.Stderr = &errs
	require.NoError(t, cmd.Start())
	w := bufio.NewWriterSize(stdin, 1<<20)
	write(w)
	require.NoError(t, w.Flush())
	require.NoError(t, stdin.Close())
	require.NoError(t, cmd.Wait(), "%s", &errs)
	usage, ok := cmd.ProcessState.SysUsage().(*syscall.Rusage)
	require.True(t, ok)
	return usage.Maxrss << 10 // Linux counts KiB
}

func TestMemoryDoesNotGrowWithTheInput(t *testing.T) {
	const points = 1000 // in a block, which is written again and again
	for format, parts := range map[string]struct{ before, point, between, after string }{
		"json":   {"[", `{"timestamp":%d,"value":%g}`, ",", "]"},
		"ndjson": {"", `{"timestamp":%d,"value":%g}`, "\n", ""},
		"csv":    {"time,value\n", "%d,%g", "\n", ""},
	} {
		lines := make([]string, points)
		for i := range lines {
			lines[i] = fmt.Sprintf(parts.point, 1262304000+i*30000, float64(i)/8)
		}
		block := strings.Join(lines, parts.between)
		input := func(blocks int) func(w *bufio.Writer) {
			return func(w *bufio.Writer) {
				fmt.Fprint(w, parts.before, block)
				for range blocks - 1 {
					fmt.Fprint(w, parts.between, block)
				}
				fmt.Fprint(w, parts.after)
			}
		}
		peakMemory(t, input(1)) // so that the engine is in the cache, compiled
		small := peakMemory(t, input(50))
		large := peakMemory(t, input(1000)) // 16 MB of points, 16 to 40 MB of text
		require.Less(t, large-small, int64(growth), "%s: %d against %d bytes", format, large, small)
		t.Logf("%s: %d KiB for 50,000 points, %d KiB for 1,000,000", format, small>>10, large>>10)
	}
}

// A following forgets windows as they close, and points as they are folded.
func TestMemoryOfAFollowingDoesNotGrow(t *testing.T) {
	points := func(n int) func(w *bufio.Writer) {
		return func(w *bufio.Writer) {
			fmt.Fprintln(w, "time,value")
			for i := range n {
				fmt.Fprintf(w, "%d,%d\n", i*60, i%100)
			}
		}
	}
	peakMemory(t, points(10), "--follow") // so that the engine is in the cache, compiled
	small := peakMemory(t, points(50_000), "--follow", "-w", "1h")
	large := peakMemory(t, points(1_000_000), "--follow", "-w", "1h")
	require.Less(t, large-small, int64(growth), "%d against %d bytes", large, small)
}
