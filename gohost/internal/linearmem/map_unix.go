//go:build (darwin || linux) && (amd64 || arm64 || loong64 || mips64 || mips64le || ppc64 || ppc64le || riscv64 || s390x)

package linearmem

import (
	"errors"
	"math"
	"syscall"
)

// Supported reports whether memories can have address space of their own: on Linux
// and macOS with 64 bits. With 32 bits a few of them would use up all there is; what
// other systems need is not in Go's standard library.
const Supported = true

// reserve returns size bytes of address space without access. That is none of the
// memory which the system counts as promised (vm.overcommit_memory, RLIMIT_DATA, a
// cgroup), only RLIMIT_AS bounds it.
func reserve(size uint64) ([]byte, error) {
	if size == 0 || size > math.MaxInt {
		return nil, errors.New("nothing to reserve")
	}
	return syscall.Mmap(-1, 0, int(size), syscall.PROT_NONE, syscall.MAP_PRIVATE|syscall.MAP_ANON)
}

// allow makes what reserve returned accessible. With a strict limit on what is
// promised it may fail.
func allow(region []byte) error {
	return syscall.Mprotect(region, syscall.PROT_READ|syscall.PROT_WRITE)
}

func unmap(region []byte) error { return syscall.Munmap(region) }
