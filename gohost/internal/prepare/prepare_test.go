package prepare

import (
	"bytes"
	"context"
	"encoding/binary"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"example.org/compute-pipeline/gohost/internal/compiler"
)

// readModule returns a module of gohost's tests.
func readModule(t *testing.T, name string) []byte {
	t.Helper()
	module, err := os.ReadFile(filepath.Join("../../testdata", name))
	require.NoError(t, err)
	return module
}

// readContract reads the contract of wit/, as text.
func readContract(t *testing.T) []byte {
	t.Helper()
	text, err := os.ReadFile("../../../wit/contract.txt")
	require.NoError(t, err)
	return text
}

// Every program carries the module, so it may grow by what is worth it. It had 490,236 bytes
// for one contract, 31,534 are the charges of its own small branches, 55,000 merge core modules,
// and 3,500 say where rewritten code comes from.
func TestSizeOfTheModule(t *testing.T) {
	assert.LessOrEqual(t, len(wasm), 620_000)
}

func newSandbox(t *testing.T) *Sandbox {
	t.Helper()
	sandbox := New()
	t.Cleanup(func() { require.NoError(t, sandbox.Close(context.Background())) })
	return sandbox
}

func TestARefusalSaysWhy(t *testing.T) {
	sandbox := newSandbox(t)
	for _, bad := range []struct {
		module, reason string
	}{
		{"", "not a valid WebAssembly module: "},
		{"not wasm at all", "not a valid WebAssembly module: "},
		// A memory with 64-bit addresses.
		{"\x00asm\x01\x00\x00\x00\x05\x03\x01\x04\x01", "the module needs a feature beyond WebAssembly 2.0: memory64"},
	} {
		_, err := sandbox.Check(t.Context(), []byte(bad.module), nil)
		var refused *RefusedError
		require.ErrorAs(t, err, &refused, "%q", bad.module)
		assert.Contains(t, refused.Reason, bad.reason)
	}
}

func TestAnyPrefixAndAnyChangeOfAModuleIsAnswered(t *testing.T) {
	sandbox := newSandbox(t)
	original := readModule(t, "echo.wasm")
	check := func(module []byte) {
		_, err := sandbox.Prepare(t.Context(), module, Options{Meter: true})
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
	_, err := sandbox.Check(t.Context(), make([]byte, MaxSize+1), nil)
	requireLimit(t, err, "module size", MaxSize)
	_, err = sandbox.Check(t.Context(), make([]byte, MaxSize), nil)
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
	module := []byte("\x00asm\x01\x00\x00\x00" +
		"\x01\x19\x04\x60\x00\x00\x60\x02\x7f\x7f\x01\x7f\x60\x03\x7f\x7f\x7f\x01\x7f\x60\x04\x7f\x7f\x7f\x7f\x01\x7f")
	types := append(binary.AppendUvarint(nil, 3+functions), 3, 1, 2)
	module = appendSized(append(module, 3), append(types, make([]byte, functions)...))
	module = append(module, "\x05\x03\x01\x00\x01"...) // a memory
	exports := append([]byte{6}, "\x06memory\x02\x00\x0ccabi_realloc\x00\x00"...)
	for function, names := range map[byte][]string{
		1: {"org:analytics/metrics@0.1.0#compute-aggregate", "org:analytics/metrics@0.1.0#validate-stream", "org:compute/pipeline@0.1.0#process-batch"},
		2: {"org:compute/pipeline@0.1.0#validate-checksum"},
	} {
		for _, name := range names {
			exports = append(appendSized(exports, []byte(name)), 0, function)
		}
	}
	module = appendSized(append(module, 7), exports)
	code := append(binary.AppendUvarint(nil, 3+functions), bytes.Repeat([]byte{3, 0, 0x00, 0x0b}, 3)...)
	for range functions {
		code = appendSized(code, body)
	}
	module = appendSized(append(module, 10), code)
	require.Less(t, len(module), MaxSize)

	sandbox := newSandbox(t)
	problems, err := sandbox.Check(t.Context(), module, nil)
	require.NoError(t, err)
	require.Empty(t, problems)
	_, err = sandbox.Prepare(t.Context(), module, Options{Meter: true})
	requireLimit(t, err, "check memory", 512<<20)
}

// appendSized appends bytes behind their number.
func appendSized(to, data []byte) []byte {
	return append(binary.AppendUvarint(to, uint64(len(data))), data...)
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
	_, err := newSandbox(t).Describe(ctx, readModule(t, "echo.wasm"))
	require.ErrorIs(t, err, context.Canceled)
}

// The prepare module is metered itself.
func TestARunEndsWithItsContext(t *testing.T) {
	sandbox := newSandbox(t)
	require.NoError(t, sandbox.Compile(t.Context(), compiler.Cache{}))
	code := bytes.Repeat([]byte{0x01}, MaxSize-100) // nop
	body := append(append([]byte{0}, code...), 0x0b)
	module := []byte("\x00asm\x01\x00\x00\x00" + "\x01\x04\x01\x60\x00\x00" + "\x03\x02\x01\x00" + "\x0a")
	module = appendSized(module, appendSized([]byte{1}, body))
	for name, run := range map[string]func(ctx context.Context) error{
		"describe": func(ctx context.Context) error { _, err := sandbox.Describe(ctx, module); return err },
		"check":    func(ctx context.Context) error { _, err := sandbox.Check(ctx, module, nil); return err },
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
	sandbox, contract := newSandbox(t), readContract(t)
	read := func(name string) []byte { return readModule(t, name+".wasm") }
	problems, err := sandbox.Check(t.Context(), read("component"), contract)
	require.NoError(t, err)
	assert.Empty(t, problems)
	core := coreModule(t, read("component"))
	for _, meter := range []bool{false, true} {
		fromComponent, err := sandbox.Prepare(t.Context(), read("component"), Options{Contract: contract, Meter: meter})
		require.NoError(t, err)
		fromCore, err := sandbox.Prepare(t.Context(), core, Options{Contract: contract, Meter: meter})
		require.NoError(t, err)
		assert.Equal(t, fromCore, fromComponent)
		assert.Equal(t, meter, bytes.Contains(fromCore.Wasm, []byte("compute-pipeline:fuel")))
	}

	granted := func(name string) []byte { return append(slices.Clone(contract), "grant\tenv\t"+name+"\n"...) }
	clock := granted("clock")
	for _, test := range []struct {
		module   string
		contract []byte
		problems []string
	}{
		{"newer", contract, []string{
			"it exports org:analytics/metrics@0.3.0, and this host knows 0.1.x and 0.2.x",
			"it exports org:compute/pipeline@0.3.0, and this host knows 0.1.x",
		}},
		{"imports_function", granted("cloc"), []string{`it imports the function "env" "clock", which is not granted`}},
		{"imports_function", clock, nil},
		{"echo", clock, nil},
	} {
		problems, err := sandbox.Check(t.Context(), read(test.module), test.contract)
		require.NoError(t, err)
		assert.Equal(t, test.problems, problems, test.module)
		_, err = sandbox.Prepare(t.Context(), read(test.module), Options{Contract: test.contract})
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

func TestAContractThatCannotBeRead(t *testing.T) {
	module, err := os.ReadFile("../../testdata/echo.wasm")
	require.NoError(t, err)
	for _, text := range []string{"nonsense", "world\ta\nfunction\tf\tx\t\tfunc()\n", "\xff\x00"} {
		_, err := newSandbox(t).Prepare(t.Context(), module, Options{Contract: []byte(text)})
		require.ErrorIs(t, err, ErrContract)
		_, err = newSandbox(t).Check(t.Context(), module, []byte(text))
		require.ErrorIs(t, err, ErrContract)
	}
}

func TestLimitsAreAClassOfTheirOwn(t *testing.T) {
	_, err := newSandbox(t).Prepare(t.Context(), readModule(t, "table_bomb.wasm"), Options{Contract: readContract(t)})
	requireLimit(t, err, "table entries", 131072)
	assert.EqualError(t, err, "its tables start with more than 131072 entries")
}

func TestACacheDirectoryThatCannotBeUsed(t *testing.T) {
	dir := t.TempDir()
	for range 2 { // the second finds damaged files
		sandbox := New()
		require.NoError(t, sandbox.Compile(t.Context(), compiler.Cache{Dir: dir}))
		_, err := sandbox.Describe(t.Context(), readModule(t, "echo.wasm"))
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
		require.Equal(t, 2, files, "the code and its entry")
	}
	file := filepath.Join(dir, "file")
	require.NoError(t, os.WriteFile(file, nil, 0o600))
	sandbox := newSandbox(t)
	require.NoError(t, sandbox.Compile(t.Context(), compiler.Cache{Dir: file}), "not a directory")
}

func TestConcurrentUse(t *testing.T) {
	sandbox := newSandbox(t)
	original := readModule(t, "echo.wasm")
	expected, err := sandbox.Prepare(t.Context(), original, Options{Meter: true})
	require.NoError(t, err)
	var callers sync.WaitGroup
	for range 8 {
		callers.Go(func() {
			for range 4 {
				prepared, err := sandbox.Prepare(t.Context(), original, Options{Meter: true})
				assert.NoError(t, err)
				assert.Equal(t, expected, prepared)
			}
		})
	}
	callers.Wait()
}

func TestAClosedSandbox(t *testing.T) {
	sandbox := New()
	require.NoError(t, sandbox.Close(t.Context()), "one that was never used")
	_, err := sandbox.Describe(t.Context(), readModule(t, "echo.wasm"))
	require.ErrorContains(t, err, "closed")
	require.NoError(t, sandbox.Close(t.Context()))
}

// benchmarkFirst is what a process pays before its first module. A directory has the code of an
// earlier process.
func benchmarkFirst(b *testing.B, cacheDir string) {
	first := func() {
		sandbox := New()
		if err := sandbox.Compile(b.Context(), compiler.Cache{Dir: cacheDir}); err != nil {
			b.Fatal(err)
		}
		if err := sandbox.Close(b.Context()); err != nil {
			b.Fatal(err)
		}
	}
	if cacheDir != "" {
		first()
	}
	for b.Loop() {
		first()
	}
}

func BenchmarkFirstUse(b *testing.B)         { benchmarkFirst(b, "") }
func BenchmarkFirstUseFromDisk(b *testing.B) { benchmarkFirst(b, b.TempDir()) }

func BenchmarkPrepare(b *testing.B) {
	engine, err := os.ReadFile("../../plugin/testdata/engine.core.wasm")
	if err != nil {
		b.Fatal(err)
	}
	sandbox := New()
	defer sandbox.Close(b.Context())
	b.SetBytes(int64(len(engine)))
	for b.Loop() {
		if _, err := sandbox.Prepare(b.Context(), engine, Options{Meter: true}); err != nil {
			b.Fatal(err)
		}
	}
}
