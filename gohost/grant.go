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
	"time"

	"example.org/compute-pipeline/gohost/internal/wasi"
)

// Grant is something of the world outside that a module may use: with
// [WithGrants] its functions of WASI preview 1 may be imported. Whatever is
// granted, the functions that give nothing away may be imported too, since
// languages' runtimes do so without a need: an empty list of arguments, an
// empty environment, sched_yield, and proc_exit, which is a trap.
//
// Each function takes fuel by the work that it is asked for, and ends with its
// call: by the context, [WithCallTimeout] and [WithFuel].
type Grant struct {
	name      string
	imports   []string
	configure func(*instanceConfig) // of an instance that is about to start
}

// instanceConfig is what grants set of an instance that is about to start.
type instanceConfig struct {
	engine *Engine
	wasi   wasi.Config
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
		c.wasi.Now = time.Now
	}}
}

// GrantRandom gives the module random bytes from source, which must be safe for
// concurrent use; nil stands for the system's ([crypto/rand.Reader]).
func GrantRandom(source io.Reader) Grant {
	if source == nil {
		source = rand.Reader
	}
	return Grant{name: "random numbers", imports: randomImports, configure: func(c *instanceConfig) {
		c.wasi.Random = source
	}}
}

// GrantSeededRandom gives each instance of the module the same random bytes
// (ChaCha8 from the seed), so that its calls can be repeated: exactly so with
// [WithCallsPerInstance] of 1.
func GrantSeededRandom(seed uint64) Grant {
	return Grant{name: "random numbers", imports: randomImports, configure: func(c *instanceConfig) {
		var key [32]byte
		binary.LittleEndian.PutUint64(key[:], seed)
		c.wasi.Random = mathrand.NewChaCha8(key)
	}}
}

// GrantFiles gives the module the files of fsys to read, as its directory "/".
// For a directory of the system, take an [os.Root], which must stay open as long
// as the engine:
//
//	root, err := os.OpenRoot(dir)
//	…
//	gohost.GrantFiles(root.FS())
//
// and not [os.DirFS], which follows symbolic links out of the directory. A module
// sees no links, but what they point to.
//
// An instance has at most 64 files open, and only regular files and directories.
// Reading takes fuel by the bytes and names that were asked for, and as long as
// fsys takes: the end of a call is seen between reads of 64 KiB, but a file system
// that blocks, blocks the call.
func GrantFiles(fsys fs.FS) Grant {
	g := Grant{name: "files", imports: fileImports}
	if fsys == nil {
		return g // which WithGrants refuses
	}
	g.configure = func(c *instanceConfig) { c.wasi.Files = fsys }
	return g
}

// grantedImports are the functions of WASI that may be imported.
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
// All that can be granted is there; the contract's check lets a module import what
// is granted alone.
func (e *Engine) instantiateGrants(ctx context.Context) error {
	if len(e.config.grants) == 0 {
		return nil
	}
	return wasi.Instantiate(ctx, e.runtime)
}

// newHost is what a new instance has of the world outside, nil for nothing.
func (e *Engine) newHost() *wasi.Host {
	if len(e.config.grants) == 0 {
		return nil
	}
	config := &instanceConfig{engine: e}
	for _, g := range e.config.grants {
		g.configure(config)
	}
	return wasi.NewHost(config.wasi)
}

// within is the context for the guest's functions in a call of ctx, which must be
// left with leave.
func (in *instance) within(ctx context.Context) context.Context {
	if in.host == nil {
		return ctx
	}
	return in.host.Within(ctx)
}

func (in *instance) leave() {
	if in.host != nil {
		in.host.Leave()
	}
}

// closeHost closes the files that the instance has open. A file that panics there is
// an error: it must cost neither the process nor the instance's place in the pool.
func (in *instance) closeHost() (err error) {
	if in.host == nil {
		return nil
	}
	defer func() {
		if r := recover(); r != nil {
			err = runtimePanic(r)
		}
	}()
	return in.host.Close()
}
