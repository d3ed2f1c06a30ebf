package driver

import (
	"context"
	"encoding/hex"
	"encoding/json"
	"os"
	"path/filepath"
	"reflect"

	"example.org/compute-pipeline/gohost/sandbox"
)

// World is a world through its bindings.
type World struct {
	// Functions are the exported ones, by the name of the interface without its version
	// and their own: interface#name.
	Functions map[string]Function
	// Close ends the guest.
	Close func(context.Context) error
}

// NewWorld returns a world of functions in the order of a contract.
func NewWorld(contract *sandbox.Contract, functions []Function, end func(context.Context) error) *World {
	world := World{Functions: map[string]Function{}, Close: end}
	for _, i := range contract.Exports {
		for _, f := range i.Functions {
			world.Functions[i.Name+"#"+f.Name] = functions[len(world.Functions)]
		}
	}
	return &world
}

// Function is an exported function.
type Function struct {
	// Call is the method.
	Call any
	// Failed returns the value of a WIT result's error: [Failed].
	Failed func(error) (reflect.Value, bool)
}

// Calls are the calls of a world and how far they went.
type Calls struct {
	variants  Variants
	things    things
	functions []function
	calls     []call
	// next is the call that is made.
	next int
	// imported is whether the import was called, and wrong is what was wrong then.
	imported bool
	wrong    error
	// instead is what a call of the import does if it is not nil.
	instead func(arguments []any) error
}

type function struct {
	Interface, Name string
	// Makes is whether the guest makes a thing, and drops it, during a call.
	Makes bool
	// Fails is whether the function returns a WIT result, and Returns whether there is
	// a value besides that.
	Fails, Returns bool
}

func (f function) String() string { return f.Interface + "#" + f.Name }

type call struct {
	Function int
	Args     []encoded
	Result   encoded
}

// encoded is a value: tests/worlds/generator/src/encoding.rs.
type encoded []byte

// UnmarshalText reads hexadecimal digits.
func (e *encoded) UnmarshalText(text []byte) (err error) {
	*e, err = hex.AppendDecode(nil, text)
	return err
}

// result reads a WIT result up to its value.
func (e encoded) result() (isErr, present bool, value encoded) {
	return e[1] == 1, e[2] == 1, e[3:]
}

// Read returns the calls in a directory that tests/worlds/generator wrote.
func Read(dir string, variants Variants) (*Calls, error) {
	text, err := os.ReadFile(filepath.Join(dir, "calls.json"))
	if err != nil {
		return nil, err
	}
	var file struct {
		Functions []function
		Calls     []call
	}
	if err := json.Unmarshal(text, &file); err != nil {
		return nil, err
	}
	return &Calls{variants: variants, functions: file.Functions, calls: file.Calls}, nil
}

// Len returns the number of calls.
func (c *Calls) Len() int { return len(c.calls) }
