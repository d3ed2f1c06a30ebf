package driver

import (
	"errors"
	"fmt"
	"reflect"

	"example.org/compute-pipeline/gohost/wit"
)

// Imported is a call of the import. It compares the arguments, which are pointers, and
// sets the result, if there is one. It returns the error of the WIT result, which fail
// makes.
func (c *Calls) Imported(name string, fail func(decode func(any) error) error, result any, args ...any) error {
	if c.things.makes(name, result) {
		return nil
	}
	if c.instead != nil {
		if c.wrong = c.instead(args); c.wrong != nil {
			return c.wrong
		}
		return errGiven
	}
	if err := c.check(name, args); err != nil {
		c.wrong = err
		return err
	}
	f, expected := c.function(), c.calls[c.next].Result
	if f.Fails {
		var isErr, present bool
		isErr, present, expected = expected.result()
		switch {
		case isErr && present:
			return fail(func(to any) error { return c.decode(expected, to) })
		case isErr:
			return wit.Err(wit.Unit{})
		}
	}
	if f.Returns {
		return c.decode(expected, result)
	}
	return nil
}

// check reports what is wrong with a call of the import.
func (c *Calls) check(name string, args []any) error {
	current := c.calls[c.next]
	if c.imported {
		return errors.New("called twice")
	}
	c.imported = true
	if name != c.function().String() {
		return fmt.Errorf("called %s", name)
	}
	if len(args) != len(current.Args) {
		return fmt.Errorf("%d arguments for %d", len(args), len(current.Args))
	}
	for i, arg := range args {
		if err := c.same(current.Args[i], reflect.ValueOf(arg).Elem()); err != nil {
			return fmt.Errorf("argument %d: %w", i, err)
		}
	}
	return nil
}

// decode sets what the pointer points to. If it cannot, that is what is wrong.
func (c *Calls) decode(value encoded, to any) error {
	c.wrong = c.variants.decode(value, reflect.ValueOf(to).Elem(), &c.things)
	return c.wrong
}

// Fail makes the error of a WIT result with values of type E.
func Fail[E any](decode func(any) error) error {
	var value E
	if err := decode(&value); err != nil {
		return err
	}
	return wit.Err(value)
}
