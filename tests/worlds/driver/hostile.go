package driver

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"reflect"

	"example.org/compute-pipeline/gohost/sandbox"
)

// hostile is a call of a guest whose memory was changed: tests/worlds/generator/src/hostile.rs.
type hostile struct {
	Call    int
	Returns bool
	Changes []uint32
	// Lifted are the values that Wasmtime lifts: the arguments of the import, or the result.
	// It traps where they are nil.
	Lifted []encoded
}

var errGiven = errors.New("the import was given enough")

// Hostile makes the calls of changed guests. What Wasmtime lifts has the same value here, and
// where it traps the call fails with ErrABI. It returns how many calls did not need more Go
// memory than they may have.
func (c *Calls) Hostile(ctx context.Context, dir string, open func(opts ...sandbox.Option) (*World, error)) (calls int, err error) {
	text, err := os.ReadFile(filepath.Join(dir, "hostile.json"))
	if err != nil {
		return 0, err
	}
	var all []hostile
	if err := json.Unmarshal(text, &all); err != nil {
		return 0, err
	}
	// Each changed call has an instance of its own: one call changes it.
	world, err := open(sandbox.WithMaxInstances(1), sandbox.WithCallsPerInstance(2), sandbox.WithMaxResult(16))
	if err != nil {
		return 0, err
	}
	defer func() { err = errors.Join(err, world.Close(ctx)) }()
	for i, h := range all {
		failed, err := c.hostile(ctx, world, h)
		if err != nil {
			return calls, fmt.Errorf("changed call %d (call %d, of %s; its result %v; changes %#x): %w", i, h.Call, c.function(), h.Returns, h.Changes, err)
		}
		if !errors.Is(failed, sandbox.ErrLimit) {
			calls++
		}
	}
	return calls, nil
}

// hostile makes one changed call, and returns how it failed.
func (c *Calls) hostile(ctx context.Context, world *World, h hostile) (failed, err error) {
	// Each changed call has a guest of its own.
	c.next, c.wrong, c.imported, c.things.made = h.Call, nil, false, 0
	args := []reflect.Value{reflect.ValueOf(ctx), reflect.ValueOf(uint32(h.Call)), reflect.ValueOf(h.Returns)}
	for _, number := range h.Changes {
		args = append(args, reflect.ValueOf(number))
	}
	if failed, _ := reflect.ValueOf(world.Functions["#tamper"].Call).Call(args)[0].Interface().(error); failed != nil {
		return nil, failed
	}
	exported := world.Functions[c.function().String()]
	method := reflect.ValueOf(exported.Call)
	args, err = c.arguments(ctx, method.Type())
	if err != nil {
		return nil, err
	}
	given := false
	c.instead = func(arguments []any) error {
		given = true
		for i, argument := range arguments {
			if h.Lifted == nil {
				return errors.New("arguments of the import, where Wasmtime traps")
			}
			if err := c.same(h.Lifted[i], reflect.ValueOf(argument).Elem()); err != nil {
				return fmt.Errorf("argument %d of the import: %w", i, err)
			}
		}
		return nil
	}
	results := method.Call(args)
	c.instead = nil
	failed, _ = results[len(results)-1].Interface().(error)
	switch {
	case c.wrong != nil:
		return failed, c.wrong
	case errors.Is(failed, sandbox.ErrLimit):
		return failed, nil
	case h.Lifted == nil:
		if !errors.Is(failed, sandbox.ErrABI) {
			return failed, fmt.Errorf("where Wasmtime traps, this call did not fail with ErrABI: %v", failed)
		}
		return failed, nil
	case !h.Returns:
		if !given || !errors.Is(failed, errGiven) {
			return failed, fmt.Errorf("where Wasmtime calls the import, this call did not: %v", failed)
		}
		return failed, nil
	}
	return failed, c.compare(h.Lifted[0], c.function(), results[:len(results)-1], failed, exported.Failed)
}
