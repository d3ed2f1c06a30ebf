package driver

import (
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strconv"

	"example.org/compute-pipeline/gohost/sandbox"
	"example.org/compute-pipeline/tests/worlds/wast"
)

// Scripts makes the assertions of components, by their number, in a directory: of
// DIR/NUMBER/script.wast on DIR/NUMBER/component.wasm. It reports how many there were.
func Scripts(ctx context.Context, dir string, bindings map[int]Binding, out io.Writer) error {
	made := 0
	for _, number := range slices.Sorted(maps.Keys(bindings)) {
		for _, opts := range [][]sandbox.Option{nil, {sandbox.WithInterpreter()}} {
			count, err := bindings[number].script(ctx, filepath.Join(dir, strconv.Itoa(number)), opts...)
			if err != nil {
				return fmt.Errorf("component %d: %w", number, err)
			}
			made += count
		}
	}
	_, err := fmt.Fprintf(out, "%d assertions\n", made)
	return err
}

func (b Binding) script(ctx context.Context, dir string, opts ...sandbox.Option) (made int, err error) {
	wasm, err := os.ReadFile(filepath.Join(dir, "component.wasm"))
	if err != nil {
		return 0, err
	}
	source, err := os.ReadFile(filepath.Join(dir, "script.wast"))
	if err != nil {
		return 0, err
	}
	assertions, err := wast.Parse(string(source))
	if err != nil {
		return 0, err
	}
	world, err := b.Open(ctx, nil, wasm, append(opts, sandbox.WithMaxInstances(1))...)
	if err != nil {
		return 0, err
	}
	defer func() { err = errors.Join(err, world.Close(ctx)) }()
	for _, assertion := range assertions {
		if err := b.assert(ctx, world, assertion); err != nil {
			return made, fmt.Errorf("%s: %w", assertion.Source, err)
		}
		made++
	}
	return made, nil
}

// assert makes an assertion: (assert_return (invoke "f" ARG..) RESULT) or
// (assert_trap (invoke "f" ARG..) "message").
func (b Binding) assert(ctx context.Context, world *World, assertion wast.Node) error {
	invoke := assertion.List[1].List
	exported, ok := world.Functions["#"+invoke[1].Word]
	if !ok {
		return errors.New("no such function")
	}
	method := reflect.ValueOf(exported.Call)
	if method.Type().NumIn() != len(invoke)-1 {
		return fmt.Errorf("%d arguments for %v", len(invoke)-2, method.Type())
	}
	args := []reflect.Value{reflect.ValueOf(ctx)}
	for i, arg := range invoke[2:] {
		value := reflect.New(method.Type().In(i + 1)).Elem()
		if err := b.Variants.constant(arg, value); err != nil {
			return err
		}
		args = append(args, value)
	}
	results := method.Call(args)
	failed, _ := results[len(results)-1].Interface().(error)
	if assertion.Is("assert_trap") {
		// All are of the canonical ABI.
		if !errors.Is(failed, sandbox.ErrABI) {
			return fmt.Errorf("the error is %v", failed)
		}
		return nil
	}
	if failed != nil {
		return failed
	}
	expected := assertion.List[2:]
	if len(expected) != len(results)-1 {
		return fmt.Errorf("%d results", len(results)-1)
	}
	for i, result := range results[:len(results)-1] {
		value := reflect.New(result.Type()).Elem()
		if err := b.Variants.constant(expected[i], value); err != nil {
			return err
		}
		if text := difference("the result", addressable(result), value); text != "" {
			return errors.New(text)
		}
	}
	return nil
}
