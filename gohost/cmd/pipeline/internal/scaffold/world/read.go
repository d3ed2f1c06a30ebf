package world

import (
	"encoding/json"
	"fmt"
	"strings"
)

// input is the JSON of guest/wit.
type input struct {
	Package, Version, World string

	Types            []inputType
	Imports, Exports []inputInterface
}

type inputType struct {
	Kind        string
	Name, Owner *string
	Size, Align uint32
	Flat        *string

	Fields, Cases, Flags      []inputField
	Types                     []ref
	Type, Key, Value, OK, Err ref
	Resource                  ref
	Length                    uint32
}

type inputField struct {
	Name string
	Type ref
}

type inputInterface struct {
	Interface, Version string
	Types, Resources   []int
	Functions          []inputFunction
}

type inputFunction struct {
	Name, Kind string
	Resource   ref
	Params     []inputField
	Result     ref

	CoreParams, CoreResults        string
	ParamsInMemory, ResultInMemory bool
}

// ref is a reference to a type: nothing, a name, or an index.
type ref struct {
	name  string
	index int
	some  bool
}

// UnmarshalJSON implements json.Unmarshaler.
func (r *ref) UnmarshalJSON(text []byte) error {
	switch {
	case string(text) == "null":
		return nil
	case len(text) > 0 && text[0] == '"':
		r.some = true
		return json.Unmarshal(text, &r.name)
	}
	r.some = true
	return json.Unmarshal(text, &r.index)
}

// reader resolves references.
type reader struct {
	types []*Type
	err   error
}

func (in *input) world() (*World, error) {
	w := &World{Package: in.Package, Version: in.Version, Name: in.World}
	var r reader
	for i := range in.Types {
		r.types = append(r.types, r.read(&in.Types[i]))
	}
	w.Types = r.types
	for _, i := range in.Imports {
		w.Imports = append(w.Imports, r.iface(&i, false))
	}
	for _, i := range in.Exports {
		w.Exports = append(w.Exports, r.iface(&i, true))
	}
	return w, r.err
}

// typ returns the type that is referred to, or nil for none.
func (r *reader) typ(of ref) *Type {
	switch {
	case !of.some:
		return nil
	case of.name != "":
		if t := primitives[of.name]; t != nil {
			return t
		}
		r.err = fmt.Errorf("there is no type %q", of.name)
	case of.index >= 0 && of.index < len(r.types):
		return r.types[of.index]
	default:
		r.err = fmt.Errorf("there is no type %d before this one", of.index)
	}
	return primitives["u8"]
}

func (r *reader) read(in *inputType) *Type {
	t := &Type{
		Kind: in.Kind, Size: in.Size, Align: in.Align, Flat: "?", Length: in.Length,
		OK: r.typ(in.OK), Err: r.typ(in.Err), Key: r.typ(in.Key), Elem: r.typ(in.Type),
	}
	if in.Flat != nil {
		t.Flat = *in.Flat
	}
	if in.Name != nil {
		t.Name = *in.Name
	}
	if in.Owner != nil {
		t.Owner = *in.Owner
	}
	for _, fields := range [][]inputField{in.Fields, in.Cases, in.Flags} {
		for _, f := range fields {
			t.Fields = append(t.Fields, Field{f.Name, r.typ(f.Type)})
		}
	}
	for n, of := range in.Types {
		t.Fields = append(t.Fields, Field{fmt.Sprint(n), r.typ(of)})
	}
	switch in.Kind {
	case "map":
		t.Elem = r.typ(in.Value)
	case "own", "borrow":
		t.Elem = r.typ(in.Resource)
	}
	return t
}

func (r *reader) at(index int) *Type { return r.typ(ref{index: index, some: true}) }

func (r *reader) iface(in *inputInterface, exported bool) *Interface {
	i := &Interface{Name: in.Interface, Version: in.Version}
	for _, index := range in.Types {
		i.Types = append(i.Types, r.at(index))
	}
	for _, index := range in.Resources {
		resource := r.at(index)
		resource.Exported = exported
		i.Resources = append(i.Resources, resource)
	}
	for _, f := range in.Functions {
		function := &Function{
			Name: f.Name, Item: f.Name, Kind: f.Kind, Resource: r.typ(f.Resource), Result: r.typ(f.Result),
			CoreParams: f.CoreParams, CoreResults: f.CoreResults, ParamsInMemory: f.ParamsInMemory, ResultInMemory: f.ResultInMemory,
		}
		for _, p := range f.Params {
			function.Params = append(function.Params, Field{p.Name, r.typ(p.Type)})
		}
		switch f.Kind {
		case "method", "static":
			_, function.Item, _ = strings.Cut(f.Name, ".")
		case "constructor":
			function.Item = function.Resource.Name
		}
		i.Functions = append(i.Functions, function)
	}
	return i
}
