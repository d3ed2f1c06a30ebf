package bind

import (
	"errors"
	"fmt"
)

// refs returns what the type refers to.
func (t *inputType) refs() []*ref {
	var refs []*ref
	add := func(rs ...*ref) {
		for _, r := range rs {
			if r != nil {
				refs = append(refs, r)
			}
		}
	}
	for _, fields := range [][]inputField{t.Fields, t.Cases, t.Flags} {
		for _, f := range fields {
			add(f.Type)
		}
	}
	add(t.Types...)
	add(t.Type, t.Key, t.Value, t.OK, t.Err, t.Resource)
	return refs
}

// maxNesting is the max number of types within each other, as for the validator of
// components. Generated functions call each other as deeply.
const maxNesting = 100

// check reports input that is not a description of a world, so that the rest need not
// expect it.
func (in *input) check() error {
	depths := make([]int, len(in.Types))
	for i := range in.Types {
		if err := in.checkType(i); err != nil {
			return fmt.Errorf("type %d: %w", i, err)
		}
		for _, r := range in.Types[i].refs() {
			if r.primitive == "" {
				depths[i] = max(depths[i], depths[r.index]+1)
			}
		}
		if depths[i] >= maxNesting {
			return fmt.Errorf("type %d: more than %d types within each other", i, maxNesting)
		}
	}
	for _, ifaces := range [][]inputInterface{in.Imports, in.Exports} {
		for _, iface := range ifaces {
			if err := in.checkInterface(&iface); err != nil {
				return fmt.Errorf("interface %q: %w", iface.Interface, err)
			}
		}
	}
	return nil
}

func (in *input) checkType(i int) error {
	t := &in.Types[i]
	if (t.Name == nil) != (t.Owner == nil) {
		return errors.New("a type has both a name and an owner, or neither")
	}
	for _, r := range t.refs() {
		if err := r.check(i); err != nil {
			return err
		}
		isResource := r.primitive == "" && in.isResource(r)
		if isResource != (t.Resource != nil) && t.Kind != "alias" {
			return errors.New("handles refer to resources, and other types to types")
		}
	}
	has := func(part *ref) bool { return part != nil }
	ok := false
	switch t.Kind {
	case "record":
		ok = len(t.Fields) > 0
		for _, f := range t.Fields {
			ok = ok && f.Type != nil
		}
	case "tuple":
		ok = len(t.Types) > 0
		for _, r := range t.Types {
			ok = ok && r != nil
		}
	case "list", "option", "alias":
		ok = has(t.Type)
	case "fixed-list":
		ok = has(t.Type) && t.Length > 0
	case "map":
		ok = has(t.Key) && has(t.Value)
	case "result":
		ok = true
	case "variant", "enum":
		ok = len(t.Cases) > 0
	case "flags":
		ok = len(t.Flags) > 0
		if len(t.Flags) > 32 {
			return fmt.Errorf("%d flags, and the component model allows 32", len(t.Flags))
		}
	case "resource":
		ok = t.Name != nil
	case "own", "borrow":
		ok = has(t.Resource)
	default:
		return fmt.Errorf("values of kind %q cannot be passed", t.Kind)
	}
	if !ok {
		return fmt.Errorf("the %s is not complete", t.Kind)
	}
	return nil
}

// isResource reports whether a checked ref is to a resource, or to an alias of one.
func (in *input) isResource(r *ref) bool {
	for r.primitive == "" {
		t := &in.Types[r.index]
		if t.Kind != "alias" {
			return t.Kind == "resource"
		}
		r = t.Type
	}
	return false
}

func (in *input) checkInterface(iface *inputInterface) error {
	for _, indices := range [][]int{iface.Types, iface.Resources} {
		for _, i := range indices {
			if err := (&ref{index: i}).check(len(in.Types)); err != nil {
				return err
			}
		}
	}
	for _, i := range iface.Resources {
		if !in.isResource(&ref{index: i}) {
			return fmt.Errorf("type %d is not a resource", i)
		}
	}
	for _, f := range iface.Functions {
		if err := in.checkFunction(&f); err != nil {
			return fmt.Errorf("function %q: %w", f.Name, err)
		}
	}
	return nil
}

func (in *input) checkFunction(f *inputFunction) error {
	kind, ok := functionKinds[f.Kind]
	if !ok {
		return fmt.Errorf("functions of kind %q cannot be called", f.Kind)
	}
	if (kind != kindFunction) != (f.Resource != nil) {
		return errors.New("methods have a resource, and functions have none")
	}
	if f.Resource != nil {
		if err := f.Resource.check(len(in.Types)); err != nil {
			return err
		}
		if !in.isResource(f.Resource) {
			return fmt.Errorf("type %d is not a resource", f.Resource.index)
		}
	}
	values := []*ref{}
	for _, p := range f.Params {
		if p.Type == nil {
			return fmt.Errorf("the parameter %q has no type", p.Name)
		}
		values = append(values, p.Type)
	}
	if f.Result != nil {
		values = append(values, f.Result)
	}
	for _, r := range values {
		if err := r.check(len(in.Types)); err != nil {
			return err
		}
		if r.primitive == "" && in.isResource(r) {
			return errors.New("a resource is passed as a handle")
		}
	}
	return nil
}
