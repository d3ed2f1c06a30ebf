package bind

import (
	"encoding/json"
	"fmt"
)

// An input is the JSON that describes a world.
type input struct {
	Package string           `json:"package"`
	Version string           `json:"version"`
	World   string           `json:"world"`
	Docs    string           `json:"docs"`
	Types   []inputType      `json:"types"`
	Imports []inputInterface `json:"imports"`
	Exports []inputInterface `json:"exports"`
}

type inputType struct {
	Kind string  `json:"kind"`
	Name *string `json:"name"`
	// Owner is an interface, "" for the world, or nil for a type without a name.
	Owner *string `json:"owner"`
	Docs  string  `json:"docs"`

	// The layout that the parser of WIT computes. This package computes its own, and a
	// test compares.
	Size  *uint32 `json:"size"`
	Align *uint32 `json:"align"`
	Flat  *string `json:"flat"`

	Fields   []inputField `json:"fields"`
	Cases    []inputField `json:"cases"`
	Flags    []inputField `json:"flags"`
	Types    []*ref       `json:"types"`
	Type     *ref         `json:"type"`
	Length   uint32       `json:"length"`
	Key      *ref         `json:"key"`
	Value    *ref         `json:"value"`
	OK       *ref         `json:"ok"`
	Err      *ref         `json:"err"`
	Resource *ref         `json:"resource"`
}

type inputField struct {
	Name string `json:"name"`
	Type *ref   `json:"type"`
	Docs string `json:"docs"`
}

type inputInterface struct {
	// Interface is "" for the functions of the world itself.
	Interface string          `json:"interface"`
	Version   string          `json:"version"`
	Docs      string          `json:"docs"`
	Types     []int           `json:"types"`
	Resources []int           `json:"resources"`
	Functions []inputFunction `json:"functions"`
}

type inputFunction struct {
	// Name is the name in the component model, such as [method]bucket.get.
	Name     string       `json:"name"`
	Kind     string       `json:"kind"`
	Resource *ref         `json:"resource"`
	Params   []inputField `json:"params"`
	Result   *ref         `json:"result"`
	Docs     string       `json:"docs"`
	// Type is the type as text, for the check of the contract.
	Type string `json:"type"`

	// See inputType.Size.
	CoreParams     string `json:"coreParams"`
	CoreResults    string `json:"coreResults"`
	ParamsInMemory bool   `json:"paramsInMemory"`
	ResultInMemory bool   `json:"resultInMemory"`
}

// A ref refers to a type: a primitive one by its name, another by its index.
type ref struct {
	primitive string
	index     int
}

// UnmarshalJSON implements json.Unmarshaler.
func (r *ref) UnmarshalJSON(text []byte) error {
	if len(text) > 0 && text[0] == '"' {
		return json.Unmarshal(text, &r.primitive)
	}
	return json.Unmarshal(text, &r.index)
}

func (r *ref) check(types int) error {
	if _, known := primitives[r.primitive]; r.primitive != "" && !known {
		return fmt.Errorf("%q is not a primitive type", r.primitive)
	}
	if r.primitive == "" && (r.index < 0 || r.index >= types) {
		return fmt.Errorf("there is no type %d before this one", r.index)
	}
	return nil
}

// id returns the interface's name with its version.
func (i *inputInterface) id() string {
	if i.Version == "" {
		return i.Interface
	}
	return i.Interface + "@" + i.Version
}
