package sandbox

import (
	"context"
	"io/fs"
)

// Directory is the file system that ParseGrant grants.
func Directory(dir string) fs.FS { return directory(dir) }

// WithMemoryOnHeap keeps guests' memory on Go's heap, as on a system where no
// address space can be reserved.
func WithMemoryOnHeap() Option {
	return func(c *config) error {
		c.memoryOnHeap = true
		return nil
	}
}

// MaxClosedAtOnce is how large an instance may be that is closed while its call
// waits.
const MaxClosedAtOnce = maxClosedAtOnce

// CompilePrepared compiles a module as Load does, without what Load refuses before.
func CompilePrepared(ctx context.Context, prepared []byte, opts ...Option) error {
	config, err := newConfig(opts)
	if err != nil {
		return err
	}
	m := &Module{name: "a test", config: config, metered: true}
	defer m.free()
	return m.compile(ctx, prepared, true)
}

// Within returns the limits with those by the estimate where p has none.
func Within(p CompileProcess, e CompileEstimate) CompileProcess { return p.within(e) }

// Bound returns how many functions of the instance have call stacks.
func (in *Instance) Bound() (n int) {
	for _, f := range in.functions {
		if f != nil {
			n++
		}
	}
	return n
}

// MaxBound is the max of Bound.
const MaxBound = maxBound
