package cabi

import (
	"context"
	"encoding/binary"

	"github.com/tetratelabs/wazero/api"
)

// Names of the exports that the canonical ABI needs.
const (
	MemoryExport  = "memory"
	ReallocExport = "cabi_realloc"
	// PostReturnPrefix precedes the name of the function whose result post-return
	// frees.
	PostReturnPrefix = "cabi_post_"
	// PanicMessageExport is a convention of this project, which a guest may
	// follow: an exported i32 global, the address of a u32 length and that
	// many bytes of UTF-8, the message of the panic that led to a trap.
	PanicMessageExport = "compute-pipeline:panic-message"
)

// Instance is one instance of a guest. It serves one call at a time.
type Instance struct {
	module  api.Module
	memory  api.Memory
	realloc api.Function
	// panicMessage is an address, or 0 if the guest exports none.
	panicMessage uint32

	// Parameters and results pass to and from wazero in these without an
	// allocation. No function of the contract has more than 4 of either, and
	// neither has realloc, which is called while another function's parameters
	// are lowered.
	stack, reallocStack [4]uint64
	call                Call

	// Reserve is called before memory is allocated for a list of more than 64
	// KiB. Its error becomes the call's error. Nil means no limit.
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

// MemoryBytes returns the current size of the guest's memory.
func (in *Instance) MemoryBytes() uint64 { return uint64(in.memory.Size()) }

// Close frees the instance. It runs no guest code.
func (in *Instance) Close(ctx context.Context) error { return in.module.Close(ctx) }

// Func is one exported function of an instance, with its post-return if the
// guest exports one.
type Func struct {
	name       string
	function   api.Function
	postReturn api.Function
}

// Func returns the exported function with the name, or nil if there is none.
// Look-ups are slow: call it once per instance.
func (in *Instance) Func(name string) *Func {
	f := in.module.ExportedFunction(name)
	if f == nil {
		return nil
	}
	return &Func{name: name, function: f, postReturn: in.module.ExportedFunction(PostReturnPrefix + name)}
}

// view returns the n bytes of guest memory at ptr. It checks alignment, then
// bounds, even if n is 0. The slice is valid until the guest runs again.
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

// listView returns the memory of the list whose {ptr, len} is in header.
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
