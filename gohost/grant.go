package gohost

import (
	"context"
	"crypto/rand"
	"encoding/binary"
	"fmt"
	"io"
	"io/fs"
	mathrand "math/rand/v2"
	"slices"

	"github.com/tetratelabs/wazero"
	"github.com/tetratelabs/wazero/imports/wasi_snapshot_preview1"

	"example.org/compute-pipeline/gohost/internal/fuel"
)

// Grant is something of the world outside that a module may use: with
// [WithGrants] its functions of WASI preview 1 may be imported. Whatever is
// granted, the functions that give nothing away may be imported too, since
// languages' runtimes do so without a need: an empty list of arguments, an
// empty environment, sched_yield, and proc_exit, which is a trap.
type Grant struct {
	name    string
	imports []string
	// configure sets up an instance, whose calls run with the meter.
	configure func(*instanceConfig)
}

// instanceConfig is what grants set of an instance that is about to start.
type instanceConfig struct {
	wazero.ModuleConfig
	engine *Engine
	meter  *fuel.Meter // nil for a module that is not metered
}

// Functions of WASI preview 1, as witx/wasi_snapshot_preview1.witx groups them.
var (
	inertImports = []string{
		"args_get", "args_sizes_get", "environ_get", "environ_sizes_get", "proc_exit", "sched_yield",
	}
	clockImports  = []string{"clock_res_get", "clock_time_get"}
	randomImports = []string{"random_get"}
	// What a C library asks of its standard streams.
	outputImports = []string{
		"fd_close", "fd_fdstat_get", "fd_fdstat_set_flags", "fd_prestat_dir_name", "fd_prestat_get", "fd_seek", "fd_write",
	}
	// fd_write is one of them, and writes to no file.
	fileImports = append([]string{
		"fd_advise", "fd_filestat_get", "fd_pread", "fd_read", "fd_readdir", "fd_tell",
		"path_filestat_get", "path_open", "path_readlink",
	}, outputImports...)
)

// WithGrants gives the module what it may use of the world outside; the default
// is nothing. An import that no grant covers is [ErrContract] in [Load], with
// its name.
func WithGrants(grants ...Grant) Option {
	return func(c *config) error {
		for _, g := range grants {
			if g.configure == nil {
				return fmt.Errorf("WithGrants: a Grant is zero or has nothing to give; make it with GrantClock and the like")
			}
			if slices.ContainsFunc(c.grants, func(other Grant) bool { return other.name == g.name }) {
				return fmt.Errorf("WithGrants: %s is granted twice", g.name)
			}
			c.grants = append(c.grants, g)
		}
		return nil
	}
}

// GrantClock gives the module the time of day and a monotonic clock. With a
// clock a module can measure how long its own work takes, and so learn about
// what else the machine does.
func GrantClock() Grant {
	return Grant{name: "the clock", imports: clockImports, configure: func(c *instanceConfig) {
		c.ModuleConfig = c.WithSysWalltime().WithSysNanotime()
	}}
}

// GrantRandom gives the module random bytes from source, which must be safe for
// concurrent use; nil stands for the system's ([crypto/rand.Reader]).
func GrantRandom(source io.Reader) Grant {
	if source == nil {
		source = rand.Reader
	}
	return Grant{name: "random numbers", imports: randomImports, configure: func(c *instanceConfig) {
		c.ModuleConfig = c.WithRandSource(stoppable{source, c.meter})
	}}
}

// GrantSeededRandom gives each instance of the module the same random bytes
// (ChaCha8 from the seed), so that its calls can be repeated: exactly so with
// [WithCallsPerInstance] of 1.
func GrantSeededRandom(seed uint64) Grant {
	return Grant{name: "random numbers", imports: randomImports, configure: func(c *instanceConfig) {
		var key [32]byte
		binary.LittleEndian.PutUint64(key[:], seed)
		c.ModuleConfig = c.WithRandSource(stoppable{mathrand.NewChaCha8(key), c.meter})
	}}
}

// GrantFiles gives the module the files of fsys to read, as its directory "/".
// An instance has at most 64 of them open. Reading takes as long as fsys does:
// a call's end is seen between reads of 64 KiB.
func GrantFiles(fsys fs.FS) Grant {
	g := Grant{name: "files", imports: fileImports}
	if fsys == nil {
		return g // which WithGrants refuses
	}
	g.configure = func(c *instanceConfig) {
		c.ModuleConfig = c.WithFSConfig(wazero.NewFSConfig().WithFSMount(&boundedFS{fsys: fsys, meter: c.meter}, "/"))
	}
	return g
}

// wasiModule is the import module of all that can be granted.
const wasiModule = wasi_snapshot_preview1.ModuleName

// grantedImports are the functions of wasiModule that may be imported.
func (c config) grantedImports() []string {
	if len(c.grants) == 0 {
		return nil
	}
	names := slices.Clone(inertImports)
	for _, g := range c.grants {
		names = append(names, g.imports...)
	}
	slices.Sort(names)
	return slices.Compact(names)
}

// instantiateGrants makes what grants rest on a part of the engine's runtime.
// All of WASI is there; the contract's check lets a module import what is
// granted alone.
func (e *Engine) instantiateGrants(ctx context.Context) error {
	if len(e.config.grants) == 0 {
		return nil
	}
	if _, err := wasi_snapshot_preview1.Instantiate(ctx, e.runtime); err != nil {
		return fmt.Errorf("host module %s: %w", wasiModule, err)
	}
	return nil
}

// readChunk is how much of an input is read before the end of the call is
// looked for.
const readChunk = 64 << 10

// stoppable reads in chunks, between which it stops the guest that reads when
// its call must end.
type stoppable struct {
	io.Reader
	meter *fuel.Meter
}

func (s stoppable) Read(p []byte) (int, error) {
	checkStopped(s.meter)
	return s.Reader.Read(p[:min(len(p), readChunk)])
}

// checkStopped ends the guest that called the host when its call must end:
// wazero turns the panic of a host function into the error of the call.
func checkStopped(meter *fuel.Meter) {
	if meter == nil {
		return
	}
	if err := meter.Check(); err != nil {
		panic(err)
	}
}
