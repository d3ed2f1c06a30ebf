// Package memory determines how much memory the process may use, and divides it between
// guests, the Go heap and requests.
package memory

import (
	"math"
	"os"
	"runtime/debug"
	"sync"
)

// unknown is the assumed memory of the machine if it cannot be read.
const unknown = 2 << 30

// Total returns the memory that the process may use: the smallest of the limits of its
// control group and those above it, and the memory of the machine.
func Total() int64 {
	total := int64(unknown)
	if ram := machine(); ram > 0 {
		total = ram
	}
	return min(total, group(os.DirFS("/")))
}

// A Plan divides the memory of a service.
type Plan struct {
	// Total is all memory, Reserve the part for compiled code, stacks, the kernel's
	// buffers and compiling, Guests the max of the instances of all plugins.
	Total, Reserve, Guests int64
	// Heap is the soft limit of the Go runtime, and Budget the max of it that requests
	// hold. A quarter of the heap is for garbage that is not yet collected.
	Heap, Budget int64
	// Short is true if the guests leave less than requests need, so that all together
	// may exceed the total.
	Short bool
}

const (
	leastReserve = 96 << 20
	// base is the heap of a service without requests.
	base = 32 << 20
	// leastBudget allows some requests, whatever the plugins use.
	leastBudget = 64 << 20
)

// Divide returns the plan for a total. explicit is the limit of the Go runtime that the
// user has set, or 0.
func Divide(total, guests, explicit int64) Plan {
	p := Plan{Total: total, Reserve: max(leastReserve, total/8), Guests: guests}
	p.Heap = total - p.Reserve - guests
	if explicit > 0 {
		p.Heap = min(p.Heap, explicit)
	}
	p.Budget = (p.Heap - base) / 4 * 3
	if p.Budget < leastBudget {
		p.Short = true
		p.Budget = leastBudget
		p.Heap = max(p.Heap, base+leastBudget/3*4)
	}
	return p
}

// MiB is the unit of the limits of instances.
const MiB = 1 << 20

// Bounds of the default memory of an instance.
const (
	mostMemory  = 256
	leastMemory = 128
)

// Instances returns the number of instances of a plugin and the memory (MiB) of each. It
// replaces zeros with defaults that together use at most an eighth of the total.
func Instances(total int64, processors, instances, memory int) (int, int) {
	share := int(total / 8 / MiB)
	if instances == 0 {
		each := leastMemory
		if memory > 0 {
			each = memory
		}
		instances = min(processors, max(1, share/each))
	}
	if memory == 0 {
		memory = min(mostMemory, max(share/instances, leastMemory/2))
	}
	return instances, memory
}

// A Limit is the soft limit of the Go runtime's memory.
type Limit struct {
	mu       sync.Mutex
	explicit int64 // from GOMEMLIMIT, or 0
}

// Explicit returns the limit in the variable GOMEMLIMIT, which stays unchanged, or 0.
func (l *Limit) Explicit() int64 { return l.explicit }

// NewLimit returns the limit of the process.
func NewLimit() *Limit {
	l := &Limit{}
	if os.Getenv("GOMEMLIMIT") != "" {
		if now := debug.SetMemoryLimit(-1); now != math.MaxInt64 {
			l.explicit = now
		}
	}
	return l
}

// Set sets the limit, unless the user has set it.
func (l *Limit) Set(bytes int64) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.explicit == 0 {
		debug.SetMemoryLimit(bytes)
	}
}
