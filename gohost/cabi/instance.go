package cabi

import (
	"context"
	"errors"

	"github.com/tetratelabs/wazero/api"

	"example.org/compute-pipeline/gohost/internal/fuel"
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
	module api.Module
	memory api.Memory
	// seen is the memory as it was looked up last.
	seen []byte
	// realloc is nil until the first call needs it.
	realloc api.Function
	// panicMessage is an address, or 0 if the guest exports none.
	panicMessage uint32
	// room is an address, or 0 if the guest exports none.
	room uint32

	// Parameters and results pass to and from wazero in these without an
	// allocation. realloc is called while another function's parameters are
	// lowered.
	stack        [maxFlat]uint64
	reallocStack [4]uint64
	call         Call
	running      bool
	// number is that of the last call, from 1.
	number uint64

	// scope is the context of the guest's functions.
	scope scope
	// calls are the calls of imports, by how deep they are within each other.
	calls []*Call
	depth int
	// mustStay is set while realloc or post-return runs, which may call no import.
	mustStay bool

	resources
	reallocs reallocs

	// Reserve is called before Go memory is allocated for lifted values, beyond the
	// first 64 KiB of a call. Its error becomes the call's error. After the call of
	// an import it is called with the negative sum of what was reserved for the
	// arguments. Nil means a limit of [MaxByteLength] for each call.
	Reserve func(bytes int) error
	// Owner is what the instance belongs to: [Handle.Instance] leads back to it.
	Owner any
	// Imports is set if the module imports functions of [Instantiate].
	Imports bool
	// Reallocs makes lowering lists of strings faster, and may be nil. It is only for
	// metered guests: wazero's own check for the end of a context would watch its module
	// and not the guest's.
	Reallocs *Reallocs
	// Destructor returns the name of the export that destroys resources of the type,
	// or "" if the guest exports none. Nil means the name of the type's own version.
	Destructor func(*ResourceType) string
}

// NewInstance binds the exports of a module that passed the contract's check. The
// module may be nil until [Instance.Bind].
func NewInstance(module api.Module) *Instance {
	in := &Instance{number: 1}
	in.scope.in, in.call.in = in, in
	if module != nil {
		in.Bind(module)
	}
	return in
}

// Bind binds the exports of the instance's module, which has started. An import that
// the start function calls binds them before.
func (in *Instance) Bind(module api.Module) {
	in.module, in.memory, in.seen, in.realloc = module, nil, nil, nil
	if m := module.ExportedMemory(MemoryExport); m != nil {
		in.memory = m
	}
	in.panicMessage, in.room = address(module, PanicMessageExport), address(module, RoomExport)
}

// address returns the value of an exported i32 global, or 0 without one.
func address(module api.Module, global string) uint32 {
	if g := module.ExportedGlobal(global); g != nil && g.Type() == api.ValueTypeI32 {
		return uint32(g.Get())
	}
	return 0
}

// MemoryBytes returns the current size of the guest's memory.
func (in *Instance) MemoryBytes() uint64 {
	if in.memory == nil {
		return 0
	}
	return uint64(in.memory.Size())
}

// bytes returns the guest's memory. wazero moves a memory only where it grows.
func (in *Instance) bytes() []byte {
	if size := in.memory.Size(); uint64(size) != uint64(len(in.seen)) {
		in.seen, _ = in.memory.Read(0, size)
	}
	return in.seen
}

// Close frees the instance. It runs no guest code. It drops the imported resources
// that the guest owned, and returns the errors of that.
func (in *Instance) Close(ctx context.Context) error {
	if in.module == nil {
		return nil
	}
	in.Leave() // of a call that panicked
	err := errors.Join(in.module.Close(ctx), in.reallocs.close(ctx))
	in.reallocs = reallocs{}
	in.module, in.memory, in.seen, in.realloc = nil, nil, nil, nil
	return in.closeResources(ctx, err)
}

// Func is one exported function of an instance, with its post-return if the
// guest exports one.
type Func struct {
	name       string
	function   api.Function
	postReturn api.Function
	// params is the number of the function's parameters.
	params int
}

// Func returns the exported function with the name, or nil if the module does not export it.
// Look-ups are slow: call it once per instance.
func (in *Instance) Func(name string) *Func {
	f := in.module.ExportedFunction(name)
	if f == nil {
		return nil
	}
	return &Func{
		name: name, function: f, postReturn: in.module.ExportedFunction(PostReturnPrefix + name),
		params: len(f.Definition().ParamTypes()),
	}
}

// scope is the context of an instance's metered calls, so that imports find the
// instance without an allocation.
type scope struct {
	context.Context // of the current call
	in              *Instance
	// host is the context for implementations of imports, once one has asked for it.
	host   context.Context //nolint:containedctx // as long as the call
	cancel context.CancelFunc
}

type instanceKey struct{}

// Value implements context.Context. It lets imports find the instance if its context
// was wrapped.
func (s *scope) Value(key any) any {
	if key == (instanceKey{}) {
		return s.in
	}
	return s.Context.Value(key)
}

func fromContext(ctx context.Context) *Instance {
	if s, ok := ctx.(*scope); ok {
		return s.in
	}
	in, _ := ctx.Value(instanceKey{}).(*Instance)
	return in
}

// Within returns the context for the guest's start function, with which imports find
// the instance. [Instance.Call] does the same for a call. The caller must call Leave
// afterwards.
func (in *Instance) Within(ctx context.Context) context.Context {
	if !in.Imports {
		return ctx
	}
	in.scope.Context = ctx
	if fuel.FromContext(ctx) == nil {
		// wazero watches such a call from a goroutine of its own, which may use the
		// context after the call.
		return context.WithValue(ctx, instanceKey{}, in)
	}
	return &in.scope
}

// hostContext returns the context for implementations of imports.
func (in *Instance) hostContext(ctx context.Context, meter *fuel.Meter) context.Context {
	if meter == nil {
		return ctx
	}
	s := &in.scope
	if s.host == nil {
		host, deadline := meter.Caller()
		if !deadline.IsZero() {
			host, s.cancel = context.WithDeadline(host, deadline)
		}
		s.host = host
	}
	return s.host
}

// Leave ends what Within began. It keeps no reference to the context.
func (in *Instance) Leave() {
	if in.scope.cancel != nil {
		in.scope.cancel()
	}
	in.scope = scope{in: in}
}
