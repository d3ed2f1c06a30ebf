package compiler

import (
	"errors"
	"os"
	"syscall"
	"time"
)

// niceness lets calls of plugins go first where processors are short.
const niceness = 5

// limitProcess has the kernel limit this process. It returns what the kernel has
// refused of the limits of memory and time.
func limitProcess(t task) error {
	// When memory runs out all the same, this process is to go.
	_ = os.WriteFile("/proc/self/oom_score_adj", []byte("1000"), 0)
	// The process has a group of its own: this reaches all of its threads.
	_ = syscall.Setpriority(syscall.PRIO_PGRP, 0, niceness)
	seconds := uint64(t.cpu / time.Second)
	return errors.Join(
		setLimit(syscall.RLIMIT_CORE, 0),
		// What is mapped writable. The address space says little: Go reserves a
		// gigabyte of it that it does not use.
		setLimit(syscall.RLIMIT_DATA, t.memory+untouched),
		// With both limits the same, the kernel's signal is SIGKILL; Go ignores
		// the other, SIGXCPU.
		setLimit(syscall.RLIMIT_CPU, seconds),
	)
}

func setLimit(resource int, value uint64) error {
	return syscall.Setrlimit(resource, &syscall.Rlimit{Cur: value, Max: value})
}

// attributes of a compiler's process: it ends with the host, and a signal to the
// host's group is the host's matter.
func attributes() *syscall.SysProcAttr {
	return &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGKILL}
}

// ownProgram is this program, also where its file has been replaced since.
func ownProgram() (string, error) {
	const self = "/proc/self/exe"
	if _, err := os.Stat(self); err == nil {
		return self, nil
	}
	return os.Executable()
}
