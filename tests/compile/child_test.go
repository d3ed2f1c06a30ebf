package compile

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"runtime"
	"runtime/debug"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"github.com/tetratelabs/wazero"
	"github.com/tetratelabs/wazero/experimental"
)

const (
	// childVariable names the module that this process is to compile.
	childVariable = "COMPUTE_PIPELINE_COMPILE_CHILD"
	// workers are as many as gohost gives wazero.
	workers = 4
	// addressSpace and patience bound a child.
	addressSpace = 6 << 30
	patience     = 10 * time.Minute
)

// usage is what compiling took.
type usage struct {
	// CPU is processor time.
	CPU time.Duration
	// Peak and Kept are resident bytes, above those before: the most there
	// were, and those that are left after a collection.
	Peak, Kept int64
}

func TestMain(m *testing.M) {
	if path := os.Getenv(childVariable); path != "" {
		if err := child(path); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		return
	}
	os.Exit(m.Run())
}

// compiled compiles the module in a child process.
func compiled(t *testing.T, path string) (u usage) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	cmd := exec.CommandContext(ctx, os.Args[0])
	cmd.Env = append(os.Environ(), childVariable+"="+path)
	var stdout, stderr bytes.Buffer
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	err := cmd.Run()
	require.NoError(t, err, "%.2000s", stderr.String())
	require.NoError(t, json.Unmarshal(stdout.Bytes(), &u))
	return u
}

func child(path string) error {
	limit := syscall.Rlimit{Cur: addressSpace, Max: addressSpace}
	if err := syscall.Setrlimit(syscall.RLIMIT_AS, &limit); err != nil {
		return fmt.Errorf("cannot limit memory: %w", err)
	}
	wasm, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	ctx := experimental.WithCompilationWorkers(context.Background(), workers)
	r := wazero.NewRuntimeWithConfig(ctx, wazero.NewRuntimeConfigCompiler())
	debug.FreeOSMemory()
	before, begin := resident("VmRSS"), processorTime()
	compiled, err := r.CompileModule(ctx, wasm)
	if err != nil {
		return err
	}
	u := usage{CPU: processorTime() - begin, Peak: resident("VmHWM") - before}
	runtime.GC()
	debug.FreeOSMemory()
	u.Kept = resident("VmRSS") - before
	runtime.KeepAlive(compiled)
	return json.NewEncoder(os.Stdout).Encode(u)
}

// resident is a figure of the kernel's about this process, in bytes.
func resident(name string) int64 {
	status, err := os.ReadFile("/proc/self/status")
	if err != nil {
		panic(err)
	}
	_, rest, found := strings.Cut(string(status), name+":")
	if !found {
		panic("no " + name)
	}
	kibibytes, err := strconv.ParseInt(strings.Fields(rest)[0], 10, 64)
	if err != nil {
		panic(err)
	}
	return kibibytes << 10
}

func processorTime() time.Duration {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		panic(err)
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}
