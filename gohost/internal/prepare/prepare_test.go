package prepare

import (
	"bytes"
	"context"
	"encoding/binary"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"github.com/tetratelabs/wazero"
	"github.com/tetratelabs/wazero/api"
)

// miscompiled is where the programs lie that wazero compiles wrongly.
const miscompiled = "../../../tests/miscompiled/testdata"

func readModule(t *testing.T, name string) []byte {
	t.Helper()
	module, err := os.ReadFile(filepath.Join(miscompiled, name))
	require.NoError(t, err)
	return module
}

func newSandbox(t *testing.T) *Sandbox {
	t.Helper()
	sandbox := New()
	t.Cleanup(func() { require.NoError(t, sandbox.Close(context.Background())) })
	return sandbox
}

func TestHardenedAsTheNativeProgramDoes(t *testing.T) {
	sandbox := newSandbox(t)
	for _, name := range []string{"select", "copysign", "kinds"} {
		hardened, err := sandbox.Harden(t.Context(), readModule(t, name+".wasm"))
		require.NoError(t, err)
		// Written by the native program; tests/miscompiled checks that it still would.
		assert.Equal(t, readModule(t, name+".hardened.wasm"), hardened, name)
	}
}

func TestHardenedModulesRunRight(t *testing.T) {
	hardened, err := newSandbox(t).Harden(t.Context(), readModule(t, "select.wasm"))
	require.NoError(t, err)
	runtime := wazero.NewRuntime(t.Context())
	defer runtime.Close(t.Context())
	instance, err := runtime.Instantiate(t.Context(), hardened)
	require.NoError(t, err)
	results, err := instance.ExportedFunction("t").Call(t.Context(), api.EncodeF64(10), api.EncodeF64(3), 0)
	require.NoError(t, err)
	assert.Equal(t, -13.0, api.DecodeF64(results[0]))
}

func TestAModuleWithoutMiscompiledInstructionsComesBackUnchanged(t *testing.T) {
	sandbox := newSandbox(t)
	// The prepare module itself was hardened when it was built.
	for name, module := range map[string][]byte{
		"itself":  wasm,
		"select":  readModule(t, "select.hardened.wasm"),
		"minimal": []byte("\x00asm\x01\x00\x00\x00"),
	} {
		hardened, err := sandbox.Harden(t.Context(), module)
		require.NoError(t, err, name)
		assert.True(t, bytes.Equal(module, hardened), name)
	}
}

func TestARefusalSaysWhy(t *testing.T) {
	sandbox := newSandbox(t)
	for _, bad := range []struct {
		module, reason string
	}{
		{"", "not a valid WebAssembly module: "},
		{"not wasm at all", "not a valid WebAssembly module: "},
		{"\x00asm\x0d\x00\x01\x00", "this is a component; a core module is expected"},
		// A memory with 64-bit addresses.
		{"\x00asm\x01\x00\x00\x00\x05\x03\x01\x04\x01", "the module needs a feature beyond WebAssembly 2.0: memory64"},
	} {
		_, err := sandbox.Harden(t.Context(), []byte(bad.module))
		var refused *RefusedError
		require.ErrorAs(t, err, &refused, "%q", bad.module)
		assert.Contains(t, refused.Reason, bad.reason)
	}
}

func TestAnyPrefixAndAnyChangeOfAModuleIsAnswered(t *testing.T) {
	sandbox := newSandbox(t)
	original := readModule(t, "select.wasm")
	check := func(module []byte) {
		_, err := sandbox.Harden(t.Context(), module)
		var refused *RefusedError
		if err != nil {
			require.ErrorAs(t, err, &refused)
		}
	}
	for end := range original {
		check(original[:end])
	}
	for at := range original {
		for _, value := range []byte{0x00, 0x01, 0x7f, 0x80, 0xff} {
			changed := bytes.Clone(original)
			changed[at] = value
			check(changed)
		}
	}
}

func TestTooLargeAModule(t *testing.T) {
	sandbox := newSandbox(t)
	_, err := sandbox.Harden(t.Context(), make([]byte, MaxSize+1))
	requireLimit(t, err, "module size", MaxSize)
	_, err = sandbox.Harden(t.Context(), make([]byte, MaxSize))
	var refused *RefusedError
	require.ErrorAs(t, err, &refused)
	assert.Equal(t, Invalid, refused.Class, "a module of that size is looked at")
}

// A module of nothing but instructions to rewrite grows 25 times.
func TestAModuleThatGrowsTooLarge(t *testing.T) {
	const functions, instructions = 100, 200_000
	body := bytes.Repeat([]byte{0xa6}, instructions) // f64.copysign
	body = append([]byte{0, 0x00}, body...)          // no locals, unreachable
	body = append(body, 0x1a, 0x0b)                  // drop, end
	code := binary.AppendUvarint(nil, functions)
	for range functions {
		code = append(binary.AppendUvarint(code, uint64(len(body))), body...)
	}
	module := []byte("\x00asm\x01\x00\x00\x00\x01\x04\x01\x60\x00\x00") // type 0: no parameters, no results
	types := append(binary.AppendUvarint(nil, functions), make([]byte, functions)...)
	module = append(binary.AppendUvarint(append(module, 3), uint64(len(types))), types...)
	module = append(binary.AppendUvarint(append(module, 10), uint64(len(code))), code...)
	require.Less(t, len(module), MaxSize)

	_, err := newSandbox(t).Harden(t.Context(), module)
	requireLimit(t, err, "check memory", 512<<20)
}

// requireLimit checks that a module was refused because of a limit.
func requireLimit(t *testing.T, err error, name string, value uint64) {
	t.Helper()
	var refused *RefusedError
	require.ErrorAs(t, err, &refused)
	require.Equal(t, Limit, refused.Class, refused.Reason)
	require.Equal(t, name, refused.Limit)
	require.Equal(t, value, refused.Max)
}

func TestAContextThatHasEnded(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_, err := newSandbox(t).Harden(ctx, readModule(t, "select.wasm"))
	require.ErrorIs(t, err, context.Canceled)
}

// The prepare module is metered itself.
func TestARunEndsWithItsContext(t *testing.T) {
	sandbox := newSandbox(t)
	require.NoError(t, sandbox.Compile(t.Context(), ""))
	code := bytes.Repeat([]byte{0x01}, MaxSize-100) // nop
	body := append(append([]byte{0}, code...), 0x0b)
	section := append(binary.AppendUvarint([]byte{1}, uint64(len(body))), body...)
	module := []byte("\x00asm\x01\x00\x00\x00" + "\x01\x04\x01\x60\x00\x00" + "\x03\x02\x01\x00" + "\x0a")
	module = append(binary.AppendUvarint(module, uint64(len(section))), section...)
	for name, run := range map[string]func(ctx context.Context) error{
		"describe": func(ctx context.Context) error { _, err := sandbox.Describe(ctx, module); return err },
		"harden":   func(ctx context.Context) error { _, err := sandbox.Harden(ctx, module); return err },
	} {
		err := run(&endsAfter{Context: t.Context(), looks: 10})
		require.ErrorIs(t, err, context.Canceled, name)
	}
}

// endsAfter is a context that ends once it was looked at so many times, which a
// run does at every slice of its fuel.
type endsAfter struct {
	context.Context
	looks int
}

func (e *endsAfter) Err() error {
	if e.looks--; e.looks < 0 {
		return context.Canceled
	}
	return nil
}

// coreModule returns the first core module of a component.
func coreModule(t *testing.T, component []byte) []byte {
	t.Helper()
	const preamble, coreModuleSection = 8, 1
	for rest := component[preamble:]; len(rest) > 0; {
		id := rest[0]
		size, n := binary.Uvarint(rest[1:])
		contents := rest[1+n:][:size]
		if id == coreModuleSection {
			return contents
		}
		rest = rest[1+n+int(size):]
	}
	require.Fail(t, "the component has no core module")
	return nil
}

func TestPrepareAndCheckSayTheSame(t *testing.T) {
	sandbox := newSandbox(t)
	read := func(name string) []byte {
		module, err := os.ReadFile(filepath.Join("../../testdata", name+".wasm"))
		require.NoError(t, err)
		return module
	}
	problems, err := sandbox.Check(t.Context(), read("component"), nil)
	require.NoError(t, err)
	assert.Empty(t, problems)
	core := coreModule(t, read("component"))
	for _, meter := range []bool{false, true} {
		fromComponent, err := sandbox.Prepare(t.Context(), read("component"), Options{Meter: meter})
		require.NoError(t, err)
		fromCore, err := sandbox.Prepare(t.Context(), core, Options{Meter: meter})
		require.NoError(t, err)
		assert.Equal(t, fromCore, fromComponent)
		assert.Equal(t, meter, bytes.Contains(fromCore, []byte("compute-pipeline:fuel")))
	}

	clock := []Import{{Module: "env", Name: "clock"}}
	for _, test := range []struct {
		module   string
		grants   []Import
		problems []string
	}{
		{"newer", nil, []string{
			"it exports org:analytics/metrics@0.2.0, and this host knows 0.1.x",
			"it exports org:compute/pipeline@0.2.0, and this host knows 0.1.x",
		}},
		{"imports_function", []Import{{Module: "env", Name: "cloc"}}, []string{`it imports the function "env" "clock", which is not granted`}},
		{"imports_function", clock, nil},
		{"echo", clock, nil},
	} {
		problems, err := sandbox.Check(t.Context(), read(test.module), test.grants)
		require.NoError(t, err)
		assert.Equal(t, test.problems, problems, test.module)
		_, err = sandbox.Prepare(t.Context(), read(test.module), Options{Grants: test.grants})
		if test.problems == nil {
			require.NoError(t, err, test.module)
			continue
		}
		var refused *RefusedError
		require.ErrorAs(t, err, &refused, test.module)
		assert.Equal(t, Contract, refused.Class)
		assert.Equal(t, test.problems, refused.Problems)
		assert.Equal(t, strings.Join(test.problems, "; "), refused.Reason)
	}
}

func TestLimitsAreAClassOfTheirOwn(t *testing.T) {
	module, err := os.ReadFile("../../testdata/table_bomb.wasm")
	require.NoError(t, err)
	_, err = newSandbox(t).Prepare(t.Context(), module, Options{})
	requireLimit(t, err, "table entries", 131072)
	assert.EqualError(t, err, "its tables start with more than 131072 entries")
}

func TestACacheDirectoryThatCannotBeUsed(t *testing.T) {
	dir := t.TempDir()
	for range 2 { // the second finds damaged files
		sandbox := New()
		require.NoError(t, sandbox.Compile(t.Context(), dir))
		_, err := sandbox.Harden(t.Context(), readModule(t, "select.wasm"))
		require.NoError(t, err)
		require.NoError(t, sandbox.Close(t.Context()))
		files := 0
		require.NoError(t, filepath.WalkDir(dir, func(path string, d os.DirEntry, err error) error {
			if err != nil || d.IsDir() {
				return err
			}
			files++
			return os.Truncate(path, 3)
		}))
		require.Equal(t, 1, files)
	}
	file := filepath.Join(dir, "file")
	require.NoError(t, os.WriteFile(file, nil, 0o600))
	sandbox := newSandbox(t)
	require.NoError(t, sandbox.Compile(t.Context(), file), "not a directory")
}

func TestConcurrentUse(t *testing.T) {
	sandbox := newSandbox(t)
	original, expected := readModule(t, "copysign.wasm"), readModule(t, "copysign.hardened.wasm")
	var callers sync.WaitGroup
	for range 8 {
		callers.Go(func() {
			for range 4 {
				hardened, err := sandbox.Harden(t.Context(), original)
				assert.NoError(t, err)
				assert.Equal(t, expected, hardened)
			}
		})
	}
	callers.Wait()
}

func TestAClosedSandbox(t *testing.T) {
	sandbox := New()
	require.NoError(t, sandbox.Close(t.Context()), "one that was never used")
	_, err := sandbox.Harden(t.Context(), readModule(t, "select.wasm"))
	require.ErrorContains(t, err, "closed")
	require.NoError(t, sandbox.Close(t.Context()))
}

// benchmarkFirst is what a process pays before its first module.
func benchmarkFirst(b *testing.B, cacheDir string) {
	for b.Loop() {
		sandbox := New()
		if err := sandbox.Compile(b.Context(), cacheDir); err != nil {
			b.Fatal(err)
		}
		if err := sandbox.Close(b.Context()); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkFirstUse(b *testing.B)         { benchmarkFirst(b, "") }
func BenchmarkFirstUseFromDisk(b *testing.B) { benchmarkFirst(b, b.TempDir()) }

func BenchmarkHarden(b *testing.B) {
	sandbox := New()
	defer sandbox.Close(b.Context())
	b.SetBytes(int64(len(wasm)))
	for b.Loop() {
		if _, err := sandbox.Harden(b.Context(), wasm); err != nil {
			b.Fatal(err)
		}
	}
}
