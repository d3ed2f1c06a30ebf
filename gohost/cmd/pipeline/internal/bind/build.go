package bind

import (
	"fmt"
	"math"
	"strconv"
	"strings"
)

// A builder makes a world of its JSON. A type that contains a resource of an interface
// that is both imported and exported means two types: one with the host's resource, and
// one with the guest's.
type builder struct {
	in        *input
	world     *world
	owners    map[string]*owner
	exported  map[string]bool
	imported  map[string]bool
	types     map[typeKey]*valueType
	resources map[typeKey]*resource
	guests    map[int]bool // whether a type contains a resource of the guest
	err       error
}

type typeKey struct {
	owner, name string
	index       int // of a type without a name
	exported    bool
}

func newBuilder(in *input) *builder {
	return &builder{
		in:     in,
		world:  &world{name: in.World, docs: in.Docs, id: in.Package + "/" + in.World, goName: pascal(in.World)},
		owners: map[string]*owner{}, exported: map[string]bool{}, imported: map[string]bool{},
		types: map[typeKey]*valueType{}, resources: map[typeKey]*resource{}, guests: map[int]bool{},
	}
}

func (b *builder) build() (*world, error) {
	in := b.in
	if in.Version != "" {
		b.world.id += "@" + in.Version
	}
	if reservedNames[b.world.goName] {
		b.world.goName += "World"
	}
	if err := in.check(); err != nil {
		return nil, err
	}
	for _, i := range in.Imports {
		b.imported[i.id()] = true
	}
	for _, i := range in.Exports {
		b.exported[i.id()] = i.Interface != ""
	}
	for index := range in.Types {
		b.guests[index] = b.hasGuestResource(index)
	}
	for _, i := range in.Imports {
		b.world.imports = append(b.world.imports, b.iface(&i, false))
	}
	for _, i := range in.Exports {
		b.world.exports = append(b.world.exports, b.iface(&i, true))
	}
	count := 0
	for _, i := range b.world.exports {
		for _, f := range i.functions {
			f.index = count
			count++
		}
	}
	return b.world, b.err
}

// hasGuestResource reports whether the type contains a resource that the guest
// implements where an exported interface refers to it.
func (b *builder) hasGuestResource(index int) bool {
	t := &b.in.Types[index]
	if t.Owner != nil && !b.exported[*t.Owner] {
		return false
	}
	if t.Kind == "resource" {
		return true
	}
	for _, r := range t.refs() {
		if r.primitive == "" && b.guests[r.index] {
			return true
		}
	}
	return false
}

func (b *builder) owner(id string) *owner {
	if b.owners[id] == nil {
		o := &owner{id: id, prefixes: prefixesOf(id)}
		if id == "" {
			o.prefixes = []string{"", b.world.goName}
		}
		b.owners[id] = o
	}
	return b.owners[id]
}

func (b *builder) iface(in *inputInterface, exported bool) *iface {
	i := &iface{name: in.Interface, version: in.Version, docs: in.Docs, owner: b.owner(in.id())}
	for _, index := range in.Types {
		if !b.in.isResource(&ref{index: index}) {
			b.typeOf(&ref{index: index}, exported)
		}
	}
	for _, index := range in.Resources {
		r := b.resourceOf(&ref{index: index}, exported)
		if r.iface == nil {
			r.iface = i
			i.resources = append(i.resources, r)
		}
	}
	for _, fn := range in.Functions {
		f := &function{
			name: fn.Name, docs: fn.Docs, text: fn.Type, kind: functionKinds[fn.Kind], iface: i,
			item: fn.Name[strings.LastIndexAny(fn.Name, ".]")+1:],
		}
		if fn.Resource != nil {
			f.resource = b.resourceOf(fn.Resource, exported)
		}
		var types []*valueType
		for _, p := range fn.Params {
			t := b.typeOf(p.Type, exported)
			f.params = append(f.params, param{name: p.Name, typ: t})
			types = append(types, t)
		}
		f.paramsLayout = sequence(types)
		if fn.Result != nil {
			f.result = b.typeOf(fn.Result, exported)
		}
		i.functions = append(i.functions, f)
	}
	return i
}

// resourceOf returns the resource behind aliases.
func (b *builder) resourceOf(r *ref, exported bool) *resource {
	in := &b.in.Types[r.index]
	exported = exported && b.guests[r.index]
	for in.Kind == "alias" {
		r = in.Type
		in = &b.in.Types[r.index]
		exported = exported && b.guests[r.index]
	}
	key := typeKey{owner: *in.Owner, name: *in.Name, exported: exported}
	if b.resources[key] == nil {
		res := &resource{name: *in.Name, docs: in.Docs, owner: b.owner(*in.Owner), exported: exported}
		b.resources[key] = res
		b.world.resources = append(b.world.resources, res)
	}
	return b.resources[key]
}

// typeOf returns the type that an imported or exported interface refers to.
func (b *builder) typeOf(r *ref, exported bool) *valueType {
	if r == nil {
		return nil
	}
	if r.primitive != "" {
		return primitiveType(r.primitive)
	}
	in := &b.in.Types[r.index]
	exported = exported && b.guests[r.index]
	if in.Kind == "alias" && b.isUse(in) {
		return b.typeOf(in.Type, exported)
	}
	key := typeKey{index: r.index, exported: exported}
	if in.Name != nil {
		key = typeKey{owner: *in.Owner, name: *in.Name, exported: exported}
	}
	if t := b.types[key]; t != nil {
		return t
	}
	t := &valueType{kind: kindNames[in.Kind], docs: in.Docs, length: in.Length}
	b.types[key] = t
	each := func(fields []inputField) {
		for _, f := range fields {
			t.fields = append(t.fields, field{name: f.Name, docs: f.Docs, typ: b.typeOf(f.Type, exported)})
		}
	}
	each(in.Fields)
	each(in.Cases)
	each(in.Flags)
	for i, r := range in.Types {
		t.fields = append(t.fields, field{goName: "V" + strconv.Itoa(i), typ: b.typeOf(r, exported)})
	}
	t.elem, t.key = b.typeOf(in.Type, exported), b.typeOf(in.Key, exported)
	if in.Value != nil {
		t.elem = b.typeOf(in.Value, exported)
	}
	t.ok, t.err = b.typeOf(in.OK, exported), b.typeOf(in.Err, exported)
	if in.Resource != nil {
		t.resource = b.resourceOf(in.Resource, exported)
	}
	t.layout = layoutOf(t)
	b.checkSize(t)
	if in.Name != nil {
		t.name, t.owner = *in.Name, b.owner(*in.Owner)
		if exported && b.imported[*in.Owner] {
			t.owner = t.owner.exported()
		}
	}
	if in.Name != nil || t.hasStruct() {
		b.world.types = append(b.world.types, t)
	}
	return t
}

// isUse reports whether an alias only brings a type into another interface, under the
// name that it has.
func (b *builder) isUse(in *inputType) bool {
	r := in.Type
	for r.primitive == "" {
		t := &b.in.Types[r.index]
		if t.Kind == "resource" || t.Name != nil && in.Name != nil && *t.Name == *in.Name {
			return true
		}
		if t.Kind != "alias" {
			return false
		}
		r = t.Type
	}
	return false
}

var primitiveTypes = func() map[string]*valueType {
	types := map[string]*valueType{}
	for name := range primitives {
		t := &valueType{kind: kindPrimitive, primitive: name}
		t.layout = layoutOf(t)
		types[name] = t
	}
	return types
}()

func primitiveType(name string) *valueType { return primitiveTypes[name] }

// maxArray limits the size of a list of a fixed length, which is an array in Go, and so
// a value on the stack.
const maxArray = 64 << 10

// checkSize refuses types that Go cannot have.
func (b *builder) checkSize(t *valueType) {
	switch {
	case b.err != nil:
	case t.kind == kindArray && t.size > maxArray:
		b.err = fmt.Errorf("a list of %d elements of %d bytes: a list of a fixed length may have %d bytes", t.length, t.elem.size, maxArray)
	case t.size > math.MaxUint32:
		b.err = fmt.Errorf("a type of %d bytes", t.size)
	}
}
