package kit

import (
	"context"
	"errors"
	"fmt"

	"example.org/compute-pipeline/gohost/cabi"
	"example.org/compute-pipeline/gohost/internal/dynamic"
	"example.org/compute-pipeline/gohost/internal/text"
	"example.org/compute-pipeline/gohost/sandbox"
)

// A call that takes a resource of the guest is an errand: the kit first calls a function that
// makes one, then the function itself on the same instance, and then drops all handles that
// it has. So each call begins and ends without resources, and can be made again anywhere.

// made is an argument that a call of another function makes: a resource of the guest. Without
// a function it takes too many calls.
type made struct {
	by   *function
	args []any
}

// String returns the call for people.
func (m *made) String() string {
	if m.by == nil {
		return "by too many calls"
	}
	return "by " + text.Cut(m.by.text(m.args), 2*maxValue)
}

// hostValue is a resource of the kit's host.
type hostValue uint64

// String returns it for people.
func (v hostValue) String() string { return fmt.Sprintf("#%d", uint64(v)) }

// guestValue stands for a resource of the guest in an answer. All are equal.
type guestValue struct{}

// String returns it for people.
func (guestValue) String() string { return "of the module" }

const (
	// maxHandles is the max number of handles of a call outside of lists, and maxMade how
	// many calls make them: a resource may be made of others, and these of more.
	maxHandles = 64
	maxMade    = 256
	// maxLevels is how many kinds of resources may be made of each other.
	maxLevels = 16
)

// resourceTypes returns the resources of a contract, by their names in
// [sandbox.Function.Handles].
func resourceTypes(contract *sandbox.Contract) map[string]*cabi.ResourceType {
	types := map[string]*cabi.ResourceType{}
	add := func(ifaces []sandbox.Interface, prefix string) {
		for _, i := range ifaces {
			for _, r := range i.Resources {
				name := i.Name
				if i.Version != "" {
					name += "@" + i.Version
				}
				types[prefix+name+"#"+r] = &cabi.ResourceType{Interface: i.Name, Version: i.Version, Name: r, Exported: prefix != ""}
			}
		}
	}
	add(contract.Imports, "")
	add(contract.Exports, cabi.ExportPrefix)
	return types
}

// parseType reads the type of a function.
func parseType(f sandbox.Function, types map[string]*cabi.ResourceType) (*dynamic.Function, error) {
	handles := make([]*cabi.ResourceType, len(f.Handles))
	for i, name := range f.Handles {
		if handles[i] = types[name]; handles[i] == nil {
			return nil, fmt.Errorf("the contract has no resource %q", text.Cut(name, maxName))
		}
	}
	return dynamic.ParseFunction(f.Type, handles...)
}

// findMakers finds the functions that make resources of the guest. A function that needs
// one that nothing makes cannot be called.
func (c *checker) findMakers() {
	c.makers = map[*cabi.ResourceType][]*function{}
	for level, found := 0, true; found && level < maxLevels; level++ {
		found = false
		next := map[*cabi.ResourceType][]*function{}
		for _, f := range c.functions {
			if f.typ == nil || f.typ.Result == nil || !c.module.Exports(f.number) || c.lacks(f) != "" {
				continue
			}
			f.typ.Result.EachResource(func(t *dynamic.Type) {
				if r := t.Resource; r.Exported && c.makers[r] == nil {
					next[r] = append(next[r], f)
				}
			})
		}
		for r, makers := range next {
			found = true
			c.makers[r] = preferred(makers)
		}
	}
	for _, f := range c.functions {
		if f.typ != nil {
			if f.why = c.lacks(f); f.why != "" {
				f.typ = nil
			}
		}
	}
}

// preferred returns the functions whose result is a resource, if there are any: others may
// return none.
func preferred(makers []*function) (sure []*function) {
	for _, f := range makers {
		if f.typ.Result.Kind == dynamic.Own {
			sure = append(sure, f)
		}
	}
	if len(sure) == 0 {
		return makers
	}
	return sure
}

// lacks says why a function cannot be called, if it cannot.
func (c *checker) lacks(f *function) (why string) {
	handles := 0
	foreign := func(t *dynamic.Type) {
		if r := t.Resource; !r.Exported && c.implements(r) {
			why = fmt.Sprintf("%s passes a %s, which only the program's imports know", f.shown(), text.Cut(r.Name, maxName))
		}
	}
	for _, p := range f.typ.Params {
		handles += p.Type.Handles()
		p.Type.EachResource(func(t *dynamic.Type) {
			if r := t.Resource; r.Exported && c.makers[r] == nil {
				why = fmt.Sprintf("%s needs a %s, which no function makes", f.shown(), text.Cut(r.Name, maxName))
			}
			foreign(t)
		})
	}
	if f.typ.Result != nil {
		f.typ.Result.EachResource(foreign)
	}
	if handles > maxHandles {
		return fmt.Sprintf("%s takes %d or more handles, and the kit makes max %d", f.shown(), handles, maxHandles)
	}
	return why
}

// implements reports whether the program implements the interface of a resource.
func (c *checker) implements(r *cabi.ResourceType) bool {
	for _, f := range c.imports {
		if f.Interface == r.Interface && f.Version == r.Version && !f.Exported {
			return true
		}
	}
	return false
}

// arguments returns random arguments.
func (c *checker) arguments(f *function, length int) []any {
	c.making = maxMade
	return c.randomArguments(f, length)
}

func (c *checker) randomArguments(f *function, length int) []any {
	args := make([]any, len(f.typ.Params))
	for i, p := range f.typ.Params {
		args[i] = p.Type.Random(c.random, length, c.resource)
	}
	return args
}

// resource returns a random resource as an argument.
func (c *checker) resource(t *dynamic.Type) any {
	if !t.Resource.Exported {
		return hostValue(c.random.Uint64N(1 << c.random.IntN(20)))
	}
	if c.making--; c.making < 0 {
		return &made{}
	}
	const length = 20
	makers := c.makers[t.Resource]
	by := makers[c.random.IntN(len(makers))]
	return &made{by, c.randomArguments(by, length)}
}

// errand is a call with those that make its arguments.
type errand struct {
	*subject
	handles []handle
}

// handle is a handle to a resource of the guest that the kit has.
type handle struct {
	typ *cabi.ResourceType
	*cabi.Handle
}

// errUnmade is the error of a call without one of its arguments.
var errUnmade = errors.New("no argument for it")

// run calls a function.
func (e *errand) run(ctx context.Context, f *function, args []any) (any, error) {
	given := make([]any, len(args))
	for i, p := range f.typ.Params {
		var err error
		given[i] = p.Type.Replace(args[i], func(t *dynamic.Type, v any) any {
			m, ok := v.(*made)
			if !ok || err != nil {
				return v
			}
			var h *cabi.Handle
			h, err = e.make(ctx, t.Resource, m)
			return h
		})
		if err != nil {
			return nil, err
		}
	}
	value, err := f.typ.Call(ctx, e.Module, e.any(), f.number, given)
	e.handles = append(e.handles, e.checker.host.taken()...)
	if err == nil && f.typ.Result != nil {
		value = f.typ.Result.Replace(value, func(t *dynamic.Type, v any) any {
			h, ok := v.(*cabi.Handle)
			if !ok {
				return v
			}
			e.handles = append(e.handles, handle{t.Resource, h})
			return guestValue{}
		})
	}
	return value, err
}

// make makes a resource.
func (e *errand) make(ctx context.Context, r *cabi.ResourceType, m *made) (*cabi.Handle, error) {
	before := len(e.handles)
	if m.by == nil {
		return nil, fmt.Errorf("%w: a %s is made of more than %d others", errUnmade, text.Cut(r.Name, maxName), maxMade)
	}
	if _, err := e.run(ctx, m.by, m.args); err != nil {
		return nil, fmt.Errorf("%w: making a %s %v: %w", errUnmade, text.Cut(r.Name, maxName), m, err)
	}
	for _, h := range e.handles[before:] {
		if h.typ == r && !h.IsGone() {
			return h.Handle, nil
		}
	}
	return nil, fmt.Errorf("%w: no %s was made %v", errUnmade, text.Cut(r.Name, maxName), m)
}

// any returns a handle that the kit has, to which the instance belongs, or nil.
func (e *errand) any() *cabi.Handle {
	for _, h := range e.handles {
		if !h.IsGone() {
			return h.Handle
		}
	}
	return nil
}

// drop drops all handles.
func (e *errand) drop(ctx context.Context) (failed error) {
	for _, h := range e.handles {
		if err := sandbox.Drop(ctx, h.Handle); err != nil && failed == nil {
			failed = fmt.Errorf("dropping a %s: %w", text.Cut(h.typ.Name, maxName), err)
		}
	}
	return failed
}
