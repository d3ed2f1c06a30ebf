//go:build !((darwin || linux) && (amd64 || arm64 || loong64 || mips64 || mips64le || ppc64 || ppc64le || riscv64 || s390x))

package linearmem

import "errors"

// Supported reports whether memories can have address space of their own: on Linux
// and macOS with 64 bits. With 32 bits a few of them would use up all there is; what
// other systems need is not in Go's standard library.
const Supported = false

func reserve(uint64) ([]byte, error) { return nil, errors.ErrUnsupported }

func allow([]byte) error { return errors.ErrUnsupported }

func unmap([]byte) error { return errors.ErrUnsupported }
