package cabi

import (
	"context"
	"errors"
	"fmt"
	"runtime/debug"
	"slices"

	"github.com/tetratelabs/wazero/api"

	"example.org/compute-pipeline/gohost/internal/text"
)

// MaxHandles is the max number of handles of an instance.
const MaxHandles = 1 << 16

// maxDestructors is how many destructors of an instance have call stacks of their own.
const maxDestructors = 8

// maxCloseErrors is how many errors of values that cannot be dropped are reported one by
// one.
const maxCloseErrors = 8

// ResourceType is a resource of the contract. Each has one, since it is compared by
// its address.
type ResourceType struct {
	// Interface and Version are those of its interface, as in [HostFunction].
	Interface, Version string
	// Name is the resource's own, such as "bucket".
	Name string
	// Exported is set if the guest implements the resource. A handle stands for the
	// guest's own number for it, which Go programs hold as a [Handle]. Otherwise it
	// stands for a Go value.
	Exported bool
	// Drop is called with the Go value of an imported resource when the guest drops
	// the last handle. Nil means that there is nothing to do.
	Drop func(ctx context.Context, value any) error
}

// handle is an entry of an instance's table.
type handle struct {
	typ *ResourceType // nil if the entry is free
	// value is of an imported resource, rep of an exported one.
	value any
	rep   uint32
	own   bool
	// lends is how many calls of imports borrow the handle now.
	lends int
}

// resources are the handles of an instance, as in the specification's definitions.py:
// one table for all types, whose indices begin at 1, and are used again in the reverse
// order of their release. Guests see the indices, so they are equal on every host.
type resources struct {
	table []handle
	free  []uint32
	// borrows is how many handles are borrowed by the guest for the running call.
	borrows int
	// lent are the indices of the handles that the guest has lent to imports.
	lent []uint32
	// borrowed are the handles of the host for those that are of exported resources.
	borrowed []*Handle
	// held is how many handles the host owns.
	held int
	// destructors are those of exported types, once looked up.
	destructors map[*ResourceType]*Func
}

// get returns the handle of the type with the index.
func (c *Call) get(t *ResourceType, index uint32) *handle {
	if c.err != nil {
		return nil
	}
	if table := c.in.table; int(index) < len(table) && index > 0 {
		if h := &table[index]; h.typ == t {
			return h
		}
	}
	c.foreign(t, index)
	return nil
}

func (c *Call) foreign(t *ResourceType, index uint32) {
	if table := c.in.table; int(index) < len(table) && table[index].typ != nil {
		c.Fail(violation("handle %d is of the resource %s, not %s", index, table[index].typ.Name, t.Name))
		return
	}
	c.Fail(violation("there is no handle %d of the resource %s", index, t.Name))
}

// add adds a handle and returns its index.
func (c *Call) add(h handle) uint32 {
	if c.err != nil {
		return 0
	}
	r := &c.in.resources
	if n := len(r.free); n > 0 {
		index := r.free[n-1]
		r.free, r.table[index] = r.free[:n-1], h
		return index
	}
	if len(r.table) == 0 {
		r.table = append(r.table, handle{})
	}
	if len(r.table) > MaxHandles {
		c.Fail(&LimitError{Detail: fmt.Sprintf("the guest has more than %d handles", MaxHandles), Max: MaxHandles})
		return 0
	}
	r.table = append(r.table, h)
	return uint32(len(r.table) - 1)
}

// remove removes the handle of the type with the index, which nobody may borrow.
func (c *Call) remove(t *ResourceType, index uint32) (handle, bool) {
	h := c.get(t, index)
	if h == nil {
		return handle{}, false
	}
	if h.lends > 0 {
		c.Fail(violation("handle %d of the resource %s is borrowed by a running call", index, t.Name))
		return handle{}, false
	}
	removed := *h
	*h = handle{}
	c.in.free = append(c.in.free, index)
	return removed, true
}

// takeOwn removes a handle that must own its resource.
func (c *Call) takeOwn(t *ResourceType, index uint32) (handle, bool) {
	h, ok := c.remove(t, index)
	if ok && !h.own {
		c.Fail(violation("handle %d of the resource %s is borrowed, and the call gives it away", index, t.Name))
		return handle{}, false
	}
	return h, ok
}

// lend returns a handle that the guest lends for the rest of the call.
func (c *Call) lend(t *ResourceType, index uint32) *handle {
	h := c.get(t, index)
	if h == nil || !c.Heap(lentBytes) {
		return nil
	}
	h.lends++
	c.in.lent = append(c.in.lent, index)
	return h
}

// lentBytes is the Go memory of an entry in a list that grows by append.
const lentBytes = 2 * 4

// lentKept is how many entries those lists keep room for between calls.
const lentKept = 1024

// returnLent returns the handles that were lent since there were n, of which the host
// has borrowed handles for all but the first k.
func (r *resources) returnLent(n, k int) {
	for _, index := range r.lent[n:] {
		r.table[index].lends--
	}
	r.lent = r.lent[:n]
	for _, h := range r.borrowed[k:] {
		h.state.Store(gone)
	}
	clear(r.borrowed[k:])
	r.borrowed = r.borrowed[:k]
	if n == 0 && cap(r.lent) > lentKept {
		r.lent, r.borrowed = nil, nil
	}
}

// LiftOwn lifts an own handle of an imported resource: the guest gives the value
// back. index is a flat value ([Call.PopU32]) or from memory ([Call.LoadU32]).
func LiftOwn[T any](c *Call, t *ResourceType, index uint32) T {
	h, ok := c.takeOwn(t, index)
	if ok && t.Drop != nil {
		c.taken = append(c.taken, h)
	}
	value, _ := h.value.(T)
	return value
}

// dropTaken drops the values that a call has lifted and that nobody will get, since the
// call failed. The error of the call is reported, and theirs are not.
func (c *Call) dropTaken() {
	for _, h := range c.taken {
		_ = dropSafely(c.Context(), h)
	}
	c.taken = nil
}

// LiftBorrow lifts a borrow handle of an imported resource. The value still belongs
// to the guest after the call.
func LiftBorrow[T any](c *Call, t *ResourceType, index uint32) T {
	h := c.lend(t, index)
	if h == nil {
		return *new(T)
	}
	value, _ := h.value.(T)
	return value
}

// LowerOwn lowers a value of an imported resource that the guest shall own, and
// returns the flat value. The value must not be nil. It is dropped if the call has an
// error, since the caller has given it away. Go values have no handles of the host's: one
// that is given away twice is dropped twice.
func (c *Call) LowerOwn(t *ResourceType, value any) uint32 {
	if c.err == nil && value == nil {
		c.Invalid("the resource %s is nil", t.Name)
	}
	h := handle{typ: t, value: value, own: true}
	index := c.add(h)
	if c.err != nil && value != nil && t.Drop != nil {
		_ = dropSafely(c.Context(), h)
	}
	return index
}

// LowerBorrow lowers a value of an imported resource that the guest borrows for the
// call, and returns the flat value. The value must not be nil.
func (c *Call) LowerBorrow(t *ResourceType, value any) uint32 {
	if c.err == nil && value == nil {
		c.Invalid("the resource %s is nil", t.Name)
	}
	index := c.add(handle{typ: t, value: value})
	if c.err == nil {
		c.in.borrows++
	}
	return index
}

// drop implements resource.drop: the guest drops a handle.
func (t *ResourceType) drop(c *Call) {
	h, ok := c.remove(t, c.PopU32())
	switch {
	case !ok:
	case !h.own:
		c.in.borrows--
	case t.Exported:
		c.destroy(t, h.rep)
	case t.Drop != nil:
		if c.Lifted() {
			if err := t.Drop(c.Context(), h.value); err != nil {
				c.HostError(err)
			}
		}
	}
}

// destroy calls the guest's destructor from within a call of an import.
func (c *Call) destroy(t *ResourceType, rep uint32) {
	f, err := c.in.destructor(t)
	switch {
	case err != nil:
		c.Fail(err)
		return
	case f == nil || !c.Lifted():
		return
	}
	function := f.function
	if c.in.depth > 1 || c.in.call.function == f {
		// A destructor can drop another resource, and a function of wazero cannot run
		// within itself.
		function = c.in.module.ExportedFunction(f.name)
	}
	if err := function.CallWithStack(c.ctx, []uint64{uint64(rep)}); err != nil {
		c.Fail(fmt.Errorf("in the destructor of %s: %w", t.Name, c.in.trap(c.ctx, err)))
		return
	}
	c.mem = nil
}

// destructor returns the guest's destructor, or nil if the guest exports none.
func (in *Instance) destructor(t *ResourceType) (*Func, error) {
	if f, ok := in.destructors[t]; ok {
		return f, nil
	}
	name := (&HostFunction{Interface: t.Interface, Version: t.Version}).Module() + "#[dtor]" + t.Name
	if in.Destructor != nil {
		name = in.Destructor(t)
	}
	var f *Func
	if function := in.module.ExportedFunction(name); name != "" && function != nil {
		d := function.Definition()
		if !slices.Equal(d.ParamTypes(), []api.ValueType{api.ValueTypeI32}) || len(d.ResultTypes()) > 0 {
			return nil, violation("the destructor %s has another signature than (i32)", name)
		}
		f = &Func{name: name, function: function, params: 1}
	}
	if in.destructors == nil {
		in.destructors = map[*ResourceType]*Func{}
	} else if len(in.destructors) == maxDestructors {
		clear(in.destructors)
	}
	in.destructors[t] = f
	return f, nil
}

// closeResources drops the imported resources that the guest owned, after its
// instance was closed with an error or nil.
func (in *Instance) closeResources(ctx context.Context, err error) error {
	errs := []error{err}
	failed := 0
	for _, h := range slices.Backward(in.table) {
		if h.isValue() {
			if err := dropSafely(ctx, h); err != nil {
				if failed++; failed <= maxCloseErrors {
					errs = append(errs, err)
				}
			}
		}
	}
	in.resources = resources{}
	if failed > maxCloseErrors {
		errs = append(errs, fmt.Errorf("%d more resources could not be closed", failed-maxCloseErrors))
	}
	return errors.Join(errs...)
}

// isValue reports whether the handle owns a Go value that has to be dropped.
func (h *handle) isValue() bool { return h.typ != nil && h.own && h.typ.Drop != nil }

// OwnsValues reports whether the guest owns Go values, which [Instance.Close] drops with
// code of the program.
func (in *Instance) OwnsValues() bool {
	for i := range in.table {
		if in.table[i].isValue() {
			return true
		}
	}
	return false
}

func dropSafely(ctx context.Context, h handle) (err error) {
	defer func() {
		if r := recover(); r != nil {
			err = &HostError{
				Function: h.typ.Name, Err: errors.New(text.Cut(fmt.Sprint(r), text.MaxMessage)),
				Stack: text.Cut(string(debug.Stack()), text.MaxStack),
			}
		}
	}()
	return h.typ.Drop(ctx, h.value)
}
