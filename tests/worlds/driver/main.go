package driver

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"sync"

	"example.org/compute-pipeline/gohost/sandbox"
)

// Binding is the bindings of a group of worlds.
type Binding struct {
	Variants Variants
	// Open loads a guest whose imports are the calls' own.
	Open func(ctx context.Context, calls *Calls, wasm []byte, opts ...sandbox.Option) (*World, error)
}

// Main makes the calls of all groups, by their number, in a directory: with wazero's
// compiler and with its interpreter. It writes what the guests recorded, for Wasmtime. It
// reports a failure for each group, or how many calls were made.
func Main(ctx context.Context, dir string, bindings map[int]Binding, out io.Writer) error {
	numbers := make(chan int)
	go func() {
		defer close(numbers)
		for number := range bindings {
			numbers <- number
		}
	}()
	var workers sync.WaitGroup
	var mutex sync.Mutex
	var failures []int
	failed, calls, changed := map[int]error{}, 0, 0
	for range runtime.GOMAXPROCS(0) {
		workers.Go(func() {
			for number := range numbers {
				count, more, err := bindings[number].run(ctx, filepath.Join(dir, strconv.Itoa(number)), number)
				mutex.Lock()
				calls += count
				changed += more
				if err != nil {
					failures, failed[number] = append(failures, number), err
				}
				mutex.Unlock()
			}
		})
	}
	workers.Wait()
	slices.Sort(failures)
	for _, number := range failures {
		fmt.Fprintf(out, "group %d: %v\n", number, failed[number])
	}
	if len(failures) > 0 {
		return fmt.Errorf("%d of %d groups fail", len(failures), len(bindings))
	}
	_, err := fmt.Fprintf(out, "%d groups, %d calls, %d with changed memory\n", len(bindings), calls, changed)
	return err
}

// run makes the calls of a group in both engines, and returns how many each made, and how many
// calls were made with changed memory. One of
// them runs the guest's core module, and the other one its component: which of them, changes
// from group to group.
func (b Binding) run(ctx context.Context, dir string, number int) (calls, changed int, err error) {
	compiled, interpreted := "guest.wasm", "guest.component.wasm"
	if number%2 == 1 {
		compiled, interpreted = interpreted, compiled
	}
	recorded, calls, err := b.record(ctx, dir, compiled)
	if err != nil {
		return 0, 0, fmt.Errorf("compiler: %w", err)
	}
	again, _, err := b.record(ctx, dir, interpreted, sandbox.WithInterpreter())
	if err != nil {
		return 0, 0, fmt.Errorf("interpreter: %w", err)
	}
	if !bytes.Equal(recorded, again) {
		return 0, 0, fmt.Errorf("the memory of %s in the compiler differs from that of %s in the interpreter", compiled, interpreted)
	}
	if err := os.WriteFile(filepath.Join(dir, "recording"), recorded, 0o644); err != nil {
		return 0, 0, err
	}
	changed, err = b.hostile(ctx, dir)
	return calls, changed, err
}

// hostile makes the calls with changed memory.
func (b Binding) hostile(ctx context.Context, dir string) (int, error) {
	wasm, err := os.ReadFile(filepath.Join(dir, "guest.component.wasm"))
	if err != nil {
		return 0, err
	}
	calls, err := Read(dir, b.Variants)
	if err != nil {
		return 0, err
	}
	return calls.Hostile(ctx, dir, func(opts ...sandbox.Option) (*World, error) { return b.Open(ctx, calls, wasm, opts...) })
}

func (b Binding) record(ctx context.Context, dir, guest string, opts ...sandbox.Option) ([]byte, int, error) {
	wasm, err := os.ReadFile(filepath.Join(dir, guest))
	if err != nil {
		return nil, 0, err
	}
	calls, err := Read(dir, b.Variants)
	if err != nil {
		return nil, 0, err
	}
	// One instance, so that it records all calls.
	world, err := b.Open(ctx, calls, wasm, append(opts, sandbox.WithMaxInstances(1))...)
	if err != nil {
		return nil, 0, err
	}
	recording, err := calls.Run(ctx, *world)
	return recording, calls.Len(), err
}
