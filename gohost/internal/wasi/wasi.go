// Package wasi is the host's side of what a module may be granted of WASI
// preview 1: output, clocks, random numbers, files to read.
//
// A host function runs outside of the guest's own metering, so each pays for
// itself: before it does anything it takes fuel from the call's meter by the work
// that was asked for, and so meets the end of the call's context, time or budget.
// What takes long is done in chunks, with the same between them; counts and paths
// are bounded. Prices depend on the arguments and on what is in the files alone,
// never on how fast they come, so a call costs the same on every machine.
//
// For honest use the answers are those of wazero's own implementation, which the
// tests compare: RATIONALE.md says why it is not used, and how the two differ.
package wasi

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"time"

	"github.com/tetratelabs/wazero"
	"github.com/tetratelabs/wazero/api"

	"example.org/compute-pipeline/gohost/internal/fuel"
)

// Module is the import module of WASI preview 1.
const Module = "wasi_snapshot_preview1"

// Config is what an instance may use. What is nil is not there; output without
// a writer is thrown away.
type Config struct {
	Stdout, Stderr io.Writer
	// Now tells the time, with a monotonic reading.
	Now    func() time.Time
	Random io.Reader
	// Files become the directory "/".
	Files fs.FS
}

// Host is what one instance has of the world outside. It is the context of the
// instance's metered calls, by which the host functions find it without an
// allocation.
type Host struct {
	context.Context // of the call that runs
	config          Config
	meter           *fuel.Meter // nil for a call that is not metered
	// Of the function that runs.
	module api.Module
	memory api.Memory

	files   table
	vectors []vector // room for those of one function
}

// NewHost is the host of a new instance. It must be closed after the instance.
func NewHost(config Config) *Host {
	return &Host{config: config, files: newTable(config)}
}

// Within begins a call: what it returns is the context for the guest's functions,
// until the call is left.
func (h *Host) Within(ctx context.Context) context.Context {
	h.Context, h.meter = ctx, fuel.FromContext(ctx)
	if h.meter == nil {
		// wazero watches over such a call from a goroutine of its own, which may
		// look at the context when the call is over.
		return context.WithValue(ctx, hostKey{}, h)
	}
	return h
}

// Leave ends a call: nothing of its context is kept alive.
func (h *Host) Leave() { h.Context, h.meter = nil, nil }

// Close closes the files that the instance has left open.
func (h *Host) Close() error {
	h.Leave()
	return h.files.close()
}

type hostKey struct{}

// Value lets the host functions find the host where its context was wrapped.
func (h *Host) Value(key any) any {
	if key == (hostKey{}) {
		return h
	}
	return h.Context.Value(key)
}

func fromContext(ctx context.Context) *Host {
	if h, ok := ctx.(*Host); ok {
		return h
	}
	h, _ := ctx.Value(hostKey{}).(*Host)
	return h
}

// function is one of WASI's, all of which answer with an errno.
type function struct {
	name   string
	params []api.ValueType
	call   func(*Host, []uint64) errno
}

const (
	i32 = api.ValueTypeI32
	i64 = api.ValueTypeI64
)

// functions are all that can be granted, but for proc_exit.
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
	{"random_get", []api.ValueType{i32, i32}, randomGet},
	{"sched_yield", nil, schedYield},
}

// Instantiate makes [Module] part of a runtime, once for all its instances. What
// a guest may import of it is for the contract's check to say.
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

// enter begins a function, which every one pays for.
func enter(ctx context.Context, module api.Module) *Host {
	h := fromContext(ctx)
	if h == nil {
		panic(&fuel.Stopped{Reason: errors.New("a call without a host")})
	}
	h.module, h.memory = module, module.Memory()
	h.charge(callPrice)
	return h
}
