// Package compilertest helps tests that compile in processes.
package compilertest

import (
	"errors"
	"os"
	"os/exec"
	"sync"
	"syscall"
	"testing"
)

// NeedProcesses skips a test where a program cannot be started again by its own
// file: in an emulator of another processor that the kernel knows nothing of.
func NeedProcesses(t testing.TB) {
	t.Helper()
	if errors.Is(started(), syscall.ENOEXEC) {
		t.Skip("the kernel cannot start this program: it is for another processor")
	}
}

var started = sync.OnceValue(func() error { return exec.Command(os.Args[0], "-test.run=^$").Run() })
