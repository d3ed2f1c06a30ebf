package compiler

import (
	"errors"
	"os"
	"syscall"
	"time"
)

// niceness gives calls of plugins priority when processors are busy.
const niceness = 5

// limitProcess makes the kernel limit this process. It returns an error if the kernel
// rejects a limit of memory or time.
func limitProcess(t task) error {
	// If memory runs out anyway, the kernel should end this process first.
	_ = os.WriteFile("/proc/self/oom_score_adj", []byte("1000"), 0)
	// The process has a group of its own: this reaches all of its threads.
	_ = syscall.Setpriority(syscall.PRIO_PGRP, 0, niceness)
	seconds := uint64(t.cpu / time.Second)
	return errors.Join(
		setLimit(syscall.RLIMIT_CORE, 0),
		// Writable mappings. A limit of address space is useless: Go reserves a
		// gigabyte that it does not use.
		setLimit(syscall.RLIMIT_DATA, t.memory+untouched),
		// If both limits are equal, the kernel sends SIGKILL. Go ignores the other
		// signal, SIGXCPU.
		setLimit(syscall.RLIMIT_CPU, seconds),
	)
}

func setLimit(resource int, value uint64) error {
	return syscall.Setrlimit(resource, &syscall.Rlimit{Cur: value, Max: value})
}

// attributes returns the attributes of a compiler's process. It ends with the host, and
// does not get signals to the host's group.
func attributes() *syscall.SysProcAttr {
	return &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGKILL}
}

// ownProgram returns the path of this program, even if its file was replaced since.
func ownProgram() (string, error) {
	const self = "/proc/self/exe"
	if _, err := os.Stat(self); err == nil {
		return self, nil
	}
	return os.Executable()
}
