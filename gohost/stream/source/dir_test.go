package source_test

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"example.org/compute-pipeline/gohost/stream/internal/sourcetest"
	"example.org/compute-pipeline/gohost/stream/source"
)

func open(t testing.TB, dir, partition string) source.Session {
	t.Helper()
	s, err := source.Dir(dir).Open(t.Context(), partition)
	require.NoError(t, err)
	return s
}

func load(t testing.TB, s source.Session) string {
	t.Helper()
	data, err := s.Load(t.Context())
	require.NoError(t, err)
	return string(data)
}

func TestDir(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "made", "for it")
	names := []string{"a", "A.b", "a/../b", "kafka:topic/3", "ä*:\x00", strings.Repeat("long", 100), strings.Repeat("long", 100) + "er", ""}
	for i, name := range names {
		s := open(t, dir, name)
		require.Empty(t, load(t, s))
		for j := range 3 {
			require.NoError(t, s.Save(t.Context(), fmt.Append(nil, i, j)))
		}
		require.NoError(t, s.Close())
	}
	for i, name := range names {
		require.Equal(t, fmt.Sprint(i, 2), load(t, open(t, dir, name)))
	}
	entries, err := os.ReadDir(dir)
	require.NoError(t, err)
	require.Len(t, entries, 2*len(names))
}

func TestASessionThatIsTooLateIsFenced(t *testing.T) {
	dir := t.TempDir()
	old := open(t, dir, "p")
	require.Empty(t, load(t, old))
	require.NoError(t, old.Save(t.Context(), []byte("1")))
	late := open(t, dir, "p") // has not loaded yet
	for _, state := range []string{"2", "3", "4"} {
		s := open(t, dir, "p")
		require.NotEmpty(t, load(t, s))
		require.NoError(t, s.Save(t.Context(), []byte(state)))
	}
	// The revision that it would make was removed, and is not made again.
	require.ErrorIs(t, old.Save(t.Context(), []byte("old")), source.ErrFenced)
	require.Equal(t, "4", load(t, late))
	require.NoError(t, late.Save(t.Context(), []byte("5")))
	require.Equal(t, "5", load(t, open(t, dir, "p")))
	entries, err := os.ReadDir(dir)
	require.NoError(t, err)
	require.Len(t, entries, 2, "the last one and that before")
}

// Of sessions that save at the same time, one does so for each revision.
func TestSessionsAtTheSameTime(t *testing.T) {
	dir := t.TempDir()
	const sessions, saves = 4, 50
	var all sync.WaitGroup
	var stored sync.Map
	for range sessions {
		all.Go(func() {
			for done := 0; done < saves; {
				s, err := source.Dir(dir).Open(t.Context(), "p")
				if !assert.NoError(t, err) {
					return
				}
				data, err := s.Load(t.Context())
				if !assert.NoError(t, err) {
					return
				}
				n, _ := strconv.Atoi(string(data))
				if err = s.Save(t.Context(), fmt.Append(nil, n+1)); err == nil {
					done++
					_, twice := stored.LoadOrStore(n+1, true)
					assert.False(t, twice, n+1)
				} else if !assert.ErrorIs(t, err, source.ErrFenced) {
					return
				}
			}
		})
	}
	all.Wait()
	// One that is stored can be followed by another before Save looks again, which then is an error.
	last, err := strconv.Atoi(load(t, open(t, dir, "p")))
	require.NoError(t, err)
	require.GreaterOrEqual(t, last, sessions*saves)
}

const variable = "COMPUTE_PIPELINE_SOURCE_CHILD"

// kills is how often processes are killed.
func kills() int {
	if n, err := strconv.Atoi(os.Getenv("COMPUTE_PIPELINE_KILLS")); err == nil {
		return n
	}
	return 5
}

// A process that is killed at any moment goes on without losing or doubling a message. The child is this
// test, with the directory in a variable.
func TestKilledProcesses(t *testing.T) {
	src, points := filled(4, max(20_000, 1000*kills()))
	if dir := os.Getenv(variable); dir != "" {
		out, err := os.OpenFile(filepath.Join(dir, "results"), os.O_APPEND|os.O_WRONLY|os.O_CREATE, 0o600)
		require.NoError(t, err)
		one := job(source.Dir(filepath.Join(dir, "state")), printed(out))
		one.EveryMessages = 1
		_, err = run(t, src, one)
		require.NoError(t, err)
		return
	}
	dir := t.TempDir()
	killed := 0
	for {
		child := exec.Command(os.Args[0], "-test.run", "^TestKilledProcesses$")
		child.Env = append(os.Environ(), variable+"="+dir)
		require.NoError(t, child.Start())
		size := func() int64 {
			info, err := os.Stat(filepath.Join(dir, "results"))
			if err != nil {
				return 0
			}
			return info.Size()
		}
		done := make(chan error, 1)
		go func() { done <- child.Wait() }()
		if killed < kills() {
			// Once it has come further, and a random time later.
			before := size()
			for size() == before && len(done) == 0 {
				time.Sleep(time.Millisecond)
			}
			time.Sleep(time.Duration(src.random.IntN(20)) * time.Millisecond)
			_ = child.Process.Signal(syscall.SIGKILL) // it may have ended
		}
		err := <-done
		if err == nil {
			break
		}
		killed++
	}
	t.Logf("killed %d times", killed)
	text, err := os.ReadFile(filepath.Join(dir, "results"))
	require.NoError(t, err)
	check(t, string(text), sourcetest.Want(t, engine, "memory", points))
	entries, err := os.ReadDir(filepath.Join(dir, "state"))
	require.NoError(t, err)
	require.LessOrEqual(t, len(entries), 4, "of what was killed, at most the last save left something")
}

func line(o sourcetest.Output) string { return fmt.Sprintf("%d %+v", o.Number, o) }

// printed returns an emit that appends results to a file, each with one write. A line begins with an
// empty one, since the file may end with a part of a line.
func printed(file *os.File) func(context.Context, sourcetest.Output) error {
	return func(_ context.Context, o sourcetest.Output) error {
		_, err := file.WriteString("\n" + line(o) + "\n")
		return err
	}
}

// check requires lines to be those of all outputs, some again, and some cut off.
func check(t testing.TB, text string, want []sourcetest.Output) {
	t.Helper()
	next := 0
	for _, got := range strings.Split(text, "\n") {
		if got == "" {
			continue
		}
		number, _, _ := strings.Cut(got, " ")
		n, err := strconv.Atoi(number)
		require.NoError(t, err)
		require.Less(t, n, len(want))
		if whole := line(want[n]); got != whole {
			require.True(t, strings.HasPrefix(whole, got), "%q is not %q", got, whole)
			continue
		}
		require.LessOrEqual(t, n, next)
		next = max(next, n+1)
	}
	require.Len(t, want, next)
}
