// Command bounds says what bounds cost a call of Magika on wazero: its module as it is, with wazero's
// close on context done, and as package sandbox runs it. By turns, on a file of 8,192 bytes or more.
package main

import (
	"context"
	"fmt"
	"log"
	"os"
	"slices"
	"time"

	"github.com/tetratelabs/wazero"

	"example.org/compute-pipeline/examples/plugins/inference/magika"
	"example.org/compute-pipeline/gohost/sandbox"
)

const (
	rounds   = 41
	classify = "org:inference/classification@0.1.0#classify"
)

func main() {
	if err := measure(context.Background(), os.Args[1]); err != nil {
		log.Fatal(err)
	}
}

func measure(ctx context.Context, file string) error {
	input, err := os.ReadFile(file)
	if err != nil {
		return err
	}
	input = input[:min(len(input), 8192)]
	model, err := magika.Load(ctx, sandbox.WithFuel(1_000_000_000), sandbox.WithCallTimeout(10*time.Second))
	if err != nil {
		return err
	}
	defer model.Close(ctx)
	bare, err := onWazero(ctx, wazero.NewRuntimeConfigCompiler(), input)
	if err != nil {
		return err
	}
	closing, err := onWazero(ctx, wazero.NewRuntimeConfigCompiler().WithCloseOnContextDone(true), input)
	if err != nil {
		return err
	}
	subjects := []struct {
		name string
		call func(context.Context) error
	}{
		{"wazero", bare},
		{"wazero, close on context done", closing},
		{"package sandbox", func(ctx context.Context) error { _, err := model.Classify(ctx, input, 1); return err }},
	}
	times := make([][]time.Duration, len(subjects))
	for range rounds {
		for i, s := range subjects {
			limited, cancel := context.WithTimeout(ctx, 10*time.Second)
			start := time.Now()
			err := s.call(limited)
			times[i] = append(times[i], time.Since(start))
			cancel()
			if err != nil {
				return fmt.Errorf("%s: %w", s.name, err)
			}
		}
	}
	for i, s := range subjects {
		slices.Sort(times[i])
		fmt.Printf("%s: p10 %v, median %v\n", s.name, times[i][rounds/10], times[i][rounds/2])
	}
	return nil
}

// onWazero returns a call of the module on a runtime of its own, by the canonical ABI.
func onWazero(ctx context.Context, config wazero.RuntimeConfig, input []byte) (func(context.Context) error, error) {
	module, err := wazero.NewRuntimeWithConfig(ctx, config).Instantiate(ctx, magika.Module())
	if err != nil {
		return nil, err
	}
	return func(ctx context.Context) error {
		at, err := module.ExportedFunction("cabi_realloc").Call(ctx, 0, 0, 1, uint64(len(input)))
		if err != nil {
			return err
		}
		if !module.Memory().Write(uint32(at[0]), input) {
			return fmt.Errorf("no memory at %d", at[0])
		}
		result, err := module.ExportedFunction(classify).Call(ctx, at[0], uint64(len(input)), 1)
		if err != nil {
			return err
		}
		_, err = module.ExportedFunction("cabi_post_"+classify).Call(ctx, result[0])
		return err
	}, nil
}
