//go:build (darwin || linux) && (amd64 || arm64 || loong64 || mips64 || mips64le || ppc64 || ppc64le || riscv64 || s390x)

package linearmem

import (
	"errors"
	"math"
	"syscall"
)

// Supported reports whether memories can have address space of their own: on
// 64-bit Linux and macOS. With 32 bits a few memories would use up the address
// space, and Go's standard library lacks the system calls for other systems.
const Supported = true

// reserve returns size bytes of address space without access. The system does not
// count it as committed memory (vm.overcommit_memory, RLIMIT_DATA, a cgroup); only
// RLIMIT_AS bounds it.
func reserve(size uint64) ([]byte, error) {
	if size == 0 || size > math.MaxInt {
		return nil, errors.New("nothing to reserve")
	}
	return syscall.Mmap(-1, 0, int(size), syscall.PROT_NONE, syscall.MAP_PRIVATE|syscall.MAP_ANON)
}

// allow makes reserved address space accessible. It may fail under a strict limit
// on committed memory.
func allow(region []byte) error {
	return syscall.Mprotect(region, syscall.PROT_READ|syscall.PROT_WRITE)
}

func unmap(region []byte) error { return syscall.Munmap(region) }
