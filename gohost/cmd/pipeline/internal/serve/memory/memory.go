// Package memory says how much memory the process may take, and divides it: what
// guests take, what the Go heap may, and how much of that requests may hold.
package memory

import (
	"math"
	"os"
	"runtime/debug"
	"sync"
)

// unknown is what is taken for the machine's memory where it cannot be read.
const unknown = 2 << 30

// Total returns how much the process may take: the limit of its control group
// or of one above it, or the memory of the machine, whichever is least.
func Total() int64 {
	total := int64(unknown)
	if ram := machine(); ram > 0 {
		total = ram
	}
	return min(total, group(os.DirFS("/")))
}

// A Plan divides the memory of a service.
type Plan struct {
	// Total is all of it, Reserve what is left for compiled code, stacks, the
	// kernel's buffers and for compiling, Guests what the instances of all plugins
	// can take.
	Total, Reserve, Guests int64
	// Heap is the soft limit of the Go runtime, and Budget what requests hold of
	// it at the most. A quarter of the heap is for what the collector has not
	// found yet.
	Heap, Budget int64
	// Short: the guests leave less than requests need, so all together may
	// exceed the total.
	Short bool
}

const (
	leastReserve = 96 << 20
	// base is the heap of a service without requests.
	base = 32 << 20
	// leastBudget lets some requests be answered, whatever the plugins may take.
	leastBudget = 64 << 20
)

// Divide plans a total; explicit is the limit of the Go runtime that the user
// has set, or 0.
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

// Bounds of what an instance is given where nobody says.
const (
	mostMemory  = 256
	leastMemory = 128
)

// Instances returns how many instances a plugin has and how much memory (MiB)
// each, where the caller does not say (0): together no more than an eighth of the
// total.
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
	explicit int64 // by GOMEMLIMIT, or 0
}

// Explicit returns a limit that was there before: the variable GOMEMLIMIT, which
// is left alone, or 0.
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

// Set sets it, unless the user has.
func (l *Limit) Set(bytes int64) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.explicit == 0 {
		debug.SetMemoryLimit(bytes)
	}
}
