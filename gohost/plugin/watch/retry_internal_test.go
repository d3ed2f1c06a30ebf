package watch

import (
	"context"
	"crypto/ed25519"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"example.org/compute-pipeline/gohost"
	"example.org/compute-pipeline/gohost/internal/plugindir"
	"example.org/compute-pipeline/gohost/plugin"
)

// idle is a watcher that looks when the test says so.
func idle(t *testing.T, dir string, options ...plugin.Option) (w *Watcher, errs *[]error, loads *int) {
	t.Helper()
	errs, loads = &[]error{}, new(int)
	reg, err := plugin.NewRegistry(gohost.Binding(), append(options,
		plugin.WithSelfTest(time.Minute, func(context.Context, gohost.Functions) error { return nil }),
		plugin.WithHooks(plugin.Hooks{OnLoad: func(plugin.LoadEvent) { *loads++ }}))...)
	require.NoError(t, err)
	w, err = Start(t.Context(), reg, dir, WithPoll(1000*time.Hour), WithDebounce(1000*time.Hour),
		WithOnError(func(_ string, err error) { *errs = append(*errs, err) }))
	require.NoError(t, err)
	require.NoError(t, w.Close(t.Context()))
	w.ctx = t.Context()
	t.Cleanup(func() { assert.NoError(t, reg.Close(context.Background())) })
	return w, errs, loads
}

// pollOnce is what a tick of the clock does. The notifications are over.
func (w *Watcher) pollOnce(t *testing.T) {
	t.Helper()
	w.polls++
	require.NoError(t, w.look(w.ctx, nil))
}

// What may pass by itself is tried again, more and more seldom.
func TestRetriesAreMoreAndMoreSeldom(t *testing.T) {
	dir := t.TempDir()
	require.NoError(t, os.Symlink(filepath.Join(t.TempDir(), "nothing"), filepath.Join(dir, "a.wasm")))
	w, errs, _ := idle(t, dir)
	require.Len(t, *errs, 1)
	var at []int
	for n := range 300 {
		before := len(*errs)
		w.pollOnce(t)
		if len(*errs) > before {
			require.Len(t, *errs, before+1)
			require.ErrorIs(t, (*errs)[before], fs.ErrNotExist)
			at = append(at, n+1)
		}
	}
	assert.Equal(t, []int{1, 3, 7, 15, 31, 63, 127, 191, 255}, at)
	// A change of the files is a reason to try at once.
	wasm, err := os.ReadFile("../../testdata/echo.wasm")
	require.NoError(t, err)
	require.NoError(t, os.Remove(filepath.Join(dir, "a.wasm")))
	require.NoError(t, os.WriteFile(filepath.Join(dir, "a.wasm"), wasm, 0o600))
	w.pollOnce(t)
	_, err = w.registry.(*plugin.Registry[gohost.Functions]).Plugin("a")
	require.NoError(t, err)
}

func TestWhatWillNotPassIsTriedOnce(t *testing.T) {
	for _, err := range []error{plugin.ErrHeldBack, plugin.ErrManifest, plugin.ErrGrade, gohost.ErrLimit} {
		assert.False(t, mayPass(err), err)
	}
	dir := t.TempDir()
	require.NoError(t, os.WriteFile(filepath.Join(dir, "a.wasm"), []byte("no module"), 0o600))
	w, errs, loads := idle(t, dir)
	for range 300 {
		w.pollOnce(t)
	}
	assert.Len(t, *errs, 1)
	assert.Equal(t, 1, *loads)

	held := errors.New("it killed the process")
	w, errs, loads = idle(t, dir, plugin.WithGate(func(context.Context, plugin.Candidate) (func(), error) { return nil, held }))
	for range 300 {
		w.pollOnce(t)
	}
	require.Len(t, *errs, 1)
	require.ErrorIs(t, (*errs)[0], held)
	assert.Equal(t, 1, *loads)
}

func TestManifestsOfTheDirectory(t *testing.T) {
	public, private, err := ed25519.GenerateKey(nil)
	require.NoError(t, err)
	wasm, err := os.ReadFile("../../testdata/echo.wasm")
	require.NoError(t, err)
	dir := t.TempDir()
	put := func(name string, data []byte) {
		t.Helper()
		require.NoError(t, os.WriteFile(filepath.Join(dir, name), data, 0o600))
	}
	sum := sha256.Sum256(wasm)
	manifest := func(name string, change func(*plugin.Manifest)) {
		t.Helper()
		m := plugin.Manifest{Format: 1, Plugin: name, Version: 3, SHA256: hex.EncodeToString(sum[:]), Grade: "stable"}
		if change != nil {
			change(&m)
		}
		text, err := json.Marshal(m)
		require.NoError(t, err)
		put(name+".manifest.sig", ed25519.Sign(private, text))
		put(name+".manifest", text)
	}
	put("a.wasm", wasm)
	w, errs, _ := idle(t, dir, plugin.WithPublicKeys(public), plugin.WithRequireManifest())
	fails := func(is error) {
		t.Helper()
		w.pollOnce(t)
		require.Len(t, *errs, 1)
		require.ErrorIs(t, (*errs)[0], is)
		*errs = nil
	}
	require.Len(t, *errs, 1)
	require.ErrorIs(t, (*errs)[0], plugin.ErrManifest)
	*errs = nil
	put("a.manifest.sig", make([]byte, 64))
	fails(fs.ErrNotExist)
	manifest("a", func(m *plugin.Manifest) { m.Plugin = "b" })
	fails(plugin.ErrManifest)
	manifest("a", func(m *plugin.Manifest) { m.NotBefore = time.Now().Add(1000 * time.Hour) })
	fails(plugin.ErrNotYet)
	for range 8 { // it is tried again, since its time may come
		w.pollOnce(t)
	}
	assert.Len(t, *errs, 3)
	*errs = nil
	manifest("a", nil)
	w.pollOnce(t)
	assert.Empty(t, *errs)
	st, err := w.registry.(*plugin.Registry[gohost.Functions]).Status("a")
	require.NoError(t, err)
	require.NotNil(t, st.Active.Manifest)
	assert.EqualValues(t, 3, st.Active.Manifest.Version)
	for name := range map[string]bool{"a.manifest": true, "a.manifest.sig": true, "a.wasm": true, "a.wasm.sig": true, "a.json": true} {
		assert.Equal(t, "a", plugindir.NameOf(filepath.Join(dir, name)))
	}
}
