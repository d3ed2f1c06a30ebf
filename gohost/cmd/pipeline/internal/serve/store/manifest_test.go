package store_test

import (
	"crypto/ed25519"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"example.org/compute-pipeline/gohost/cmd/pipeline/internal/serve/store"
	"example.org/compute-pipeline/gohost/plugin"
)

// maker signs manifests.
type maker struct {
	t       *testing.T
	private ed25519.PrivateKey
	setup   setup
}

func newMaker(t *testing.T) maker {
	public, private, err := ed25519.GenerateKey(nil)
	require.NoError(t, err)
	return maker{t, private, setup{options: []plugin.Option{plugin.WithPublicKeys(public), plugin.WithRequireManifest(), plugin.WithHistory(1)}}}
}

func (m maker) manifest(name string, version int) (text, sig []byte) {
	text, err := json.Marshal(plugin.Manifest{
		Format: 1, Plugin: name, Version: uint64(version), SHA256: hashOf(m.wasm(version)), Grade: "stable",
	})
	require.NoError(m.t, err)
	return text, ed25519.Sign(m.private, text)
}

func (m maker) wasm(version int) []byte { return edition(m.t, fmt.Sprint("version ", version)) }

// signed is an upload of a version of p.
func (m maker) signed(version int) store.Upload {
	text, sig := m.manifest("p", version)
	return store.Upload{Wasm: m.wasm(version), Manifest: text, ManifestSignature: sig, Activate: true}
}

// An upload of an older version is rejected, also after restarts and unloads; a rollback
// activates it.
func TestOlderVersionsAreRememberedOverRestarts(t *testing.T) {
	m := newMaker(t)
	dir := t.TempDir()
	refused := func(s *engines, version int) {
		t.Helper()
		_, err := s.Upload(t.Context(), "p", m.signed(version))
		require.ErrorIs(t, err, plugin.ErrManifest)
	}
	taken := func(s *engines, u store.Upload) {
		t.Helper()
		_, err := s.Upload(t.Context(), "p", u)
		require.NoError(t, err)
	}
	with(t, dir, m.setup, func(s *engines) {
		taken(s, m.signed(3))
		taken(s, m.signed(5))
		refused(s, 4)
		_, err := s.Rollback(t.Context(), "p")
		require.NoError(t, err)
	})
	with(t, dir, m.setup, func(s *engines) {
		st, err := s.Status("p")
		require.NoError(t, err)
		assert.EqualValues(t, 3, st.Active.Manifest.Version, "a version that was rolled back to is loaded again")
		refused(s, 4)
		taken(s, m.signed(5))
		taken(s, m.signed(7))
		refused(s, 3)
	})
	with(t, dir, m.setup, func(s *engines) {
		refused(s, 3)
		require.NoError(t, s.Unload(t.Context(), "p"))
		refused(s, 6)
	})
	with(t, dir, m.setup, func(s *engines) {
		refused(s, 6)
		unsigned := store.Upload{Wasm: m.wasm(9), Activate: true}
		_, err := s.Upload(t.Context(), "p", unsigned)
		require.ErrorIs(t, err, plugin.ErrManifest)
		older := m.signed(6)
		older.AllowOlder = true
		taken(s, older)
		taken(s, m.signed(7))
	})
	// A damaged file is logged, and the plugin serves.
	var log syncBuffer
	s := m.setup
	s.log = &log
	require.NoError(t, os.WriteFile(filepath.Join(dir, ".uploads", ".seen-p"), []byte("version x"), 0o600))
	with(t, dir, s, func(s *engines) { assert.Equal(t, hashOf(m.wasm(7)), of(s, "p").active) })
	with(t, dir, s, func(s *engines) { refused(s, 5) }) // by what is kept
	assert.Contains(t, log.String(), "the highest version that a plugin has had cannot be read")
}

func TestManifestsBesideModulesByHand(t *testing.T) {
	m := newMaker(t)
	put := func(dir string, version int) {
		t.Helper()
		text, sig := m.manifest("p", version)
		write(t, dir, "p.manifest", text)
		write(t, dir, "p.manifest.sig", sig)
		write(t, dir, "p.wasm", m.wasm(version))
	}
	for _, watch := range []bool{false, true} {
		dir := t.TempDir()
		m.setup.watch = watch
		put(dir, 4)
		for range 2 {
			with(t, dir, m.setup, func(s *engines) { assert.Equal(t, hashOf(m.wasm(4)), of(s, "p").active) })
		}
		put(dir, 3)
		with(t, dir, m.setup, func(s *engines) {
			assert.Empty(t, of(s, "p").active)
			st, err := s.Status("p")
			require.NoError(t, err)
			require.Len(t, st.Failures, 1)
			assert.Contains(t, st.Failures[0].Reason, "its version is 3; the plugin has had version 4")
		})
		put(dir, 4)
		with(t, dir, m.setup, func(s *engines) {
			_, err := s.Upload(t.Context(), "p", m.signed(6))
			require.NoError(t, err)
			_, err = s.Rollback(t.Context(), "p")
			require.NoError(t, err)
		})
		with(t, dir, m.setup, func(s *engines) {
			assert.Equal(t, hashOf(m.wasm(4)), of(s, "p").active, "an operator has rolled back to it")
			assert.Equal(t, sorted(hashOf(m.wasm(4)), hashOf(m.wasm(6))), of(s, "p").kept)
		})
		require.NoError(t, os.Remove(filepath.Join(dir, "p.manifest.sig")))
		with(t, dir, m.setup, func(s *engines) {
			st, err := s.Status("p")
			require.NoError(t, err)
			assert.Len(t, st.Failures, 1)
			assert.Equal(t, hashOf(m.wasm(6)), of(s, "p").active, "what can be loaded serves")
		})
	}
}
