package abi

import (
	"context"
	"encoding/binary"

	"github.com/tetratelabs/wazero/api"
)

// Names of the exports that the canonical ABI itself needs.
const (
	MemoryExport  = "memory"
	ReallocExport = "cabi_realloc"
	// PostReturnPrefix comes before the name of the function it cleans up after.
	PostReturnPrefix = "cabi_post_"
	// PanicMessageExport is a convention of this project, which a guest may
	// follow: an exported i32 global, the address of a u32 length and that
	// many bytes of UTF-8, the message of the panic that led to a trap.
	PanicMessageExport = "compute-pipeline:panic-message"
)

// Instance is one instance of a guest with its scratch space. It serves one
// call at a time.
type Instance struct {
	module  api.Module
	memory  api.Memory
	realloc api.Function
	// panicMessage is 0 where the guest has none.
	panicMessage uint32

	// Parameters and results travel to and from wazero in these without an
	// allocation: no function of the contract has more than 4 of either, nor
	// has realloc, whose calls come between the parameters of another.
	stack, reallocStack [4]uint64
	call                Call

	// Reserve is asked before a list of more than 64 KiB is lifted into memory
	// that has to be allocated for it; nil stands for no limit. Its error becomes
	// the call's.
	Reserve func(bytes int) error
}

// NewInstance binds the exports of a module that passed the contract's check.
func NewInstance(module api.Module) *Instance {
	in := &Instance{
		module:  module,
		memory:  module.ExportedMemory(MemoryExport),
		realloc: module.ExportedFunction(ReallocExport),
	}
	if g := module.ExportedGlobal(PanicMessageExport); g != nil && g.Type() == api.ValueTypeI32 {
		in.panicMessage = uint32(g.Get())
	}
	return in
}

// MemoryBytes is the current size of the guest's memory.
func (in *Instance) MemoryBytes() uint64 { return uint64(in.memory.Size()) }

// Close frees the instance. It runs no guest code.
func (in *Instance) Close(ctx context.Context) error { return in.module.Close(ctx) }

// Func is one exported function of an instance, with its post-return where the
// result needs one.
type Func struct {
	name       string
	function   api.Function
	postReturn api.Function
}

// Func finds the export called name; look-ups are slow, so do it once an
// instance. It is nil where the guest exports no such function.
func (in *Instance) Func(name string) *Func {
	f := in.module.ExportedFunction(name)
	if f == nil {
		return nil
	}
	return &Func{name: name, function: f, postReturn: in.module.ExportedFunction(PostReturnPrefix + name)}
}

// view is the n bytes of guest memory at ptr: alignment first, then bounds,
// even when n is 0. The slice is valid until the guest runs again.
func (in *Instance) view(what string, ptr uint32, n uint64, align uint32) ([]byte, error) {
	if ptr%align != 0 {
		return nil, violation("%s at address %d is not aligned to %d", what, ptr, align)
	}
	size := uint64(in.memory.Size())
	if uint64(ptr)+n > size {
		return nil, violation("%s at address %d with %d bytes is outside of the memory of %d bytes", what, ptr, n, size)
	}
	bytes, ok := in.memory.Read(ptr, uint32(n))
	if !ok {
		return nil, violation("%s at address %d with %d bytes cannot be read", what, ptr, n)
	}
	return bytes, nil
}

// listView is the memory of the list whose {ptr, len} is in header.
func (in *Instance) listView(what string, header []byte, elemSize, elemAlign uint32) ([]byte, error) {
	ptr := binary.LittleEndian.Uint32(header)
	count := binary.LittleEndian.Uint32(header[4:])
	// In 64 bits: 2^28 elements of 16 bytes would be 0 in 32.
	n := uint64(count) * uint64(elemSize)
	if n > MaxByteLength {
		return nil, violation("%s has %d elements of %d bytes, more than the %d bytes a list may have",
			what, count, elemSize, MaxByteLength)
	}
	return in.view(what, ptr, n, elemAlign)
}
