package cabi

import (
	"fmt"

	"example.org/compute-pipeline/gohost/internal/fuel"
)

const (
	// free is how many bytes of Go memory a call may use for lifted values without
	// [Instance.Reserve], so that small calls share no counter.
	free = 64 << 10
	// atLeast is how much is reserved at a time for small values, so that they share
	// the counter seldom.
	atLeast = 64 << 10
	// atOnce is how many units of work are done between two checks whether the call
	// must end: 4,096 elements or 1 MiB, about 0.1 ms, or 0.5 ms into fresh memory.
	atOnce = 4096
	// bytesPerUnit is how many bytes are copied for a unit of work.
	bytesPerUnit = 256
	// pieceSize is how many bytes that is at once.
	pieceSize = atOnce * bytesPerUnit
	// unitPrice is the fuel that a unit of work for an import costs, and callPrice
	// what its call costs. Package wasi has the same prices.
	unitPrice, callPrice = bytesPerUnit / 16, 100
)

// allowance is what a call may do without asking.
type allowance struct {
	// free is how many bytes of Go memory may still be used, and reserved how many
	// were reserved.
	free, reserved int
	// work is how many units of work may still be done.
	work int
}

func newAllowance() allowance { return allowance{free: free, work: atOnce} }

// Heap counts n bytes of Go memory that are about to be allocated for a lifted value,
// and reports whether they may be. The functions of this package count what they
// allocate; generated code counts what it allocates itself, such as a variant's case.
func (c *Call) Heap(n int) bool {
	if n <= c.free {
		c.free -= n
		return true
	}
	return c.reserve(n)
}

func (c *Call) reserve(n int) bool {
	if c.err != nil {
		return false
	}
	if c.in.Reserve == nil {
		if c.reserved+n > MaxByteLength || c.reserved+n < 0 {
			c.Fail(&LimitError{Detail: fmt.Sprintf("the call's values take more than %d bytes", MaxByteLength), Max: MaxByteLength})
			return false
		}
		c.reserved += n
		return true
	}
	// A guest's lists may share memory, so that the sum has no bound but this.
	if n < atLeast/16 && c.in.Reserve(atLeast) == nil {
		c.reserved += atLeast
		c.free += atLeast - n
		return true
	}
	if err := c.in.Reserve(n); err != nil {
		c.Fail(err)
		return false
	}
	c.reserved += n
	return true
}

// spend counts units of work that are about to be done, at most about [atOnce], and
// reports whether the call may go on.
func (c *Call) spend(units int) bool {
	c.work -= units
	return c.work >= 0 || c.look()
}

// share returns how many elements of size bytes are lifted or lowered one by one between
// two checks, and the units of work that each of them is.
func share(size uint32) (most, units int) {
	units = 1 + int(size)/bytesPerUnit
	return max(1, atOnce/units), units
}

// look pays for the work since it was last called, and reports whether the call may
// go on.
func (c *Call) look() bool {
	if c.err != nil {
		return false
	}
	var err error
	if c.host != nil && c.meter != nil {
		err = c.meter.Charge(c.in.module, uint64(atOnce-c.work)*unitPrice)
	} else {
		err = fuel.Check(c.ctx)
	}
	if err != nil {
		c.Fail(err)
		return false
	}
	c.work = atOnce
	return true
}
