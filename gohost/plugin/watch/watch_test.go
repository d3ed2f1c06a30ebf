package watch_test

import (
	"context"
	"crypto/ed25519"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"example.org/compute-pipeline/gohost"
	"example.org/compute-pipeline/gohost/plugin"
	"example.org/compute-pipeline/gohost/plugin/watch"
)

var ctx = context.Background()

// module is a module like any other, small, and with bytes of its own for each
// edition.
func module(t testing.TB, edition string) []byte {
	t.Helper()
	wasm, err := os.ReadFile("../../testdata/echo.wasm")
	require.NoError(t, err)
	body := append(append([]byte{7}, "edition"...), edition...)
	wasm = append(wasm, 0)
	return append(binary.AppendUvarint(wasm, uint64(len(body))), body...)
}

// failures collects what WithOnError gets.
type failures struct {
	mu  sync.Mutex
	all []failure
}

type failure struct {
	name string
	err  error
}

func (f *failures) add(name string, err error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.all = append(f.all, failure{name, err})
}

// take waits for one of the class and forgets what there is.
func (f *failures) take(t *testing.T, name string, class error) {
	t.Helper()
	require.Eventually(t, func() bool {
		f.mu.Lock()
		defer f.mu.Unlock()
		for _, got := range f.all {
			if got.name == name && errors.Is(got.err, class) {
				f.all = nil
				return true
			}
		}
		return false
	}, time.Minute, 5*time.Millisecond, "an error of %q: %v", name, class)
}

func (f *failures) none(t *testing.T) {
	t.Helper()
	f.mu.Lock()
	defer f.mu.Unlock()
	require.Empty(t, f.all)
}

type world struct {
	t   *testing.T
	dir string
	reg *plugin.Registry[gohost.Functions]
	*failures
	loads func() int
}

// start watches a new directory in which prepare has put something. Nothing but
// notifications brings a change to the watcher, unless a test says else.
func start(t *testing.T, prepare func(dir string), opts []watch.Option, regOpts ...plugin.Option) *world {
	t.Helper()
	w := &world{t: t, dir: filepath.Join(t.TempDir(), "plugins"), failures: &failures{}}
	var mu sync.Mutex
	loads := 0
	w.loads = func() int {
		mu.Lock()
		defer mu.Unlock()
		return loads
	}
	reg, err := plugin.NewRegistry(gohost.Binding(), append([]plugin.Option{
		plugin.WithSelfTest(time.Minute, func(context.Context, gohost.Functions) error { return nil }),
		plugin.WithHooks(plugin.Hooks{OnLoad: func(plugin.LoadEvent) { mu.Lock(); loads++; mu.Unlock() }}),
	}, regOpts...)...)
	require.NoError(t, err)
	w.reg = reg
	if prepare == nil {
		prepare = func(dir string) { require.NoError(t, os.Mkdir(dir, 0o700)) }
	}
	prepare(w.dir)
	watcher, err := watch.Start(ctx, reg, w.dir, append([]watch.Option{
		watch.WithDebounce(20 * time.Millisecond), watch.WithPoll(time.Hour), watch.WithOnError(w.add),
	}, opts...)...)
	require.NoError(t, err)
	t.Cleanup(func() {
		assert.NoError(t, watcher.Close(ctx))
		assert.NoError(t, reg.Close(ctx))
	})
	return w
}

// put renames a file into place.
func put(t testing.TB, path string, data []byte) {
	t.Helper()
	temp := filepath.Join(filepath.Dir(path), ".temp")
	require.NoError(t, os.WriteFile(temp, data, 0o600))
	require.NoError(t, os.Rename(temp, path))
}

func (w *world) put(name string, data []byte) {
	w.t.Helper()
	put(w.t, filepath.Join(w.dir, name), data)
}

// serves waits until the module is the active version.
func (w *world) serves(name string, wasm []byte) {
	w.t.Helper()
	sum := sha256.Sum256(wasm)
	require.Eventually(w.t, func() bool {
		st, err := w.reg.Status(name)
		return err == nil && st.Active.Hash == hex.EncodeToString(sum[:])
	}, time.Minute, 5*time.Millisecond, name)
	p, err := w.reg.Plugin(name)
	require.NoError(w.t, err)
	_, err = p.Binding().ProcessBatch(ctx, make([]byte, 16))
	require.NoError(w.t, err)
}

// settled waits until nothing more is loaded, and returns how many loads there
// were.
func (w *world) settled() int {
	n := -1
	require.Eventually(w.t, func() bool {
		before := n
		n = w.loads()
		return n == before
	}, time.Minute, 150*time.Millisecond)
	return n
}

func TestWhatIsThereAtTheStartIsLoaded(t *testing.T) {
	a, b := module(t, "a"), module(t, "b")
	w := start(t, func(dir string) {
		require.NoError(t, os.Mkdir(dir, 0o700))
		put(t, filepath.Join(dir, "a.wasm"), a)
		put(t, filepath.Join(dir, "b.wasm"), b)
		put(t, filepath.Join(dir, "b.json"), []byte(`{"max_instances": 1, "call_timeout": "3s"}`))
		put(t, filepath.Join(dir, ".hidden.wasm"), b)
		put(t, filepath.Join(dir, "README"), []byte("hello"))
		put(t, filepath.Join(dir, "broken.wasm"), a[:30])
		put(t, filepath.Join(dir, "bad name.wasm"), a)
	}, nil)
	require.Len(t, w.reg.List(), 2, "without waiting")
	w.serves("a", a)
	w.serves("b", b)
	st, err := w.reg.Status("b")
	require.NoError(t, err)
	assert.Equal(t, 1, st.Active.Limits.MaxInstances)
	assert.Equal(t, 3*time.Second, st.Active.Limits.CallTimeout)
	require.Len(t, w.all, 2)
	w.take(t, "broken", gohost.ErrContract)
}

func TestChangesAreLoaded(t *testing.T) {
	w := start(t, nil, nil)
	for _, edition := range []string{"first", "second", "third"} {
		w.put("a.wasm", module(t, edition))
		w.serves("a", module(t, edition))
	}
	w.put("b.wasm", module(t, "b"))
	w.serves("b", module(t, "b"))
	w.none(t)
	n := w.settled()
	w.put("README", []byte("nothing to load"))
	w.put(".b.wasm", module(t, "hidden"))
	assert.Equal(t, n, w.settled())

	w.put("a.json", []byte(`{"memory_mib": 7}`))
	require.Eventually(t, func() bool {
		st, err := w.reg.Status("a")
		return err == nil && st.Active.Limits.MemoryMiB == 7
	}, time.Minute, 5*time.Millisecond, "limits alone are a change too")
	require.NoError(t, os.Remove(filepath.Join(w.dir, "a.json")))
	require.Eventually(t, func() bool {
		st, err := w.reg.Status("a")
		return err == nil && st.Active.Limits.MemoryMiB != 7
	}, time.Minute, 5*time.Millisecond)
}

func TestAFileWrittenInPlaceIsLoadedWhenItIsWhole(t *testing.T) {
	w := start(t, nil, nil)
	w.put("a.wasm", module(t, "first"))
	w.serves("a", module(t, "first"))

	second := module(t, "second")
	file, err := os.Create(filepath.Join(w.dir, "a.wasm"))
	require.NoError(t, err)
	_, err = file.Write(second[:100])
	require.NoError(t, err)
	w.take(t, "a", gohost.ErrContract)
	w.serves("a", module(t, "first"))
	_, err = file.Write(second[100:])
	require.NoError(t, err)
	require.NoError(t, file.Close())
	w.serves("a", second)

	// Of the same size, and within what the clock can tell apart.
	path := filepath.Join(w.dir, "a.wasm")
	info, err := os.Stat(path)
	require.NoError(t, err)
	third := module(t, "third ")
	require.Len(t, third, len(second))
	require.NoError(t, os.WriteFile(path, third, 0o600))
	require.NoError(t, os.Chtimes(path, info.ModTime(), info.ModTime()))
	w.serves("a", third)
}

func TestManyWritesAreOneLoad(t *testing.T) {
	const debounce = 300 * time.Millisecond
	w := start(t, nil, []watch.Option{watch.WithDebounce(debounce)})
	w.put("a.wasm", module(t, "0"))
	w.serves("a", module(t, "0"))
	for round := 0; ; round++ {
		n := w.settled()
		begin := time.Now()
		var last []byte
		for i := range 10 {
			last = module(t, fmt.Sprint(round, i))
			w.put("a.wasm", last)
		}
		hurried := time.Since(begin) < debounce/3
		w.serves("a", last)
		if loads := w.settled() - n; hurried {
			assert.LessOrEqual(t, loads, 2)
			return
		}
		// The machine is so busy that there were pauses between the writes.
	}
}

func TestABadModuleLeavesTheOldOneAndIsNotTriedAgain(t *testing.T) {
	w := start(t, nil, []watch.Option{watch.WithPoll(20 * time.Millisecond)})
	first := module(t, "first")
	w.put("a.wasm", first)
	w.serves("a", first)
	w.put("a.wasm", []byte("no module"))
	w.take(t, "a", gohost.ErrContract)
	n := w.settled()
	time.Sleep(100 * time.Millisecond) // some polls
	assert.Equal(t, n, w.loads())
	w.serves("a", first)
	w.put("a.json", []byte(`{"memory": 1}`))
	w.take(t, "a", gohost.ErrInvalidInput)
	require.NoError(t, os.Remove(filepath.Join(w.dir, "a.json")))
	w.put("a.wasm", module(t, "second"))
	w.serves("a", module(t, "second"))
}

func TestSignatures(t *testing.T) {
	public, private, err := ed25519.GenerateKey(nil)
	require.NoError(t, err)
	w := start(t, nil, nil, plugin.WithPublicKeys(public), plugin.WithRequireSignature())
	first, second := module(t, "first"), module(t, "second")
	w.put("a.wasm", first)
	w.take(t, "a", plugin.ErrSignature)
	w.put("a.wasm.sig", ed25519.Sign(private, first))
	w.serves("a", first)

	w.put("a.wasm", second)
	w.take(t, "a", plugin.ErrSignature)
	w.serves("a", first)
	w.put("a.wasm.sig", ed25519.Sign(private, second))
	w.serves("a", second)
	w.put("a.wasm.sig", make([]byte, 5000))
	w.take(t, "a", gohost.ErrInvalidInput)
	w.serves("a", second)
}

func TestRemovalKeepsServingByDefault(t *testing.T) {
	w := start(t, nil, nil)
	w.put("a.wasm", module(t, "first"))
	w.serves("a", module(t, "first"))
	require.NoError(t, os.Remove(filepath.Join(w.dir, "a.wasm")))
	w.put("b.wasm", module(t, "b")) // so that we know when the removal was seen
	w.serves("b", module(t, "b"))
	w.serves("a", module(t, "first"))
	w.put("a.wasm", module(t, "second"))
	w.serves("a", module(t, "second"))
	w.none(t)
}

func TestRemovalUnloadsWhereThatIsWanted(t *testing.T) {
	w := start(t, nil, []watch.Option{watch.WithUnload()})
	w.put("a.wasm", module(t, "first"))
	w.serves("a", module(t, "first"))
	require.NoError(t, os.Remove(filepath.Join(w.dir, "a.wasm")))
	require.Eventually(t, func() bool { return len(w.reg.List()) == 0 }, time.Minute, 5*time.Millisecond)
	w.put("a.wasm", module(t, "first"))
	w.serves("a", module(t, "first"))
	w.none(t)
}

func TestTheDirectoryMayBeReplaced(t *testing.T) {
	w := start(t, nil, []watch.Option{watch.WithUnload()})
	w.put("a.wasm", module(t, "first"))
	w.serves("a", module(t, "first"))

	old := w.dir + ".old"
	require.NoError(t, os.Rename(w.dir, old))
	w.take(t, "", fs.ErrNotExist)
	w.serves("a", module(t, "first"))
	require.NoError(t, os.Mkdir(w.dir, 0o700))
	w.put("b.wasm", module(t, "b"))
	w.serves("b", module(t, "b"))
	require.Eventually(t, func() bool { return len(w.reg.List()) == 1 }, time.Minute, 5*time.Millisecond)
	w.put("b.wasm", module(t, "b2"))
	w.serves("b", module(t, "b2"))
	n := w.settled()
	put(t, filepath.Join(old, "c.wasm"), module(t, "c"))
	assert.Equal(t, n, w.settled(), "the old directory is of no interest")

	require.NoError(t, os.RemoveAll(w.dir))
	w.take(t, "", fs.ErrNotExist)
	require.NoError(t, os.Rename(old, w.dir))
	w.serves("a", module(t, "first"))
	w.serves("c", module(t, "c"))
}

func TestTheDirectoryMayBeALink(t *testing.T) {
	releases := t.TempDir()
	release := func(name string, wasm []byte) string {
		dir := filepath.Join(releases, name)
		require.NoError(t, os.Mkdir(dir, 0o700))
		put(t, filepath.Join(dir, "a.wasm"), wasm)
		return dir
	}
	first, second := release("1", module(t, "first")), release("2", module(t, "second"))
	w := start(t, func(dir string) { require.NoError(t, os.Symlink(first, dir)) }, nil)
	w.serves("a", module(t, "first"))
	require.NoError(t, os.Symlink(second, w.dir+".new"))
	require.NoError(t, os.Rename(w.dir+".new", w.dir))
	w.serves("a", module(t, "second"))
	put(t, filepath.Join(second, "a.wasm"), module(t, "third"))
	w.serves("a", module(t, "third"))
	w.none(t)
}

// A mounted ConfigMap: NAME.wasm -> ..data/NAME.wasm, ..data -> ..TIME.
func TestLinksAsKubernetesMakesThem(t *testing.T) {
	mount := func(dir, time string, wasm []byte) {
		data := filepath.Join(dir, ".."+time)
		require.NoError(t, os.Mkdir(data, 0o700))
		require.NoError(t, os.WriteFile(filepath.Join(data, "a.wasm"), wasm, 0o600))
		require.NoError(t, os.Symlink(".."+time, filepath.Join(dir, "..data_tmp")))
		require.NoError(t, os.Rename(filepath.Join(dir, "..data_tmp"), filepath.Join(dir, "..data")))
	}
	w := start(t, func(dir string) {
		require.NoError(t, os.Mkdir(dir, 0o700))
		mount(dir, "2026_01", module(t, "first"))
		require.NoError(t, os.Symlink("..data/a.wasm", filepath.Join(dir, "a.wasm")))
	}, nil)
	w.serves("a", module(t, "first"))
	mount(w.dir, "2026_02", module(t, "second"))
	require.NoError(t, os.RemoveAll(filepath.Join(w.dir, "..2026_01")))
	w.serves("a", module(t, "second"))
	mount(w.dir, "2026_03", module(t, "third"))
	w.serves("a", module(t, "third"))
	w.none(t)
}

// The target of a link in another directory sends no notification.
func TestPollFindsWhatNobodyTells(t *testing.T) {
	elsewhere := filepath.Join(t.TempDir(), "module")
	put(t, elsewhere, module(t, "first"))
	w := start(t, func(dir string) {
		require.NoError(t, os.Mkdir(dir, 0o700))
		require.NoError(t, os.Symlink(elsewhere, filepath.Join(dir, "a.wasm")))
	}, []watch.Option{watch.WithPoll(20 * time.Millisecond)})
	w.serves("a", module(t, "first"))
	put(t, elsewhere, module(t, "second"))
	w.serves("a", module(t, "second"))

	// A link to nothing is tried until there is something.
	require.NoError(t, os.Symlink(elsewhere+"2", filepath.Join(w.dir, "b.wasm")))
	w.take(t, "b", fs.ErrNotExist)
	put(t, elsewhere+"2", module(t, "b"))
	w.serves("b", module(t, "b"))
}

func TestLoadOptionsOfTheProgram(t *testing.T) {
	grant := func(name string) ([]plugin.LoadOption, error) {
		if name == "refused" {
			return nil, fs.ErrPermission
		}
		return []plugin.LoadOption{plugin.WithLimits(plugin.Limits{MaxInstances: len(name)})}, nil
	}
	w := start(t, nil, []watch.Option{watch.WithLoadOptions(grant)})
	w.put("abc.wasm", module(t, "first"))
	w.serves("abc", module(t, "first"))
	st, err := w.reg.Status("abc")
	require.NoError(t, err)
	assert.Equal(t, 3, st.Active.Limits.MaxInstances)
	w.put("refused.wasm", module(t, "first"))
	w.take(t, "refused", fs.ErrPermission)
}

func TestPluginsOutsideTheFilterAreLeftAlone(t *testing.T) {
	w := start(t, func(dir string) {
		require.NoError(t, os.Mkdir(dir, 0o700))
		put(t, filepath.Join(dir, "b.wasm"), []byte("no module"))
	}, []watch.Option{watch.WithFilter(func(name string) bool { return name == "a" })})
	w.put("a.wasm", module(t, "first"))
	w.serves("a", module(t, "first"))
	assert.Len(t, w.reg.List(), 1)
	w.none(t)
}

// The filter says what to look at. It does not say what is in the directory.
func TestAPluginThatTheFilterTurnsAwayFromIsNotGone(t *testing.T) {
	var away atomic.Bool
	w := start(t, func(dir string) {
		require.NoError(t, os.Mkdir(dir, 0o700))
		put(t, filepath.Join(dir, "a.wasm"), module(t, "first"))
	}, []watch.Option{watch.WithUnload(), watch.WithFilter(func(name string) bool { return name != "a" || !away.Load() })})
	w.serves("a", module(t, "first"))
	away.Store(true)
	w.put("b.wasm", module(t, "first"))
	w.serves("b", module(t, "first"))
	w.serves("a", module(t, "first"))
	w.none(t)
}

func TestSyncLoadsOnce(t *testing.T) {
	reg, err := plugin.NewRegistry(gohost.Binding(), plugin.WithSelfTest(time.Minute, func(context.Context, gohost.Functions) error { return nil }))
	require.NoError(t, err)
	defer reg.Close(ctx)
	dir := t.TempDir()
	put(t, filepath.Join(dir, "a.wasm"), module(t, "first"))
	put(t, filepath.Join(dir, "a.json"), []byte(`{"max_instances": 3}`))
	require.NoError(t, watch.Sync(ctx, reg, dir))
	st, err := reg.Status("a")
	require.NoError(t, err)
	assert.Equal(t, 3, st.Active.Limits.MaxInstances)

	put(t, filepath.Join(dir, "b.wasm"), module(t, "b"))
	put(t, filepath.Join(dir, "c.wasm"), []byte("no module"))
	put(t, filepath.Join(dir, "d.wasm"), module(t, "d"))
	put(t, filepath.Join(dir, "d.json"), []byte(`{"memory": 1}`))
	require.NoError(t, os.Remove(filepath.Join(dir, "a.wasm")))
	var f failures
	err = watch.Sync(ctx, reg, dir, watch.WithUnload(), watch.WithOnError(f.add))
	require.ErrorIs(t, err, gohost.ErrContract)
	require.ErrorIs(t, err, gohost.ErrInvalidInput)
	assert.Len(t, f.all, 2)
	assert.Len(t, reg.List(), 2, "a stays, and b has come")

	canceled, cancel := context.WithCancel(ctx)
	cancel()
	require.ErrorIs(t, watch.Sync(canceled, reg, dir), context.Canceled)
	require.ErrorIs(t, watch.Sync(ctx, reg, filepath.Join(dir, "none")), fs.ErrNotExist)
	require.ErrorIs(t, watch.Sync(ctx, reg, dir, nil), gohost.ErrInvalidInput)
}

func TestStartSaysWhatIsWrong(t *testing.T) {
	reg, err := plugin.NewRegistry(gohost.Binding())
	require.NoError(t, err)
	defer reg.Close(ctx)
	dir := t.TempDir()
	file := filepath.Join(dir, "file")
	require.NoError(t, os.WriteFile(file, nil, 0o600))
	canceled, cancel := context.WithCancel(ctx)
	cancel()
	goroutines := runtime.NumGoroutine()
	for name, test := range map[string]struct {
		ctx  context.Context
		dir  string
		opts []watch.Option
		want error
	}{
		"no directory":  {ctx, filepath.Join(dir, "none"), nil, fs.ErrNotExist},
		"a file":        {ctx, file, nil, syscall.ENOTDIR},
		"nil option":    {ctx, dir, []watch.Option{nil}, gohost.ErrInvalidInput},
		"no debounce":   {ctx, dir, []watch.Option{watch.WithDebounce(0)}, gohost.ErrInvalidInput},
		"no poll":       {ctx, dir, []watch.Option{watch.WithPoll(0)}, gohost.ErrInvalidInput},
		"no function":   {ctx, dir, []watch.Option{watch.WithOnError(nil)}, gohost.ErrInvalidInput},
		"no function 3": {ctx, dir, []watch.Option{watch.WithFilter(nil)}, gohost.ErrInvalidInput},
		"no function 2": {ctx, dir, []watch.Option{watch.WithLoadOptions(nil)}, gohost.ErrInvalidInput},
		"ended context": {canceled, dir, nil, context.Canceled},
	} {
		_, err := watch.Start(test.ctx, reg, test.dir, test.opts...)
		require.ErrorIs(t, err, test.want, name)
	}
	require.Eventually(t, func() bool { return runtime.NumGoroutine() <= goroutines+1 }, time.Minute, 10*time.Millisecond)
}
