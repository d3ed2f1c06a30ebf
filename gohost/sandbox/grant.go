package sandbox

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
	"example.org/compute-pipeline/gohost/internal/wasi2"
)

// Grant is a capability of the world outside the sandbox. [WithGrants] permits a
// module to import the grant's functions of WASI preview 1, and a component those of
// WASI 0.2, of any version. Any grant also permits
// functions that reveal nothing, because languages' runtimes import them without
// need: an empty list of arguments, an empty environment, sched_yield, and
// proc_exit, which is a trap; of WASI 0.2 also streams, no terminal, and sockets, which are
// refused to everybody.
//
// Each function uses fuel for the work it is asked to do, and stops when its call
// must: at the end of the context, by [WithCallTimeout] and by [WithFuel].
type Grant struct {
	name      string
	text      string // as ParseGrant reads it, or empty; see Equal
	imports   []string
	gives     []wasi2.Capability
	configure func(*instanceConfig) // of an instance that is about to start
}

// instanceConfig is the configuration of an instance that grants set.
type instanceConfig struct {
	module *Module
	wasi   wasi.Config
}

// Functions of WASI preview 1, as witx/wasi_snapshot_preview1.witx groups them.
var (
	inertImports = []string{
		"args_get", "args_sizes_get", "environ_get", "environ_sizes_get", "proc_exit", "sched_yield",
	}
	clockImports  = []string{"clock_res_get", "clock_time_get", "poll_oneoff"}
	randomImports = []string{"random_get"}
	// What C's library and Go's call for their standard streams. Nothing can be read:
	// standard input is empty.
	outputImports = []string{
		"fd_close", "fd_fdstat_get", "fd_fdstat_set_flags", "fd_prestat_dir_name", "fd_prestat_get", "fd_read", "fd_seek",
		"fd_write",
	}
	// Includes fd_write, which writes to no file.
	fileImports = append([]string{
		"fd_advise", "fd_filestat_get", "fd_pread", "fd_readdir", "fd_tell",
		"path_filestat_get", "path_open", "path_readlink",
	}, outputImports...)
)

// WithGrants grants capabilities to the module. The default is none. [Load] returns
// an [ErrContract] that names every import no grant covers.
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

// GrantClock grants the time of day, a monotonic clock, and waiting for them (poll_oneoff).
// With a clock a module can measure how long its own work takes, and so learn about other
// work on the machine. Waiting uses a unit of fuel per nanosecond, and ends with the call.
// Waiting for files is refused.
func GrantClock() Grant {
	return Grant{name: "the clock", text: "clock", imports: clockImports, gives: []wasi2.Capability{wasi2.Clock}, configure: func(c *instanceConfig) {
		c.wasi.Now = time.Now
	}}
}

// GrantRandom grants random bytes from source, which must be safe for concurrent
// use. If source is nil, it uses [crypto/rand.Reader].
func GrantRandom(source io.Reader) Grant {
	text := ""
	if source == nil {
		source, text = rand.Reader, "random"
	}
	return grantRandom(text, func(c *instanceConfig) { c.wasi.Random = source })
}

// GrantSeededRandom grants random bytes that are the same for each instance
// (ChaCha8 from the seed), so that calls can be repeated, exactly if
// [WithCallsPerInstance] is 1.
func GrantSeededRandom(seed uint64) Grant {
	text := fmt.Sprintf("random=seed:%d", seed)
	return grantRandom(text, func(c *instanceConfig) {
		var key [32]byte
		binary.LittleEndian.PutUint64(key[:], seed)
		c.wasi.Random = mathrand.NewChaCha8(key)
	})
}

func grantRandom(text string, configure func(*instanceConfig)) Grant {
	return Grant{
		name: "random numbers", text: text, imports: randomImports, gives: []wasi2.Capability{wasi2.Random}, configure: configure,
	}
}

// GrantFiles grants reading the files of fsys, as the directory "/". For a
// directory of the operating system use an [os.Root], and keep it open as long as
// the module:
//
//	root, err := os.OpenRoot(dir)
//	…
//	sandbox.GrantFiles(root.FS())
//
// Do not use [os.DirFS], which follows symbolic links out of the directory. A module
// sees the targets of links, never links.
//
// An instance can have 64 files open, and only regular files and directories, and 1,024
// handles of WASI 0.2.
// Reading uses fuel for the requested bytes and names, and takes as long as fsys
// takes. The end of a call is checked between reads of 64 KiB, but a file system
// that blocks also blocks the call.
func GrantFiles(fsys fs.FS) Grant {
	g := Grant{name: "files", imports: fileImports, gives: []wasi2.Capability{wasi2.Files, wasi2.Output}}
	if fsys == nil {
		return g // WithGrants rejects it
	}
	g.configure = func(c *instanceConfig) { c.wasi.Files = fsys }
	return g
}

// grantedImports returns the functions of WASI that may be imported.
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

// instantiateGrants adds the functions that can be granted to the module's runtime.
// It adds all of them; the contract check lets a module import only granted ones.
func (m *Module) instantiateGrants(ctx context.Context) error {
	if len(m.config.grants) == 0 {
		return nil
	}
	return wasi.Instantiate(ctx, m.code.Runtime)
}

// newHost returns the grants of a new instance, or nil if there are none.
func (m *Module) newHost() *wasi.Host {
	if len(m.config.grants) == 0 {
		return nil
	}
	config := &instanceConfig{module: m}
	for _, g := range m.config.grants {
		g.configure(config)
	}
	return wasi.NewHost(config.wasi)
}

// closeHost closes the instance's open files. If a file panics, closeHost returns an
// error, so that the panic costs neither the process nor the instance's place in the
// pool.
func (in *Instance) closeHost() (err error) {
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
