package main

import (
	"bufio"
	"bytes"
	"fmt"
	"io"
	"math"
	"math/rand/v2"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"example.org/compute-pipeline/gohost/input"
	"example.org/compute-pipeline/gohost/internal/epoch"
	"example.org/compute-pipeline/gohost/stream"
)

// csvPoints returns rows of points, the n-th at n seconds or a bit before.
func csvPoints(random *rand.Rand, from, n int) string {
	var text strings.Builder
	for i := from; i < from+n; i++ {
		fmt.Fprintf(&text, "%d,%g\n", max(0, i-random.IntN(30)), random.NormFloat64())
	}
	return text.String()
}

// keyedPoints returns such rows of several keys, in a column between the others.
func keyedPoints(random *rand.Rand, from, n, keys int) string {
	var text strings.Builder
	for i := from; i < from+n; i++ {
		fmt.Fprintf(&text, "%d,host-%d,%g\n", max(0, i-random.IntN(30)), random.IntN(keys), random.NormFloat64())
	}
	return text.String()
}

func lines(text string) []string { return strings.Split(strings.TrimSuffix(text, "\n"), "\n") }

// withoutRevisions removes the last column.
func withoutRevisions(rows []string) []string {
	var out []string
	for _, row := range rows {
		out = append(out, row[:strings.LastIndexByte(row, ',')])
	}
	return out
}

// Windows that are printed as they close are those of a run over the whole.
func TestFollowPrintsTheWindowsOfARun(t *testing.T) {
	text := "time,value\n" + csvPoints(rand.New(rand.NewPCG(1, 1)), 0, 20_000)
	want := pipeline(t, text, "run", "-", "-w", "1h", "-o", "csv")
	require.Equal(t, 0, want.status, want.err)
	got := pipeline(t, text, "run", "--follow", "-", "-w", "1h", "-o", "csv", "--disorder", "30s")
	require.Equal(t, 0, got.status, got.err)
	require.Equal(t, lines(want.out), withoutRevisions(lines(got.out)))
	require.Equal(t, "the end: 20,000 points, 0 late, 6 windows printed\n", got.err)

	for _, window := range []string{"1d", "7d", "1mo", "all"} {
		want := pipeline(t, text, "run", "-", "-w", window, "-o", "csv")
		got := pipeline(t, text, "run", "--follow", "-", "-w", window, "-o", "csv", "--unit", "s")
		require.Equal(t, lines(want.out), withoutRevisions(lines(got.out)), window)
	}
}

func TestFollowFormats(t *testing.T) {
	const text = "{\"timestamp\":10,\"value\":1}\n{\"timestamp\":3600,\"value\":3}\n{\"timestamp\":20,\"value\":2}\n{\"timestamp\":3601,\"value\":3}\n{\"timestamp\":7201,\"value\":5}\n{\"timestamp\":30,\"value\":5}\n"
	got := pipeline(t, text, "run", "--follow", "-", "-w", "1h", "--lateness", "1h")
	require.Equal(t, 0, got.status, got.err)
	require.Equal(t, `window start (UTC)        count          mean  stddev (population)           min           max               sum
1970-01-01 00:00              1             1                    0             1             1                 1
1970-01-01 00:00              2           1.5                  0.5             1             2                 3  revision 1
1970-01-01 01:00              2             3                    0             3             3                 6
1970-01-01 02:00              1             5                    0             5             5                 5
`, got.out)
	require.Equal(t, "the end: 6 points, 1 late, 4 windows printed\n", got.err)

	got = pipeline(t, text, "run", "--follow", "-", "-w", "1h", "-o", "json")
	require.Equal(t, `{"start":"1970-01-01T00:00:00Z","end":"1970-01-01T01:00:00Z","count":1,"mean":1,"variance":0,"stddev":0,"min":1,"max":1,"sum":1,"first":"1970-01-01T00:00:10Z","last":"1970-01-01T00:00:10Z","revision":0}`, lines(got.out)[0])
	require.Equal(t, "the end: 6 points, 2 late, 3 windows printed\n", got.err)
}

// Late points are in a file, and in no window.
func TestFollowKeepsLatePoints(t *testing.T) {
	late := filepath.Join(t.TempDir(), "late.csv")
	for range 2 {
		got := pipeline(t, "time,value\n1,1\n3601,0.1\n2,-2.5\n3,3\n", "run", "--follow", "-", "-w", "1h", "-o", "csv", "--late", late)
		require.Equal(t, 0, got.status, got.err)
		require.Len(t, lines(got.out), 3)
		require.Contains(t, got.err, "2 late")
	}
	require.Equal(t, "timestamp,value\n2,-2.5\n3,3\n2,-2.5\n3,3\n", string(readFile(t, late)))
	// A row that was cut off by a kill is not mended, and nothing is appended to it.
	appendTo(t, late, "4,")
	got := pipeline(t, "", "run", "--follow", "-", "--late", late)
	require.Equal(t, 2, got.status)
	require.Contains(t, got.err, "ends within a row")
	if _, err := os.Stat("/dev/full"); err == nil {
		got := pipeline(t, "time,value\n1,1\n3601,0.1\n2,-2.5\n", "run", "--follow", "-", "-w", "1h", "--late", "/dev/full")
		require.Equal(t, 1, got.status)
		require.Contains(t, got.err, "no space left on device")
	}
}

func TestFollowRefusesWhatDoesNotFit(t *testing.T) {
	for want, args := range map[string][]string{
		"--checkpoint, --late, --disorder, --lateness and --idle-timeout need --follow": {"--disorder", "1s", "x"},
		"an input is named twice":                  {"--follow", "x", "y", "x"},
		"--checkpoint needs one file":              {"--follow", "--checkpoint", "c", "x", "y"},
		"--late: /no/such":                         {"--follow", "--late", "/no/such/file", "x"},
		"--follow cannot be used with --normalize": {"--follow", "--normalize", "x"},
		"--follow reads no compressed input":       {"--follow", "--compression", "gzip", "x"},
		"cannot be negative":                       {"--follow", "--disorder=-1s", "x"},
		"--checkpoint needs a file":                {"--follow", "--checkpoint", "c", "-"},
		"cannot be read from the middle":           {"--follow", "--checkpoint", "c", "--format", "json", "x"},
		"no such file":                             {"--follow", "/no/such/file"},
		"missing port":                             {"--follow", "tcp:nowhere"},
	} {
		got := pipeline(t, "", append([]string{"run"}, args...)...)
		require.Equal(t, 2, got.status, want)
		require.Contains(t, got.err, want)
	}
	got := pipeline(t, "time,value\n1,2\nx,3\n", "run", "--follow", "-")
	require.Equal(t, 1, got.status)
	require.Contains(t, got.err, "stopped by an error: 1 point, 0 late, 0 windows printed; 1 window is not complete and not printed\n")
	require.Contains(t, got.err, "pipeline: standard input: line 3, column 1")
	got = pipeline(t, "", "run", "--follow", "-")
	require.Equal(t, 1, got.status)
	require.Contains(t, got.err, "the input is empty")
}

// A file that is an input, by whatever name, is not written to.
func TestFollowDoesNotWriteToItsInput(t *testing.T) {
	const text = "timestamp,value\n1,1\n3601,2\n2,3\n"
	path := tempFile(t, "points.csv", []byte(text))
	link := filepath.Join(filepath.Dir(path), "link")
	require.NoError(t, os.Symlink(path, link))
	for _, name := range []string{path, filepath.Dir(path) + "/./points.csv", link} {
		for _, option := range []string{"--late", "--checkpoint"} {
			got := pipeline(t, "", "run", "--follow", path, option, name)
			require.Equal(t, 2, got.status)
			require.Contains(t, got.err, option+": "+name+" is an input")
		}
		stdin, err := os.Open(path)
		require.NoError(t, err)
		var errs bytes.Buffer
		require.Equal(t, 2, execute(t.Context(), []string{"run", "--follow", "-", "--late", name}, streams{in: stdin, out: io.Discard, err: &errs}))
		require.Contains(t, errs.String(), "is an input")
		require.NoError(t, stdin.Close())
	}
	require.Equal(t, text, string(readFile(t, path)))
	require.Len(t, files(t, filepath.Dir(path)), 2)
}

// Compressed data is not taken for packed points.
func TestCompressedDataThatIsNotDecompressed(t *testing.T) {
	text := []byte("timestamp,value\n1,1\n")
	for name, data := range map[string][]byte{"gzip": gzipped(t, text), "Zstandard": zstandard(t, text)} {
		for _, args := range [][]string{{"--follow", "-"}, {"--compression", "none", "-"}} {
			got := pipeline(t, string(data), append([]string{"run"}, args...)...)
			require.Equal(t, 1, got.status)
			require.Contains(t, got.err, "this is "+name+" data; decompress it with ")
			require.Empty(t, got.out)
		}
	}
}

// The rate is that since the last report; the lag is by the clock.
func TestFollowReportsRateAndLag(t *testing.T) {
	var out strings.Builder
	s := newFollowStatus(&out, &runCommand{inputFlags: inputFlags{Unit: epoch.Second}})
	start := s.reported
	s.continued(stream.Stats{Points: 1000})
	s.update(stream.Stats{Points: 1_001_000, Late: 1, Results: 12, Watermark: uint64(start.Unix()) - 50}, input.Counts{})
	s.report(start.Add(9 * time.Second))
	s.report(start.Add(10 * time.Second))
	s.update(stream.Stats{Points: 1_001_001, Results: 1, Watermark: math.MaxUint64}, input.Counts{Missing: 1000, Bad: 2})
	s.report(start.Add(20 * time.Second))
	require.Regexp(t, `^goes on after 1,000 points
1,001,000 points, 100000/s, 1 late, 12 windows printed, lag 1m[01]s
1,001,001 points, 0/s, 0 late, 1 window printed, 1,000 missing, 2 bad
$`, out.String())
}

func TestFollowASocket(t *testing.T) {
	for _, network := range []string{"tcp", "unix"} {
		address := "127.0.0.1:0"
		if network == "unix" {
			address = filepath.Join(t.TempDir(), "socket")
		}
		listener, err := net.Listen(network, address)
		require.NoError(t, err)
		go func() {
			conn, err := listener.Accept()
			if err == nil {
				_, _ = io.WriteString(conn, "time,value\n1,2\n3601,3\n")
				_ = conn.Close()
			}
		}()
		got := pipeline(t, "", "run", "--follow", network+":"+listener.Addr().String(), "-w", "1h", "-o", "csv")
		require.Equal(t, 0, got.status, got.err)
		require.Len(t, lines(got.out), 3)
		require.NoError(t, listener.Close())
	}
}

// A follower is a process that follows a file.
type follower struct {
	*exec.Cmd
	out  *bufio.Reader
	errs strings.Builder
}

func follow(t *testing.T, args ...string) *follower {
	t.Helper()
	f := &follower{Cmd: program(t, append([]string{"run", "--follow", "-o", "csv", "-w", "1h", "--disorder", "30s"}, args...)...)}
	out, err := f.StdoutPipe()
	require.NoError(t, err)
	f.out, f.Stderr = bufio.NewReader(out), &f.errs
	require.NoError(t, f.Start())
	return f
}

// line returns the next line that is printed.
func (f *follower) line(t *testing.T) string {
	t.Helper()
	line, err := f.out.ReadString('\n')
	if err != nil {
		require.NoError(t, f.Wait(), "%s", &f.errs)
	}
	require.NoError(t, err)
	return strings.TrimSuffix(line, "\n")
}

func (f *follower) interrupt(t *testing.T) {
	t.Helper()
	require.NoError(t, f.Process.Signal(os.Interrupt))
	_, err := io.Copy(io.Discard, f.out)
	require.NoError(t, err)
	var exit *exec.ExitError
	require.ErrorAs(t, f.Wait(), &exit)
	require.Equal(t, 130, exit.ExitCode(), f.errs.String())
}

func appendTo(t *testing.T, path, text string) {
	t.Helper()
	file, err := os.OpenFile(path, os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o600)
	require.NoError(t, err)
	_, err = file.WriteString(text)
	require.NoError(t, err)
	require.NoError(t, file.Close())
}

// A file grows, is replaced by another one with a header of its own, and is cut off. Then the run is
// interrupted, the file is replaced, and the run goes on.
func TestFollowAFileThroughRotation(t *testing.T) {
	dir := t.TempDir()
	path, state := filepath.Join(dir, "log.csv"), filepath.Join(dir, "state")
	appendTo(t, path, "time,value\n1,1\n")
	f := follow(t, "--checkpoint", state, path)
	appendTo(t, path, "2,2\n3700,3\n")
	require.Contains(t, f.line(t), "start,end,count")
	require.Contains(t, f.line(t), "1970-01-01T00:00:00Z,1970-01-01T01:00:00Z,2,1.5")
	require.NoError(t, os.Rename(path, path+".1"))
	appendTo(t, path+".1", "3800,4") // its writer is late, and its last line has no end
	appendTo(t, path, "value,time\n5,7300\n")
	require.Contains(t, f.line(t), "1970-01-01T01:00:00Z,1970-01-01T02:00:00Z,2,3.5")
	require.NoError(t, os.WriteFile(path, []byte("11000,1\n"), 0o600)) // shorter than what was read
	require.Contains(t, f.line(t), "1970-01-01T02:00:00Z,1970-01-01T03:00:00Z,1,5")
	f.interrupt(t)
	require.Contains(t, f.errs.String(), "interrupted: 6 points, 0 late, 3 windows printed; 1 window is not complete and not printed, and in "+state)

	appendTo(t, path, "11001,3\n")
	require.NoError(t, os.Rename(path, path+".2"))
	appendTo(t, path, "time,value\n14500,3\n")
	f = follow(t, "--checkpoint", state, path)
	require.Contains(t, f.line(t), "1970-01-01T03:00:00Z,1970-01-01T04:00:00Z,2,2,")
	f.interrupt(t)
	require.Contains(t, f.errs.String(), "goes on after 6 points\n")

	require.NoError(t, os.WriteFile(path, []byte("time,value\n14500,4\n14501,4\n"), 0o600))
	got := pipeline(t, "", "run", "--follow", "-w", "1h", "--checkpoint", state, path)
	require.Equal(t, 1, got.status)
	require.Contains(t, got.err, "was it changed or removed?")
}

// A process that is killed at any moment goes on without losing or doubling a point.
func TestKilledRunsGoOn(t *testing.T) {
	kills := 10
	if n, err := strconv.Atoi(os.Getenv("COMPUTE_PIPELINE_KILLS")); err == nil {
		kills = n
	}
	random := rand.New(rand.NewPCG(3, 3))
	dir := t.TempDir()
	path, state := filepath.Join(dir, "log.csv"), filepath.Join(dir, "state")
	written := "time,host,value\n"
	appendTo(t, path, written)
	printed := map[string]bool{}
	at := 0
	for range kills {
		f := follow(t, "--group-by", "host", "--checkpoint", state, path)
		// The program reads, prints and saves while the file grows.
		for range random.IntN(12) {
			more := keyedPoints(random, at, 1000, 20)
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
	last := fmt.Sprintf("%d,last,1\n", at+7200)
	appendTo(t, path, last)
	whole := pipeline(t, written, "run", "-", "-w", "1h", "-o", "csv", "--group-by", "host")
	require.Equal(t, 0, whole.status, whole.err)
	want := lines(whole.out)
	final := want[len(want)-1] + ",0"
	f := follow(t, "--group-by", "host", "--checkpoint", state, path)
	for line := ""; line != final; {
		line = f.line(t)
		printed[line] = true
	}
	f.interrupt(t)
	delete(printed, "")
	got := []string{}
	for line := range printed {
		got = append(got, line)
	}
	slices.Sort(got)
	require.Equal(t, slices.Sorted(slices.Values(want)), withoutRevisions(got))
	require.ElementsMatch(t, []string{"log.csv", "state"}, files(t, dir), "nothing is left of what was killed")
}

func TestCheckpointsThatCannotBeUsed(t *testing.T) {
	dir := t.TempDir()
	path, state := filepath.Join(dir, "log.csv"), filepath.Join(dir, "state")
	appendTo(t, path, "time,value\n1,1\n3700,3\n")
	f := follow(t, "--checkpoint", state, path)
	f.line(t)
	f.line(t)
	f.interrupt(t)
	good := readFile(t, state)
	try := func(want string, data []byte, args ...string) {
		t.Helper()
		require.NoError(t, os.WriteFile(state, data, 0o600))
		got := pipeline(t, "", append([]string{"run", "--follow", "-w", "1h", "--checkpoint", state, path}, args...)...)
		require.Equal(t, 1, got.status)
		require.Contains(t, got.err, want)
	}
	// One that cannot be written is an error, and is not said to be there.
	got := pipeline(t, "", "run", "--follow", "--checkpoint", path+"/state", path)
	require.Equal(t, 1, got.status)
	try("is not a checkpoint", nil)
	try("is not a checkpoint", []byte("something else"))
	try(`is of version "2", expected "1"`, []byte(strings.Replace(string(good), "checkpoint 1\n", "checkpoint 2\n", 1)))
	try("its checksum is wrong", good[:len(good)-1])
	try("its checksum is wrong", append(slices.Clone(good[:len(good)-1]), good[len(good)-1]^1))
	try(`its windows are "partition 1h", expected "partition 1d"`, good, "-w", "1d")
	try("its lateness is 0, expected 60", good, "--lateness", "1m")
	try("its label is", good, "--unit", "ms")
	try("its label is", good, "--value-column", "value")
	require.NoError(t, os.WriteFile(path, []byte("time,value\n1,1\n3700,4\n5000,1\n"), 0o600))
	try("was it changed or removed?", good)
}
