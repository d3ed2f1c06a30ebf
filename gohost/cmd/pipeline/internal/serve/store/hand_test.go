package store_test

import (
	"os"
	"path/filepath"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"example.org/compute-pipeline/gohost"
	"example.org/compute-pipeline/gohost/cmd/pipeline/internal/serve/store"
	"example.org/compute-pipeline/gohost/plugin"
)

// A file that is not a module delays nothing: not the start, nor uploads and rollbacks of
// any plugin.
func TestWhatIsNoModuleKeepsNobodyWaiting(t *testing.T) {
	for what, put := range map[string]func(path string) error{
		"a link to a device without an end": func(path string) error { return os.Symlink("/dev/zero", path) },
		"a pipe that nobody writes to":      func(path string) error { return syscall.Mkfifo(path, 0o600) },
		"a directory":                       func(path string) error { return os.Mkdir(path, 0o700) },
		"a link to itself":                  func(path string) error { return os.Symlink(filepath.Base(path), path) },
		"more than a module may have": func(path string) error {
			if err := os.WriteFile(path, nil, 0o600); err != nil {
				return err
			}
			return os.Truncate(path, 1<<40) // a file with a hole
		},
	} {
		t.Run(what, func(t *testing.T) {
			for _, watch := range []bool{false, true} {
				dir := t.TempDir()
				require.NoError(t, put(filepath.Join(dir, "bad.wasm")))
				require.NoError(t, put(filepath.Join(dir, "beside.wasm.sig")))
				require.NoError(t, put(filepath.Join(dir, "beside.manifest")))
				require.NoError(t, put(filepath.Join(dir, "beside.json")))
				write(t, dir, "beside.wasm", edition(t, "beside"))
				with(t, dir, setup{watch: watch}, func(s *engines) {
					for _, name := range []string{"bad", "other"} {
						upload(t, s, name, edition(t, "1"))
						upload(t, s, name, edition(t, "2"))
						_, err := s.Rollback(t.Context(), name)
						require.NoError(t, err)
						assert.Equal(t, hashOf(edition(t, "1")), of(s, name).active)
					}
					_, err := s.Upload(t.Context(), "beside", store.Upload{Wasm: edition(t, "1"), Activate: true})
					require.Error(t, err, "its limits cannot be read")
					st, err := s.Status("bad")
					require.NoError(t, err)
					assert.Len(t, st.Failures, 1)
					st, err = s.Status("beside")
					require.NoError(t, err)
					assert.Len(t, st.Failures, 1)
				})
				with(t, dir, setup{}, func(s *engines) { assert.Equal(t, hashOf(edition(t, "1")), of(s, "bad").active) })
			}
		})
	}
}

// A reading that does not end, as over a network that is gone, is waited for only
// so long, and only by those who change that plugin.
func TestAReadingThatHangsIsNotWaitedForForEver(t *testing.T) {
	dir := t.TempDir()
	byHand := edition(t, "by hand")
	write(t, dir, "p.wasm", byHand)
	var log syncBuffer
	with(t, dir, setup{log: &log}, func(s *engines) {
		upload(t, s, "p", edition(t, "1")) // so its hash is known
		release := s.StickReading("p")
		for _, name := range []string{"q", "r"} { // with all the time there is
			upload(t, s, name, edition(t, "1"))
		}
		s.SetHandPatience(time.Millisecond)
		upload(t, s, "p", edition(t, "2"))
		_, err := s.Rollback(t.Context(), "p")
		require.NoError(t, err)
		release()
	})
	assert.Contains(t, log.String(), "takes too long; it counts as unchanged")
	with(t, dir, setup{}, func(s *engines) {
		assert.Equal(t, hashOf(edition(t, "1")), of(s, "p").active, "so it is not taken for another one")
	})
}

// The watcher names files by their absolute path.
func TestAFailureUnderARelativeDirectoryEndsWithAGoodModule(t *testing.T) {
	good, bad := edition(t, "good"), []byte("no module")
	t.Chdir(t.TempDir())
	require.NoError(t, os.Mkdir("plugins", 0o700))
	write(t, "plugins", "p.wasm", bad)
	with(t, "plugins", setup{}, func(s *engines) {
		status, err := s.Status("p")
		require.NoError(t, err)
		require.Len(t, status.Failures, 1)
		write(t, "plugins", "p.wasm", good)
		_, err = s.Retry(t.Context(), "p")
		require.NoError(t, err)
		status, err = s.Status("p")
		require.NoError(t, err)
		assert.Empty(t, status.Failures)
		assert.Equal(t, hashOf(good), status.Active.Hash)
	})
}

// Another try cannot change it, and errors of this class are not retried.
func TestAModuleWithTheNameOfTheEngineIsNotRetried(t *testing.T) {
	dir := t.TempDir()
	write(t, dir, store.Engine+".wasm", edition(t, "1"))
	var log syncBuffer
	with(t, dir, setup{log: &log}, func(*engines) {})
	assert.Contains(t, log.String(), "invalid input: the name belongs to the embedded engine")
}

// What failed and is gone is not there to be tried again.
func TestAModuleThatIsGoneIsForgotten(t *testing.T) {
	dir := t.TempDir()
	path := write(t, dir, "p.wasm", []byte("no module"))
	with(t, dir, setup{}, func(s *engines) {
		_, err := s.Retry(t.Context(), "p")
		require.ErrorIs(t, err, gohost.ErrContract)
		require.NoError(t, os.Remove(path))
		_, err = s.Retry(t.Context(), "p")
		require.ErrorIs(t, err, plugin.ErrNotFound)
		_, err = s.Status("p")
		require.ErrorIs(t, err, plugin.ErrNotFound)
	})
}

// Kubernetes mounts files as links.
func TestALinkToAModuleIsOne(t *testing.T) {
	dir := t.TempDir()
	target := write(t, t.TempDir(), "module", edition(t, "linked"))
	require.NoError(t, os.Symlink(target, filepath.Join(dir, "p.wasm")))
	with(t, dir, setup{}, func(s *engines) {
		assert.Equal(t, hashOf(edition(t, "linked")), of(s, "p").active)
		upload(t, s, "p", edition(t, "1"))
	})
	with(t, dir, setup{}, func(s *engines) {
		assert.Equal(t, has{
			active: hashOf(edition(t, "1")), rollbackTo: hashOf(edition(t, "linked")),
			kept: sorted(hashOf(edition(t, "1")), hashOf(edition(t, "linked"))),
		}, of(s, "p"))
	})
}

// What a module by hand may have is what its limits say.
func TestModulesByHandAreBoundedByTheirLimits(t *testing.T) {
	dir := t.TempDir()
	wasm := edition(t, "by hand")
	write(t, dir, "p.wasm", wasm)
	options := []plugin.Option{plugin.WithDefaultLimits(plugin.Limits{MaxModuleBytes: len(wasm) - 1})}
	with(t, dir, setup{options: options}, func(s *engines) {
		st, err := s.Status("p")
		require.NoError(t, err)
		require.Len(t, st.Failures, 1)
		assert.Contains(t, st.Failures[0].Reason, "larger than")
	})
	write(t, dir, "p.json", []byte(`{"max_module_bytes": 1000000}`))
	with(t, dir, setup{options: options}, func(s *engines) { assert.Equal(t, hashOf(wasm), of(s, "p").active) })
}
