package compiler

import (
	"bytes"
	"context"
	"encoding/binary"
	"os"
	"path/filepath"
	"runtime"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"example.org/compute-pipeline/gohost/internal/compiler/compilertest"
)

// asHost makes the test binary a host that compiles in the directory that it
// names, and never ends by itself.
const asHost = "COMPILER_TEST_AS_HOST"

// TestMain has the test binary become a compiler, as a program does.
func TestMain(m *testing.M) {
	Main()
	if dir, is := os.LookupEnv(asHost); is {
		_, err := run(context.Background(), filepath.Join(dir, "program"), dir, nil, generous)
		panic(err)
	}
	os.Exit(m.Run())
}

// generous limits are those of tests that are about something else.
var generous = Limits{Memory: 8 << 30, CPU: 10 * time.Minute, Timeout: 10 * time.Minute}

func section(id byte, content []byte) []byte {
	return append(binary.AppendUvarint([]byte{id}, uint64(len(content))), content...)
}

// bomb is a module of one function with n values that live across n calls: what
// wazero's compiler needs for it grows much faster than the module.
func bomb(n int) []byte {
	body := append([]byte{0x00}, bytes.Repeat([]byte{0x10, 0x00}, n)...) // no locals; call 0
	body = append(body, bytes.Repeat([]byte{0x85}, n-1)...)              // i64.xor
	body = append(body, 0x0b)                                            // end
	wasm := append([]byte("\x00asm\x01\x00\x00\x00"), section(1, []byte("\x01\x60\x00\x01\x7e"))...)
	wasm = append(wasm, section(2, []byte("\x01\x01m\x01f\x00\x00"))...) // imports m.f
	wasm = append(wasm, section(3, []byte("\x01\x00"))...)
	wasm = append(wasm, section(7, []byte("\x01\x03run\x00\x01"))...)
	return append(wasm, section(10, append(binary.AppendUvarint([]byte{0x01}, uint64(len(body))), body...))...)
}

// mapped compiles with nothing but the code in a directory.
func mapped(t *testing.T, dir string, wasm []byte) error {
	t.Helper()
	code, err := Map(t.Context(), dir, Config(), wasm)
	require.NoError(t, code.Close(t.Context()))
	return err
}

// codeFiles are wazero's files below a directory, also those that are not whole.
func codeFiles(t *testing.T, dir string) []string {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(dir, "wazero-*", "*"))
	require.NoError(t, err)
	return files
}

func TestTheCodeOfTheProcessIsFoundAndNothingElseIsCompiled(t *testing.T) {
	compilertest.NeedProcesses(t)
	dir := t.TempDir()
	require.ErrorIs(t, mapped(t, dir, bomb(100)), errNotCached)
	require.Empty(t, codeFiles(t, dir))
	result, err := Run(t.Context(), dir, bomb(100), generous)
	require.NoError(t, err)
	assert.Equal(t, runtime.GOOS == "linux", result.KernelLimits)
	require.NoError(t, mapped(t, dir, bomb(100)))
	require.ErrorIs(t, mapped(t, dir, bomb(101)), errNotCached)
	require.Len(t, codeFiles(t, dir), 1)
}

func TestMemoryOfTheProcessIsBounded(t *testing.T) {
	compilertest.NeedProcesses(t)
	var before, after runtime.MemStats
	wasm := bomb(80_000) // it needs more than 128 MiB
	limits := generous
	limits.Memory = 64 << 20
	runtime.ReadMemStats(&before)
	_, err := Run(t.Context(), t.TempDir(), wasm, limits)
	runtime.ReadMemStats(&after)
	require.ErrorIs(t, err, ErrMemory)
	require.EqualError(t, err, "out of memory: compiling needs more than 64 MiB")
	require.Less(t, after.TotalAlloc-before.TotalAlloc, uint64(4<<20), "the host allocates next to nothing")
}

func TestWhatTheModuleIsToBlameFor(t *testing.T) {
	compilertest.NeedProcesses(t)
	_, err := Run(t.Context(), t.TempDir(), []byte("\x00asm\x01\x00\x00\x00\x0a\x01\x01"), generous)
	require.ErrorIs(t, err, ErrModule)
	require.ErrorContains(t, err, "section code")
	_, err = Run(t.Context(), t.TempDir(), nil, generous)
	require.ErrorIs(t, err, ErrModule)
}

func TestATaskIsRead(t *testing.T) {
	want := task{size: 1, memory: 64 << 20, cpu: 3 * time.Second}
	got, err := parseTask(want.String())
	require.NoError(t, err)
	require.Equal(t, want, got)
	for _, text := range []string{"", "1", "1 2", "x 1 1", "-1 9 1", "10 9 1", "1 9 0", "1 -9 1"} {
		var errs bytes.Buffer
		assert.Equal(t, statusTask, child(text, nil, nil, &errs), "%q", text)
		assert.Contains(t, errs.String(), "the task")
	}
}
