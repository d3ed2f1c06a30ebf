package plugin

import (
	"context"

	"example.org/compute-pipeline/gohost"
	"example.org/compute-pipeline/gohost/cabi"
	"example.org/compute-pipeline/gohost/grade"
	"example.org/compute-pipeline/gohost/sandbox"
)

// contract is a binding without its type.
type contract struct {
	*sandbox.Contract
	names    []string // of the functions, in order
	imports  []cabi.HostFunction
	embedded *sandbox.Embedded // or nil
	// graded reports whether it is the engine's contract, whose answers have grades.
	graded bool
	// selfTest tests a module that claims a grade, or is nil.
	selfTest func(ctx context.Context, caller sandbox.Caller, claimed grade.Grade) error
}

// contractOf returns the contract of a binding, whose modules must pass the chosen test.
// If that is nil, they must pass the binding's own.
func contractOf[B any](binding sandbox.Binding[B], chosen any) (c contract, err error) {
	if binding.Contract == nil || binding.Bind == nil {
		return c, invalid("the Binding is zero: use that of a generated package, or gohost.Binding")
	}
	c = contract{Contract: binding.Contract, names: binding.Contract.FunctionNames(), embedded: binding.Embedded}
	if c.imports, err = binding.HostFunctions(); err != nil {
		return c, err
	}
	_, c.graded = any((*B)(nil)).(*gohost.Functions)
	test := binding.SelfTest
	if chosen != nil {
		var ok bool
		if test, ok = chosen.(func(context.Context, B) error); !ok {
			return c, invalid("WithSelfTest: the test is a %T, and the binding needs a %T", chosen, test)
		}
	}
	switch {
	case test != nil:
		c.selfTest = func(ctx context.Context, caller sandbox.Caller, _ grade.Grade) error {
			return test(ctx, binding.Bind(caller))
		}
	case c.graded:
		// The engine's binding is in a package that has no vectors, and cannot import
		// this one.
		c.selfTest = func(ctx context.Context, caller sandbox.Caller, claimed grade.Grade) error {
			return SelfTestOf(ctx, any(binding.Bind(caller)).(gohost.Functions), claimed)
		}
	}
	return c, nil
}

// name returns the name of a function.
func (c *contract) name(function int) string {
	if function < 0 { // sandbox.Drop
		return "[resource-drop]"
	}
	return c.names[function]
}
