package driver

import (
	"context"
	"errors"
	"fmt"
	"reflect"

	"example.org/compute-pipeline/gohost/wit"
)

// Run makes the calls and compares what they return. It returns the guest's recording.
func (c *Calls) Run(ctx context.Context, world World) (recording []byte, err error) {
	makes := 0
	defer func() {
		if err = errors.Join(err, world.Close(ctx)); err == nil {
			err = c.things.check(makes)
		}
	}()
	for c.next = range c.calls {
		if c.function().Makes {
			makes++
		}
		if err := c.run(ctx, world); err != nil {
			return nil, fmt.Errorf("call %d, of %s: %w", c.next, c.function(), err)
		}
	}
	all, ok := world.Functions["#recording"].Call.(func(context.Context) ([]byte, error))
	if !ok {
		return nil, errors.New("no function recording among the bindings")
	}
	return all(ctx)
}

func (c *Calls) function() function { return c.functions[c.calls[c.next].Function] }

func (c *Calls) run(ctx context.Context, world World) error {
	f, current := c.function(), c.calls[c.next]
	exported, ok := world.Functions[f.String()]
	if !ok {
		return errors.New("not among the bindings")
	}
	method := reflect.ValueOf(exported.Call)
	ty := method.Type()
	if ty.NumIn() != 1+len(current.Args) {
		return fmt.Errorf("%v for %d parameters", ty, len(current.Args))
	}
	args, err := c.arguments(ctx, ty)
	if err != nil {
		return err
	}
	c.imported, c.wrong = false, nil
	results := method.Call(args)
	if c.wrong != nil {
		return fmt.Errorf("the import: %w", c.wrong)
	}
	failed, _ := results[len(results)-1].Interface().(error)
	if !c.imported {
		return fmt.Errorf("the import was not called: %w", failed)
	}
	return c.compare(current.Result, f, results[:len(results)-1], failed, exported.Failed)
}

// arguments are those of the call for a method.
func (c *Calls) arguments(ctx context.Context, method reflect.Type) ([]reflect.Value, error) {
	args := []reflect.Value{reflect.ValueOf(ctx)}
	for i, arg := range c.calls[c.next].Args {
		value := reflect.New(method.In(i + 1)).Elem()
		if err := c.variants.decode(arg, value, &c.things); err != nil {
			return nil, fmt.Errorf("argument %d: %w", i, err)
		}
		args = append(args, value)
	}
	return args, nil
}

// compare compares the results of an export with the one that the guest returned.
func (c *Calls) compare(expected encoded, f function, results []reflect.Value, failed error, read func(error) (reflect.Value, bool)) error {
	if f.Fails {
		var isErr, present bool
		isErr, present, expected = expected.result()
		if isErr {
			return c.compareError(expected, present, failed, read)
		}
	}
	if failed != nil {
		return failed
	}
	if !f.Returns {
		if len(results) > 0 {
			return fmt.Errorf("a result of type %v, where there is none", results[0].Type())
		}
		return nil
	}
	if len(results) != 1 {
		return errors.New("no result")
	}
	return c.same(expected, results[0])
}

// compareError compares the error of a WIT result.
func (c *Calls) compareError(expected encoded, present bool, failed error, read func(error) (reflect.Value, bool)) error {
	if failed == nil {
		return errors.New("no error")
	}
	if !present {
		read = Failed[wit.Unit]
	}
	value, ok := read(failed)
	switch {
	case !ok:
		return fmt.Errorf("an error of another type: %w", failed)
	case !present:
		return nil
	}
	return c.same(expected, value)
}

// Failed returns the value, of type E, of a WIT result's error.
func Failed[E any](err error) (reflect.Value, bool) {
	failed := (*wit.Error[E])(nil)
	if !errors.As(err, &failed) {
		return reflect.Value{}, false
	}
	return reflect.ValueOf(&failed.Value).Elem(), true
}

// same compares a value that was lifted with the encoded one.
func (c *Calls) same(expected encoded, lifted reflect.Value) error {
	lowered := reflect.New(lifted.Type()).Elem()
	if err := c.variants.decode(expected, lowered, &c.things); err != nil {
		return err
	}
	if text := difference("it", addressable(lifted), lowered); text != "" {
		return errors.New(text)
	}
	return nil
}
