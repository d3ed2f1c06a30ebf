package store_test

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// uploaded is a directory with three versions of p, uploaded in the order of
// their names; the second is active.
func uploaded(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	with(t, dir, setup{}, func(s *engines) {
		for _, name := range []string{"1", "2", "3"} {
			upload(t, s, "p", edition(t, name))
		}
		_, err := s.Rollback(t.Context(), "p")
		require.NoError(t, err)
	})
	for i, name := range []string{"1", "2", "3"} {
		at := time.Unix(1_000_000+int64(i), 0)
		require.NoError(t, os.Chtimes(stored(t, dir, "p", edition(t, name)), at, at))
	}
	return dir
}

func stored(t *testing.T, dir, name string, wasm []byte) string {
	t.Helper()
	path := filepath.Join(dir, ".uploads", name, hashOf(wasm)+".wasm")
	require.FileExists(t, path)
	return path
}

func TestADamagedFileDoesNotDropAPlugin(t *testing.T) {
	for what, damage := range map[string]func(path string) error{
		"emptied": func(path string) error { return os.Truncate(path, 0) },
		"cut":     func(path string) error { return os.Truncate(path, 100) },
		"zeroed":  func(path string) error { return os.WriteFile(path, make([]byte, 300), 0o600) },
		"gone":    os.Remove,
		"a pipe":  func(path string) error { return errors.Join(os.Remove(path), syscall.Mkfifo(path, 0o600)) },
		"a link to a pipe": func(path string) error {
			pipe := path + ".pipe"
			return errors.Join(replaced(path, pipe), syscall.Mkfifo(pipe, 0o600))
		},
		"a dangling link":  func(path string) error { return replaced(path, "nothing") },
		"half of old form": func(path string) error { return os.WriteFile(path, []byte(hashOf(nil)+"\n"), 0o600) },
	} {
		t.Run(what, func(t *testing.T) {
			dir := uploaded(t)
			require.NoError(t, damage(filepath.Join(dir, ".uploads", "p", "active")))
			var log syncBuffer
			for range 2 { // each start finds the same
				with(t, dir, setup{log: &log}, func(s *engines) {
					assert.Equal(t, hashOf(edition(t, "3")), of(s, "p").active, "the newest")
					assert.Len(t, of(s, "p").kept, 3)
					missing, degraded := s.Readiness()
					assert.Empty(t, missing)
					assert.Equal(t, []string{"p"}, degraded)
					st, err := s.Status("p")
					require.NoError(t, err)
					assert.Contains(t, st.Degraded, "the version that was active is unknown")
				})
			}
			assert.Contains(t, log.String(), "level=ERROR")
			// An operator's word ends it.
			with(t, dir, setup{}, func(s *engines) {
				_, err := s.Activate(t.Context(), "p", hashOf(edition(t, "2")))
				require.NoError(t, err)
				_, degraded := s.Readiness()
				assert.Empty(t, degraded)
			})
			with(t, dir, setup{}, func(s *engines) {
				assert.Equal(t, hashOf(edition(t, "2")), of(s, "p").active)
				_, degraded := s.Readiness()
				assert.Empty(t, degraded)
			})
		})
	}
}

func replaced(path, target string) error {
	if err := os.Remove(path); err != nil {
		return err
	}
	return os.Symlink(target, path)
}

// The newest module that can be loaded serves, including one put into the directory by hand.
func TestTheNewestThatCanBeLoadedServes(t *testing.T) {
	dir := uploaded(t)
	require.NoError(t, os.Truncate(filepath.Join(dir, ".uploads", "p", "active"), 1))
	require.NoError(t, os.WriteFile(stored(t, dir, "p", edition(t, "3")), edition(t, "tampered"), 0o600))
	with(t, dir, setup{}, func(s *engines) {
		assert.Equal(t, hashOf(edition(t, "2")), of(s, "p").active)
		st, err := s.Status("p")
		require.NoError(t, err)
		require.Len(t, st.Failures, 1)
		assert.Equal(t, hashOf(edition(t, "3")), st.Failures[0].SHA256)
		assert.Contains(t, st.Failures[0].Reason, "wrong SHA-256")
	})
	write(t, dir, "p.wasm", edition(t, "by hand"))
	with(t, dir, setup{}, func(s *engines) {
		assert.Equal(t, hashOf(edition(t, "by hand")), of(s, "p").active)
	})
	old := time.Unix(1, 0)
	require.NoError(t, os.Chtimes(filepath.Join(dir, "p.wasm"), old, old))
	with(t, dir, setup{}, func(s *engines) {
		assert.Equal(t, hashOf(edition(t, "2")), of(s, "p").active)
	})
	for _, name := range []string{"1", "2"} {
		require.NoError(t, os.WriteFile(stored(t, dir, "p", edition(t, name)), nil, 0o600))
	}
	with(t, dir, setup{}, func(s *engines) {
		assert.Equal(t, hashOf(edition(t, "by hand")), of(s, "p").active)
	})
	require.NoError(t, os.Remove(filepath.Join(dir, "p.wasm")))
	with(t, dir, setup{}, func(s *engines) {
		assert.Empty(t, of(s, "p").active)
		missing, _ := s.Readiness()
		assert.Equal(t, []string{"p"}, missing)
		list := s.List()
		require.Len(t, list, 2, "the engine, and p, which is shown")
		assert.Len(t, list[1].Failures, 3)
		require.NoError(t, s.Unload(t.Context(), "p"))
		missing, _ = s.Readiness()
		assert.Empty(t, missing)
		assert.Len(t, s.List(), 1)
	})
}

// A version that cannot be loaded makes way for the one before, and comes back.
func TestTheVersionBeforeServesForOneThatCannotBeLoaded(t *testing.T) {
	dir := uploaded(t)
	path := stored(t, dir, "p", edition(t, "2")) // the active one
	aside := filepath.Join(t.TempDir(), "aside")
	require.NoError(t, os.Rename(path, aside))
	require.NoError(t, os.WriteFile(path, []byte("damaged"), 0o600))
	with(t, dir, setup{}, func(s *engines) {
		assert.Equal(t, hashOf(edition(t, "1")), of(s, "p").active, "the one that a rollback would have brought back")
		_, degraded := s.Readiness()
		assert.Equal(t, []string{"p"}, degraded)
		_, err := s.Retry(t.Context(), "p")
		require.ErrorContains(t, err, "wrong SHA-256")
		require.NoError(t, os.Remove(path))
		require.NoError(t, os.Rename(aside, path))
		st, err := s.Retry(t.Context(), "p")
		require.NoError(t, err)
		assert.Empty(t, st.Failures)
		assert.Equal(t, hashOf(edition(t, "1")), st.Active.Hash, "what serves goes on")
		_, err = s.Activate(t.Context(), "p", hashOf(edition(t, "2")))
		require.NoError(t, err)
		assert.Len(t, of(s, "p").kept, 3)
	})
	with(t, dir, setup{}, func(s *engines) { assert.Equal(t, hashOf(edition(t, "2")), of(s, "p").active) })
}

// Files of the form of before are read.
func TestDirectoriesOfBeforeAreRead(t *testing.T) {
	dir := uploaded(t)
	text := hashOf(edition(t, "2")) + "\n" + hashOf(edition(t, "1")) + "\n\n"
	require.NoError(t, os.WriteFile(filepath.Join(dir, ".uploads", "p", "active"), []byte(text), 0o600))
	var log syncBuffer
	with(t, dir, setup{log: &log}, func(s *engines) {
		got := of(s, "p")
		assert.Equal(t, hashOf(edition(t, "2")), got.active)
		assert.Equal(t, hashOf(edition(t, "1")), got.rollbackTo)
		assert.Len(t, got.kept, 3)
		missing, degraded := s.Readiness()
		assert.Empty(t, append(missing, degraded...))
		_, err := s.Rollback(t.Context(), "p")
		require.NoError(t, err)
	})
	assert.NotContains(t, log.String(), "level=ERROR")
	text2, err := os.ReadFile(filepath.Join(dir, ".uploads", "p", "active"))
	require.NoError(t, err)
	assert.True(t, strings.HasPrefix(string(text2), "pipeline-plugin 2\n"))
}

// An uploaded version keeps serving when the module that was put there by hand
// before it is taken away.
func TestTheModuleByHandMayBeTakenAway(t *testing.T) {
	dir := t.TempDir()
	path := write(t, dir, "p.wasm", edition(t, "by hand"))
	with(t, dir, setup{}, func(s *engines) { upload(t, s, "p", edition(t, "1")) })
	require.NoError(t, os.Remove(path))
	with(t, dir, setup{}, func(s *engines) { assert.Equal(t, hashOf(edition(t, "1")), of(s, "p").active) })
}
