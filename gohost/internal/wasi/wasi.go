// Package wasi implements the functions of WASI preview 1 that can be granted to a
// module: output, clocks and waiting for them, random numbers, reading files.
//
// It is the form in which a guest asks for what package granted gives, which charges and
// bounds it.
//
// For honest use the results equal those of wazero's implementation; tests compare
// them. RATIONALE.md says why this package does not use it, and how the two differ.
package wasi

import (
	"context"
	"errors"
	"fmt"
	"reflect"

	"github.com/tetratelabs/wazero"
	"github.com/tetratelabs/wazero/api"

	"example.org/compute-pipeline/gohost/internal/fuel"
	"example.org/compute-pipeline/gohost/internal/granted"
)

// Module is the import module of WASI preview 1.
const Module = "wasi_snapshot_preview1"

// Config is what an instance may use.
type Config = granted.Config

// Host holds the granted resources of one instance. It is itself the context of the
// instance's metered calls, so that the host functions find it without an allocation.
type Host struct {
	granted.Host
	memory api.Memory // of the guest that called the current function; nil if it has none

	files         table
	vectors       []vector // reused by each function
	subscriptions []subscription
}

// NewHost returns the host of a new instance. It must be closed after the instance.
func NewHost(config Config) *Host {
	return &Host{Host: granted.Host{Config: config}, files: newTable(config)}
}

// Within begins a call. It returns the context for the guest's functions until
// Leave.
func (h *Host) Within(ctx context.Context) context.Context {
	if !h.Begin(ctx) {
		// wazero watches such a call from a goroutine of its own, which may use the
		// context after the call.
		return context.WithValue(ctx, granted.Key{}, h)
	}
	return h
}

// Close closes the files that the instance has left open.
func (h *Host) Close() error {
	h.Leave()
	return h.closeFiles()
}

// Value implements context.Context. It lets the host functions find the host if its
// context was wrapped.
func (h *Host) Value(key any) any {
	if key == (granted.Key{}) {
		return h
	}
	return h.Context.Value(key)
}

func fromContext(ctx context.Context) *Host {
	if h, ok := ctx.(*Host); ok {
		return h
	}
	h, _ := ctx.Value(granted.Key{}).(*Host)
	return h
}

// function is a function of WASI that returns an errno.
type function struct {
	name   string
	params []api.ValueType
	call   func(*Host, []uint64) errno
}

const (
	i32 = api.ValueTypeI32
	i64 = api.ValueTypeI64
)

// functions are all functions that can be granted, except proc_exit.
var functions = []function{
	{"args_get", []api.ValueType{i32, i32}, noStrings},
	{"args_sizes_get", []api.ValueType{i32, i32}, noStringSizes},
	{"clock_res_get", []api.ValueType{i32, i32}, clockResGet},
	{"clock_time_get", []api.ValueType{i32, i64, i32}, clockTimeGet},
	{"environ_get", []api.ValueType{i32, i32}, noStrings},
	{"environ_sizes_get", []api.ValueType{i32, i32}, noStringSizes},
	{"fd_advise", []api.ValueType{i32, i64, i64, i32}, fdAdvise},
	{"fd_close", []api.ValueType{i32}, fdClose},
	{"fd_fdstat_get", []api.ValueType{i32, i32}, fdFdstatGet},
	{"fd_fdstat_set_flags", []api.ValueType{i32, i32}, fdFdstatSetFlags},
	{"fd_filestat_get", []api.ValueType{i32, i32}, fdFilestatGet},
	{"fd_pread", []api.ValueType{i32, i32, i32, i64, i32}, fdPread},
	{"fd_prestat_dir_name", []api.ValueType{i32, i32, i32}, fdPrestatDirName},
	{"fd_prestat_get", []api.ValueType{i32, i32}, fdPrestatGet},
	{"fd_read", []api.ValueType{i32, i32, i32, i32}, fdRead},
	{"fd_readdir", []api.ValueType{i32, i32, i32, i64, i32}, fdReaddir},
	{"fd_seek", []api.ValueType{i32, i64, i32, i32}, fdSeek},
	{"fd_tell", []api.ValueType{i32, i32}, fdTell},
	{"fd_write", []api.ValueType{i32, i32, i32, i32}, fdWrite},
	{"path_filestat_get", []api.ValueType{i32, i32, i32, i32, i32}, pathFilestatGet},
	{"path_open", []api.ValueType{i32, i32, i32, i32, i32, i64, i64, i32, i32}, pathOpen},
	{"path_readlink", []api.ValueType{i32, i32, i32, i32, i32, i32}, pathReadlink},
	{"poll_oneoff", []api.ValueType{i32, i32, i32, i32}, pollOneoff},
	{"random_get", []api.ValueType{i32, i32}, randomGet},
	{"sched_yield", nil, schedYield},
}

// Instantiate adds [Module] to a runtime, once for all its instances. The contract
// check decides what a guest may import from it.
func Instantiate(ctx context.Context, r wazero.Runtime) error {
	builder := r.NewHostModuleBuilder(Module)
	for _, f := range functions {
		builder = builder.NewFunctionBuilder().
			WithGoModuleFunction(f.goFunction(), f.params, []api.ValueType{i32}).Export(f.name)
	}
	builder = builder.NewFunctionBuilder().
		WithGoModuleFunction(api.GoModuleFunc(procExit), []api.ValueType{i32}, nil).Export("proc_exit")
	if _, err := builder.Instantiate(ctx); err != nil {
		return fmt.Errorf("host module %s: %w", Module, err)
	}
	return nil
}

func (f function) goFunction() api.GoModuleFunction {
	return api.GoModuleFunc(func(ctx context.Context, module api.Module, stack []uint64) {
		h := enter(ctx, module)
		stack[0] = uint64(f.call(h, stack))
	})
}

// enter begins a function and charges for it. The module is the guest that called it. For
// a function that the host calls it is WASI's own, which all guests share and which has no
// memory.
func enter(ctx context.Context, module api.Module) *Host {
	h := fromContext(ctx)
	if h == nil {
		panic(&fuel.Stopped{Reason: errors.New("a call without a host")})
	}
	if module.Name() == Module {
		panic(&fuel.Stopped{Reason: errors.New("a call that no guest made")})
	}
	h.Module, h.memory = module, module.Memory()
	if reflect.ValueOf(h.memory).IsNil() { // a nil pointer, which is not a nil interface
		h.memory = nil
	}
	h.Charge(granted.CallPrice)
	return h
}
