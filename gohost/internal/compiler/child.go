package compiler

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"runtime/debug"
	"runtime/metrics"
	"sync/atomic"
	"time"

	"github.com/tetratelabs/wazero"
)

// installed reports whether the program has called Main, so that it can be started as a
// compiler.
var installed atomic.Bool

// Installed reports whether [Main] has been called.
func Installed() bool { return installed.Load() }

// Main compiles a module and exits, if the process was started as a compiler. Otherwise it
// returns at once.
func Main() {
	text, is := os.LookupEnv(variable)
	if !is {
		installed.Store(true)
		return
	}
	os.Exit(child(text, os.Stdin, os.Stdout, os.Stderr))
}

// child performs a task and returns the exit status.
func child(text string, in io.Reader, out, errs io.Writer) int {
	fail := func(status int, err error) int {
		fmt.Fprintln(errs, err)
		return status
	}
	t, err := parseTask(text)
	if err != nil {
		return fail(statusTask, err)
	}
	// Missing limits are reported. The watch below runs in any case.
	missing := limitProcess(t)
	debug.SetMemoryLimit(int64(t.memory - t.memory/8))
	go watch(t.memory, errs) // to the end of the process
	if _, err := fmt.Fprintf(out, "%s %t\n", greeting, missing == nil); err != nil {
		return fail(statusAlone, err)
	}
	wasm := make([]byte, t.size)
	if _, err := io.ReadFull(in, wasm); err != nil {
		return fail(statusTask, fmt.Errorf("the module did not arrive: %w", err))
	}
	go func() { // to the end of the process
		_, _ = io.Copy(io.Discard, in)
		os.Exit(statusAlone)
	}()
	err = compile(wasm)
	path, link := (*fs.PathError)(nil), (*os.LinkError)(nil)
	switch {
	case err == nil:
		return 0
	case errors.As(err, &path), errors.As(err, &link):
		return fail(statusDirectory, err)
	}
	return fail(statusModule, err)
}

// compile writes the code of a module into the working directory.
func compile(wasm []byte) error {
	cache, err := wazero.NewCompilationCacheWithDir(".")
	if err != nil {
		return &fs.PathError{Op: "use", Path: ".", Err: err}
	}
	// Nothing is closed, because the process ends.
	_, err = Compile(context.Background(), cache, Config(), wasm)
	return err
}

// watchEvery is the interval of the watch. The process can allocate about 10 MB more than
// the limit in that time, if the kernel enforces none.
const watchEvery = 5 * time.Millisecond

// watch ends the process when it uses more memory than allowed. The kernel's limit does
// that too, without a reason; not every system has one that works.
func watch(limit uint64, errs io.Writer) {
	samples := []metrics.Sample{{Name: "/memory/classes/total:bytes"}, {Name: "/memory/classes/heap/released:bytes"}}
	for range time.Tick(watchEvery) {
		metrics.Read(samples)
		if samples[0].Value.Uint64()-samples[1].Value.Uint64() > limit {
			fmt.Fprintf(errs, "it has taken more than %d bytes\n", limit)
			os.Exit(statusMemory)
		}
	}
}
