//go:build !((darwin || linux) && (amd64 || arm64 || loong64 || mips64 || mips64le || ppc64 || ppc64le || riscv64 || s390x))

package linearmem

import "errors"

// Supported reports whether memories can have address space of their own: on
// 64-bit Linux and macOS. With 32 bits a few memories would use up the address
// space, and Go's standard library lacks the system calls for other systems.
const Supported = false

func reserve(uint64) ([]byte, error) { return nil, errors.ErrUnsupported }

func allow([]byte) error { return errors.ErrUnsupported }

func unmap([]byte) error { return errors.ErrUnsupported }
