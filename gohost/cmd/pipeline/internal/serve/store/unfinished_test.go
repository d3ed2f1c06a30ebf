package store_test

import (
	"context"
	"log/slog"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"example.org/compute-pipeline/gohost"
	"example.org/compute-pipeline/gohost/cmd/pipeline/internal/serve/store"
	"example.org/compute-pipeline/gohost/plugin"
)

func sorted(list ...string) []string {
	slices.Sort(list)
	return list
}

// The process that dies: its self-test ends it, in place of a module.
const (
	diesIn   = "PIPELINE_TEST_DIES_IN" // the directory
	diesWith = 86                      // its exit status
	diesAt   = "PIPELINE_TEST_DIES_AT" // the module's place among those that are loaded
)

// TestTheProcessThatDies is no test by itself.
func TestTheProcessThatDies(t *testing.T) {
	dir := os.Getenv(diesIn)
	if dir == "" {
		return // run by the others
	}
	n := len(os.Getenv(diesAt)) // in strokes
	_, _ = store.Open(context.Background(), store.Directory{Path: dir}, slog.New(slog.DiscardHandler),
		plugin.WithSelfTest(time.Minute, func(context.Context, gohost.Functions) error {
			if n--; n == 0 {
				os.Exit(diesWith)
			}
			return nil
		}))
}

// die has a process die while it loads the n-th module of the directory.
func die(t *testing.T, dir string, n int) {
	t.Helper()
	command := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^TestTheProcessThatDies$")
	command.Env = append(os.Environ(), diesIn+"="+dir, diesAt+"="+string(slices.Repeat([]byte{'|'}, n)))
	out, err := command.CombinedOutput()
	var exit *exec.ExitError
	require.ErrorAs(t, err, &exit, "%s", out)
	require.Equal(t, diesWith, exit.ExitCode(), "%s", out)
}

// The embedded engine is the first that is loaded, then what was put there by
// hand in the order of the names.
func TestAModuleThatKillsTheProcessDoesItOnce(t *testing.T) {
	for _, watch := range []bool{false, true} {
		dir := t.TempDir()
		for _, name := range []string{"a", "b", "c"} {
			write(t, dir, name+".wasm", edition(t, name))
		}
		die(t, dir, 3) // b
		loads := 0
		count := plugin.WithHooks(plugin.Hooks{OnLoad: func(plugin.LoadEvent) { loads++ }})
		tested := map[string]int{}
		gate := setup{watch: watch, options: []plugin.Option{count}}
		for range 3 { // it is not tried again by each start
			var log syncBuffer
			gate.log = &log
			with(t, dir, gate, func(s *engines) {
				assert.Equal(t, hashOf(edition(t, "a")), of(s, "a").active)
				assert.Equal(t, hashOf(edition(t, "c")), of(s, "c").active)
				assert.Empty(t, of(s, "b").active)
				missing, _ := s.Readiness()
				assert.Equal(t, []string{"b"}, missing)
				st, err := s.Status("b")
				require.NoError(t, err)
				require.Len(t, st.Failures, 1)
				f := st.Failures[0]
				tested[f.Reason]++
				assert.Equal(t, hashOf(edition(t, "b")), f.SHA256)
				assert.Equal(t, filepath.Join(dir, "b.wasm"), f.File)
				assert.Contains(t, f.Reason, "held back: an earlier process ended while it loaded this module (plugin b, begun ")
				assert.False(t, f.At.IsZero())
			})
			assert.Contains(t, log.String(), "an earlier process ended while it loaded a module")
		}
		assert.Len(t, tested, 1, "it is remembered as it was")

		// The other plugins' files are no reason, and another module is one.
		with(t, dir, gate, func(s *engines) {
			st, err := s.Retry(t.Context(), "b")
			require.NoError(t, err)
			assert.Equal(t, hashOf(edition(t, "b")), st.Active.Hash, "an operator has asked")
			assert.Empty(t, st.Failures)
			missing, _ := s.Readiness()
			assert.Empty(t, missing)
		})
		with(t, dir, gate, func(s *engines) { assert.Equal(t, hashOf(edition(t, "b")), of(s, "b").active, "it is forgiven") })

		die(t, dir, 3)
		write(t, dir, "b.wasm", edition(t, "b, mended"))
		with(t, dir, gate, func(s *engines) { assert.Equal(t, hashOf(edition(t, "b, mended")), of(s, "b").active) })
		write(t, dir, "b.wasm", edition(t, "b"))
		with(t, dir, gate, func(s *engines) {
			assert.Empty(t, of(s, "b").active, "it is still the one that did")
			upload(t, s, "b", edition(t, "b")) // an operator has asked
			assert.Equal(t, hashOf(edition(t, "b")), of(s, "b").active)
		})
		with(t, dir, gate, func(s *engines) { assert.Equal(t, hashOf(edition(t, "b")), of(s, "b").active) })
		markers, err := filepath.Glob(filepath.Join(dir, ".uploads", ".loading-*"))
		require.NoError(t, err)
		assert.Empty(t, markers)
	}
}

// An uploaded version in which the process died makes way for the one before.
func TestAnUploadedVersionThatKillsTheProcessIsLeftOut(t *testing.T) {
	dir := uploaded(t) // 3 stands by, 1 is loaded, then 2
	die(t, dir, 4)
	with(t, dir, setup{}, func(s *engines) {
		got := of(s, "p")
		assert.Equal(t, hashOf(edition(t, "1")), got.active)
		assert.Equal(t, sorted(hashOf(edition(t, "1")), hashOf(edition(t, "3"))), got.kept)
		_, degraded := s.Readiness()
		assert.Equal(t, []string{"p"}, degraded)
		// What an operator does meanwhile does not remove it.
		_, err := s.Activate(t.Context(), "p", hashOf(edition(t, "3")))
		require.NoError(t, err)
		stored(t, dir, "p", edition(t, "2"))
		st, err := s.Retry(t.Context(), "p")
		require.NoError(t, err)
		assert.Len(t, st.Versions, 3)
		assert.Equal(t, hashOf(edition(t, "3")), st.Active.Hash)
		_, err = s.Activate(t.Context(), "p", hashOf(edition(t, "2")))
		require.NoError(t, err)
	})
	with(t, dir, setup{}, func(s *engines) { assert.Equal(t, hashOf(edition(t, "2")), of(s, "p").active) })
}

func TestRetryOfWhatIsNotThere(t *testing.T) {
	dir := t.TempDir()
	with(t, dir, setup{}, func(s *engines) {
		_, err := s.Retry(t.Context(), "p")
		require.ErrorIs(t, err, plugin.ErrNotFound)
		_, err = s.Retry(t.Context(), "../p")
		require.ErrorIs(t, err, gohost.ErrInvalidInput)
		upload(t, s, "p", edition(t, "1"))
		st, err := s.Retry(t.Context(), "p")
		require.NoError(t, err)
		assert.Equal(t, hashOf(edition(t, "1")), st.Active.Hash)
		// A file that was removed is no longer a failure.
		path := write(t, dir, "q.wasm", []byte("no module"))
		_, err = s.Retry(t.Context(), "q")
		require.ErrorIs(t, err, plugin.ErrNotFound, "nothing of it has failed")
		require.NoError(t, os.Remove(path))
	})
}
