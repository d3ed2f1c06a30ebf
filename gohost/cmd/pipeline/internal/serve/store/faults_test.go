package store_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"example.org/compute-pipeline/gohost/cmd/pipeline/internal/atomicfile"
	"example.org/compute-pipeline/gohost/cmd/pipeline/internal/serve/store"
	"example.org/compute-pipeline/gohost/plugin"
)

var errFault = errors.New("no space left on device")

// mode is how a step fails.
type mode string

const (
	fails       mode = "fails"        // and all others succeed
	failsOn     mode = "fails on"     // and all after it
	diesAfter   mode = "dies after"   // the process ends after the step
	diesHalfway mode = "dies halfway" // what is written is written in part
)

// faulty is a file system whose n-th step fails. It does not wait for the disk: these tests
// restart processes, not machines.
type faulty struct {
	atomicfile.OS
	mode mode
	mu   sync.Mutex
	n    int // of the step that goes wrong; 0 for none
	// steps are those that were made since it was armed.
	steps []string
	dead  bool
}

func (f *faulty) arm(n int) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.n, f.steps, f.dead = n, nil, false
}

// step makes one: do does it, and half does a part of it.
func (f *faulty) step(what string, do, half func() error) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.dead {
		return errFault
	}
	f.steps = append(f.steps, what)
	if len(f.steps) != f.n {
		return do()
	}
	f.dead = f.mode != fails
	switch f.mode {
	case diesAfter:
		_ = do()
	case diesHalfway, fails, failsOn:
		if half != nil {
			_ = half()
		}
	}
	return fmt.Errorf("%s: %w", what, errFault)
}

// reached reports whether the step that goes wrong has come.
func (f *faulty) reached() bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	return len(f.steps) >= f.n
}

func (f *faulty) Create(name string) (file atomicfile.File, err error) {
	err = f.step("create "+filepath.Base(name), func() error { file, err = f.OS.Create(name); return err }, nil)
	if err != nil {
		return nil, err
	}
	return &faultyFile{file, f, filepath.Base(name)}, nil
}

func (f *faulty) Rename(from, to string) error {
	return f.step("rename to "+filepath.Base(to), func() error { return f.OS.Rename(from, to) }, nil)
}

func (f *faulty) Remove(name string) error {
	return f.step("remove "+filepath.Base(name), func() error { return f.OS.Remove(name) }, nil)
}

func (f *faulty) RemoveAll(name string) error {
	return f.step("remove all of "+filepath.Base(name), func() error { return f.OS.RemoveAll(name) }, nil)
}

func (f *faulty) Mkdir(name string) error {
	return f.step("make "+filepath.Base(name), func() error { return f.OS.Mkdir(name) }, nil)
}

func (f *faulty) SyncDir(name string) error {
	return f.step("sync "+filepath.Base(name), func() error { return nil }, nil)
}

type faultyFile struct {
	atomicfile.File
	f    *faulty
	name string
}

func (f *faultyFile) Write(p []byte) (n int, err error) {
	err = f.f.step("write "+f.name, func() error { n, err = f.File.Write(p); return err },
		func() error { n, err = f.File.Write(p[:len(p)/2]); return err })
	return n, err
}

func (f *faultyFile) Sync() error { return f.f.step("sync "+f.name, func() error { return nil }, nil) }

// scenario is one operation on a directory.
type scenario struct {
	what string
	do   func(ctx context.Context, s *engines) error
}

func scenarios(t *testing.T) []scenario {
	uploads := func(wasm []byte, u store.Upload) func(context.Context, *engines) error {
		return func(ctx context.Context, s *engines) error {
			u.Wasm = wasm
			_, err := s.Upload(ctx, "p", u)
			return err
		}
	}
	first, third, fifth := edition(t, "1"), edition(t, "3"), edition(t, "5")
	return []scenario{
		{"upload", uploads(fifth, store.Upload{Activate: true})},
		{"upload to stand by", uploads(fifth, store.Upload{})},
		{"upload what stands by", uploads(third, store.Upload{Activate: true})},
		{"the first upload", func(ctx context.Context, s *engines) error {
			_, err := s.Upload(ctx, "new", store.Upload{Wasm: first, Activate: true})
			return err
		}},
		{"the first upload, to stand by", func(ctx context.Context, s *engines) error {
			_, err := s.Upload(ctx, "new", store.Upload{Wasm: first})
			return err
		}},
		{"the first upload for a module put there by hand", func(ctx context.Context, s *engines) error {
			_, err := s.Upload(ctx, "hand", store.Upload{Wasm: first, Activate: true})
			return err
		}},
		{"activate", func(ctx context.Context, s *engines) error {
			_, err := s.Activate(ctx, "p", hashOf(third))
			return err
		}},
		{"rollback", func(ctx context.Context, s *engines) error {
			_, err := s.Rollback(ctx, "p")
			return err
		}},
		{"unload", func(ctx context.Context, s *engines) error { return s.Unload(ctx, "p") }},
	}
}

// world is what can be seen of all plugins.
func world(s *engines) map[string]has {
	w := map[string]has{}
	for _, name := range []string{"p", "new", "hand"} {
		w[name] = of(s, name)
	}
	return w
}

// After success the change has taken effect, and after an error it has not: in
// this process and in the next. A process that dies in between leaves one or the
// other.
func TestEachStepOfEachOperationMayFail(t *testing.T) {
	base := t.TempDir()
	write(t, base, "hand.wasm", edition(t, "by hand"))
	with(t, base, setup{}, func(s *engines) {
		for _, name := range []string{"1", "2", "4"} {
			upload(t, s, "p", edition(t, name))
		}
		upload(t, s, "p", edition(t, "3"), standby)
		require.Equal(t, hashOf(edition(t, "4")), of(s, "p").active)
	})
	var before map[string]has
	with(t, base, setup{}, func(s *engines) { before = world(s) })
	require.Equal(t, hashOf(edition(t, "2")), before["p"].rollbackTo)
	require.Len(t, before["p"].kept, 3)

	for _, change := range scenarios(t) {
		t.Run(change.what, func(t *testing.T) {
			t.Parallel()
			// Without a fault.
			dir := copied(t, base)
			var after map[string]has
			system := &faulty{}
			with(t, dir, setup{system: system}, func(s *engines) {
				require.Equal(t, before, world(s))
				system.arm(0)
				require.NoError(t, change.do(t.Context(), s))
				after = world(s)
			})
			steps := system.steps
			require.NotEqual(t, before, after)
			require.NotEmpty(t, steps)
			with(t, dir, setup{}, func(s *engines) { require.Equal(t, after, world(s), "after a restart") })

			refused := 0
			for _, m := range []mode{fails, failsOn, diesAfter, diesHalfway} {
				for n := 1; n <= len(steps); n++ {
					if m == diesHalfway && !strings.HasPrefix(steps[n-1], "write ") {
						continue // it is made or not
					}
					dir := copied(t, base)
					what := fmt.Sprintf("%s at step %d of %d, %s", m, n, len(steps), steps[n-1])
					system := &faulty{mode: m}
					allowed := []map[string]has{before, after}
					with(t, dir, setup{system: system}, func(s *engines) {
						system.arm(n)
						err := change.do(t.Context(), s)
						require.True(t, system.reached(), what)
						if m != fails && m != failsOn {
							return // whoever asked has got no answer
						}
						want := after
						if err != nil {
							refused++
							require.ErrorIs(t, err, plugin.ErrNotCommitted, what)
							require.ErrorIs(t, err, errFault, what)
							want = before
						}
						require.Equal(t, want, world(s), "%s: this process (%v)", what, err)
						allowed = []map[string]has{want}
						system.arm(-1) // the end may tidy up
					})
					with(t, dir, setup{}, func(s *engines) {
						require.Contains(t, allowed, world(s), "%s: the next process", what)
						missing, degraded := s.Readiness()
						require.Empty(t, append(missing, degraded...), what)
						// The next change succeeds.
						_, err := s.Upload(t.Context(), "p", store.Upload{Wasm: edition(t, "6"), Activate: true})
						require.NoError(t, err, what)
					})
					temporary, err := filepath.Glob(filepath.Join(dir, ".uploads", "*", ".*.tmp"))
					require.NoError(t, err)
					assert.Empty(t, temporary, "%s: what is left is removed", what)
				}
			}
			assert.NotZero(t, refused)
		})
	}
}

// What a file is written for counts only once it is whole and on the disk: it is
// synced before it takes its name, and its directory after that, before the next
// file counts on it.
func TestFilesAreSyncedInOrder(t *testing.T) {
	dir := t.TempDir()
	system := &faulty{}
	wasm := edition(t, "1")
	hash := hashOf(wasm)
	with(t, dir, setup{system: system}, func(s *engines) {
		upload(t, s, "p", edition(t, "0"))
		system.arm(0)
		upload(t, s, "p", wasm)
	})
	order := system.steps
	at := func(prefix, suffix string) int {
		t.Helper()
		for i, step := range order {
			if strings.HasPrefix(step, prefix) && strings.HasSuffix(step, suffix) {
				return i
			}
		}
		t.Fatalf("no step %q…%q in %q", prefix, suffix, order)
		return 0
	}
	module := at("rename to "+hash, ".wasm")
	assert.Less(t, at("write ."+hash+".wasm", ".tmp"), at("sync ."+hash+".wasm", ".tmp"))
	assert.Less(t, at("sync ."+hash+".wasm", ".tmp"), module)
	assert.Equal(t, "sync p", order[module+1])
	active := at("rename to active", "")
	assert.Less(t, module+1, at("create .active", ".tmp"))
	assert.Less(t, at("sync .active", ".tmp"), active)
	assert.Equal(t, "sync p", order[active+1])
}

// A directory that can only be read serves; what would change it is refused.
func TestADirectoryThatCanOnlyBeRead(t *testing.T) {
	dir := t.TempDir()
	write(t, dir, "hand.wasm", edition(t, "by hand"))
	system := &faulty{mode: failsOn}
	system.arm(1)
	var log syncBuffer
	with(t, dir, setup{system: system, log: &log}, func(s *engines) {
		assert.Equal(t, hashOf(edition(t, "by hand")), of(s, "hand").active)
		_, err := s.Upload(t.Context(), "hand", store.Upload{Wasm: edition(t, "1"), Activate: true})
		require.ErrorIs(t, err, plugin.ErrNotCommitted)
		assert.Equal(t, hashOf(edition(t, "by hand")), of(s, "hand").active)
	})
	assert.Contains(t, log.String(), "cannot record which module is being loaded")
	entries, err := os.ReadDir(dir)
	require.NoError(t, err)
	assert.Len(t, entries, 1)
}
