package store_test

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"example.org/compute-pipeline/gohost"
	"example.org/compute-pipeline/gohost/cmd/pipeline/internal/serve/store"
	"example.org/compute-pipeline/gohost/plugin"
)

// refusing makes self-tests fail with a reason, while it is not nil.
func refusing(reason *error) setup {
	return setup{options: []plugin.Option{plugin.WithSelfTest(time.Minute, func(context.Context, gohost.Functions) error { return *reason })}}
}

// Why an upload was refused is known after a restart, until another is loaded.
func TestARefusedUploadIsRememberedAfterARestart(t *testing.T) {
	began := time.Now().Truncate(time.Second) // a file system may not keep more
	dir := t.TempDir()
	var reason error
	how := refusing(&reason)
	long := strings.Repeat("é", 10_000)
	with(t, dir, how, func(s *engines) {
		upload(t, s, "p", edition(t, "1"))
		reason = errors.New("\x1b[31mnot\nfor us " + long)
		_, err := s.Upload(t.Context(), "p", store.Upload{Wasm: edition(t, "2"), Activate: true})
		require.ErrorIs(t, err, plugin.ErrSelfTest)
		st, err := s.Status("p")
		require.NoError(t, err)
		require.Error(t, st.LoadError)
		assert.Nil(t, st.Refusal, "the error is better than its text")
	})
	refused := filepath.Join(dir, ".uploads", ".refused-p")
	require.FileExists(t, refused)
	reason = nil
	for range 2 { // the start itself loads a version, which says nothing about the upload
		with(t, dir, how, func(s *engines) {
			st, err := s.Status("p")
			require.NoError(t, err)
			assert.Equal(t, hashOf(edition(t, "1")), st.Active.Hash)
			require.NotNil(t, st.Refusal)
			assert.True(t, strings.HasPrefix(st.Refusal.Reason, "load of plugin \"p\": self-test failed: \x1b[31mnot\nfor us éé") ||
				strings.HasPrefix(st.Refusal.Reason, "self-test failed: \x1b[31mnot\nfor us éé"), st.Refusal.Reason[:100])
			assert.True(t, strings.HasSuffix(st.Refusal.Reason, "é…"))
			assert.LessOrEqual(t, len(st.Refusal.Reason), 4<<10)
			assert.False(t, st.Refusal.At.Before(began), "%v is before %v", st.Refusal.At, began)
		})
	}
	with(t, dir, how, func(s *engines) {
		upload(t, s, "p", edition(t, "3"))
		st, err := s.Status("p")
		require.NoError(t, err)
		assert.Nil(t, st.Refusal)
		assert.NoFileExists(t, refused)
	})
}

// What says nothing about a module is not kept, nor is anything of a plugin that is gone.
func TestWhatIsNotRemembered(t *testing.T) {
	dir := t.TempDir()
	var reason error
	how := refusing(&reason)
	refused := func(name string) string { return filepath.Join(dir, ".uploads", ".refused-"+name) }
	with(t, dir, how, func(s *engines) {
		_, err := s.Upload(t.Context(), "p", store.Upload{Wasm: []byte("no module")})
		require.ErrorIs(t, err, gohost.ErrModule)
		assert.NoFileExists(t, refused("p"), "there is no such plugin")

		upload(t, s, "p", edition(t, "1"))
		ended, cancel := context.WithCancel(t.Context())
		cancel()
		_, err = s.Upload(ended, "p", store.Upload{Wasm: edition(t, "2")})
		require.ErrorIs(t, err, context.Canceled)
		assert.NoFileExists(t, refused("p"), "the client went away")

		_, err = s.Upload(t.Context(), "p", store.Upload{Wasm: []byte("no module")})
		require.ErrorIs(t, err, gohost.ErrModule)
		require.FileExists(t, refused("p"))
		require.NoError(t, s.Unload(t.Context(), "p"))
		assert.NoFileExists(t, refused("p"))
		upload(t, s, "q", edition(t, "1"))
	})
	require.NoError(t, os.WriteFile(refused("q"), []byte("half"), 0o600))
	var log syncBuffer
	how.log = &log
	with(t, dir, how, func(s *engines) {
		st, err := s.Status("q")
		require.NoError(t, err)
		assert.Nil(t, st.Refusal)
		assert.Contains(t, log.String(), "why an upload was refused cannot be read")
	})
}
