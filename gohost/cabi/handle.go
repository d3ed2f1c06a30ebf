package cabi

import (
	"context"
	"sync/atomic"
)

// Handle is a handle of the host to a resource that a guest exports. It belongs to
// one instance. Like all of an instance, it is for one goroutine at a time.
type Handle struct {
	in  *Instance
	typ *ResourceType
	rep uint32
	// lentIn is the number of the last call that the guest borrows the resource in.
	lentIn uint64
	// state says what may be done with it. It is atomic for IsGone.
	state atomic.Int32
}

const (
	owned = iota
	// lentToHost: borrowed for the rest of an import's call.
	lentToHost
	// gone: given back to the guest, closed, or no longer borrowed.
	gone
)

// Instance returns the instance that the resource belongs to.
func (h *Handle) Instance() *Instance { return h.in }

// IsGone reports whether the host no longer has the resource: it was closed or given
// away, or was borrowed by a call that has ended. It may be called at any time.
func (h *Handle) IsGone() bool { return h.state.Load() == gone }

// Handles returns the number of handles that the host owns. While there are any, the
// instance's state is in use, and it must serve no other caller.
func (in *Instance) Handles() int { return in.held }

// GuestHandles returns the number of handles that the guest has.
func (in *Instance) GuestHandles() int { return max(len(in.table)-1, 0) - len(in.free) }

// handleBytes is the Go memory of a Handle.
var handleBytes = sizeOf[Handle]()

// LiftHandle lifts an own handle of an exported resource: the host owns it now.
func (c *Call) LiftHandle(t *ResourceType, index uint32) *Handle {
	h, ok := c.takeOwn(t, index)
	if !ok || !c.Heap(handleBytes) {
		return nil
	}
	c.in.held++
	return &Handle{in: c.in, typ: t, rep: h.rep}
}

// LiftBorrowedHandle lifts a borrow handle of an exported resource that the guest
// gives an import. It is valid until the import's call ends.
func (c *Call) LiftBorrowedHandle(t *ResourceType, index uint32) *Handle {
	h := c.lend(t, index)
	if h == nil || !c.Heap(handleBytes+2*8) { // and its place in a list that grows
		return nil
	}
	lent := &Handle{in: c.in, typ: t, rep: h.rep}
	lent.state.Store(lentToHost)
	c.in.borrowed = append(c.in.borrowed, lent)
	return lent
}

// LowerHandle lowers an own handle of an exported resource, and returns the flat
// value. The handle must not be used again. A handle that the same call lends cannot be
// given away, as lift_own in definitions.py has it.
func (c *Call) LowerHandle(t *ResourceType, h *Handle) uint32 {
	if !c.usable(t, h) {
		return 0
	}
	if h.state.Load() != owned {
		c.Invalid("a handle of the resource %s is borrowed, and cannot be given away", t.Name)
		return 0
	}
	if h.lentIn == c.in.number {
		c.Invalid("a handle of the resource %s is lent to the same call, and cannot be given away", t.Name)
		return 0
	}
	index := c.add(handle{typ: t, rep: h.rep, own: true})
	if c.err == nil {
		h.state.Store(gone)
		c.in.held--
	}
	return index
}

// LowerBorrowedHandle lowers a handle of an exported resource for the call, and
// returns the flat value.
func (c *Call) LowerBorrowedHandle(t *ResourceType, h *Handle) uint32 {
	if !c.usable(t, h) {
		return 0
	}
	h.lentIn = c.in.number
	// The instance is the resource's own, so that it gets its own number
	// (lower_borrow in definitions.py).
	return h.rep
}

// usable checks a handle that the host gives a guest.
func (c *Call) usable(t *ResourceType, h *Handle) bool {
	switch {
	case c.err != nil:
	case h == nil || h.typ != t:
		c.Invalid("a handle of the resource %s is nil or of another resource", t.Name)
	case h.in != c.in:
		c.Invalid("a handle of the resource %s belongs to another instance", t.Name)
	case h.state.Load() == gone:
		c.Invalid("a handle of the resource %s was closed or given away", t.Name)
	default:
		return true
	}
	return false
}

// Drop drops a handle that the host owns, and calls the guest's destructor. It does
// nothing if the handle is not owned any more.
func (in *Instance) Drop(ctx context.Context, h *Handle) error {
	switch {
	case h.in != in || h.state.Load() != owned:
		return nil
	case in.running || in.module == nil:
		return ErrBusy
	}
	h.state.Store(gone)
	in.held--
	f, err := in.destructor(h.typ)
	if f == nil {
		return err
	}
	c := in.Call(ctx, f)
	c.PushU32(h.rep)
	c.Invoke()
	return c.Done()
}
