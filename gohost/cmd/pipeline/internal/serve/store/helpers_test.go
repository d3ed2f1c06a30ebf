package store_test

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"runtime/debug"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"example.org/compute-pipeline/gohost"
	"example.org/compute-pipeline/gohost/cmd/pipeline/internal/atomicfile"
	"example.org/compute-pipeline/gohost/cmd/pipeline/internal/serve/store"
	"example.org/compute-pipeline/gohost/plugin"
)

// cacheDir has every module compiled once for all tests.
var cacheDir string

func TestMain(m *testing.M) {
	var err error
	if cacheDir, err = os.MkdirTemp("", "pipeline-store-"); err != nil {
		panic(err)
	}
	// Each load takes a megabyte of memory that is garbage after it.
	debug.SetGCPercent(400)
	code := m.Run()
	_ = os.RemoveAll(cacheDir)
	os.Exit(code)
}

// edition is a module like any other, with bytes of its own.
func edition(t testing.TB, name string) []byte {
	t.Helper()
	wasm, err := os.ReadFile("../../../../../testdata/echo.wasm")
	require.NoError(t, err)
	body := append(append([]byte{7}, "edition"...), name...)
	return append(binary.AppendUvarint(append(bytes.Clone(wasm), 0), uint64(len(body))), body...)
}

func hashOf(wasm []byte) string {
	sum := sha256.Sum256(wasm)
	return hex.EncodeToString(sum[:])
}

// syncBuffer is a log for several goroutines.
type syncBuffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (b *syncBuffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.b.Write(p)
}

func (b *syncBuffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.b.String()
}

// engines is the store of the engine's world.
type engines = store.Store[gohost.Functions]

// setup is how a host is opened.
type setup struct {
	system  atomicfile.System
	watch   bool
	log     io.Writer
	options []plugin.Option
}

func open(t testing.TB, dir string, how setup) *engines {
	t.Helper()
	if how.log == nil {
		how.log = io.Discard
	}
	if how.system == nil {
		how.system = &faulty{}
	}
	options := append([]plugin.Option{
		plugin.WithCacheDir(cacheDir),
		plugin.WithSelfTest(time.Minute, func(context.Context, gohost.Functions) error { return nil }),
	}, how.options...)
	s, err := store.Open(t.Context(), store.Directory{Path: dir, Watch: how.watch, System: how.system}, slog.New(slog.NewTextHandler(how.log, nil)), options...)
	require.NoError(t, err)
	return s
}

func closed(t testing.TB, s *engines) {
	t.Helper()
	require.NoError(t, s.Close(context.Background()))
}

// with opens a store for as long as f runs.
func with(t testing.TB, dir string, how setup, f func(s *engines)) {
	t.Helper()
	s := open(t, dir, how)
	defer closed(t, s)
	f(s)
}

// has is what can be seen of a plugin'how versions.
type has struct {
	active, rollbackTo string
	kept               []string // in the order of their hashes
}

func of(s *engines, name string) (got has) {
	st, err := s.Status(name)
	if err != nil {
		return got
	}
	got.active, got.rollbackTo = st.Active.Hash, st.RollbackTo
	for _, v := range st.Versions {
		got.kept = append(got.kept, v.Hash)
	}
	slices.Sort(got.kept)
	return got
}

func upload(t testing.TB, s *engines, name string, wasm []byte, change ...func(*store.Upload)) {
	t.Helper()
	u := store.Upload{Wasm: wasm, Activate: true}
	for _, f := range change {
		f(&u)
	}
	_, err := s.Upload(t.Context(), name, u)
	require.NoError(t, err)
}

func standby(u *store.Upload) { u.Activate = false }

// copied is a copy of a directory.
func copied(t testing.TB, dir string) string {
	t.Helper()
	to := filepath.Join(t.TempDir(), "plugins")
	require.NoError(t, os.CopyFS(to, os.DirFS(dir)))
	return to
}

func write(t testing.TB, dir, name string, data []byte) string {
	t.Helper()
	path := filepath.Join(dir, name)
	require.NoError(t, os.WriteFile(path, data, 0o600))
	return path
}

// For require.Eventually.
const (
	eventually = time.Minute
	tick       = time.Millisecond
)
