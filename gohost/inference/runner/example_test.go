package runner_test

import (
	"context"
	"errors"
	"fmt"
	"log"
	"os"

	"example.org/compute-pipeline/gohost/inference/runner"
	"example.org/compute-pipeline/gohost/sandbox"
)

// A model in the ONNX format runs in a module without capabilities, within bounds of fuel and memory.
func Example() {
	ctx := context.Background()
	module, err := os.ReadFile("../../../examples/plugins/inference/runner/runner.wasm")
	if err != nil {
		log.Fatal(err)
	}
	model, err := os.ReadFile("testdata/small.onnx")
	if err != nil {
		log.Fatal(err)
	}

	r, err := runner.Load(ctx, module, sandbox.WithFuel(1e9), sandbox.WithMemoryLimit(64))
	if err != nil {
		log.Fatal(err)
	}
	defer r.Close(ctx)
	session, err := r.SessionOpen(ctx, model)
	if err != nil {
		log.Fatal(err)
	}
	defer session.Close(ctx)

	slots, err := session.Inputs(ctx)
	if err != nil {
		log.Fatal(err)
	}
	for _, slot := range slots {
		fmt.Println(slot.Name, slot.Kind, slot.Shape.Value[1:])
	}

	signal := runner.Tensor{Shape: []uint32{1, 1, 16}, Elements: runner.ElementsF32s{Value: make([]float32, 16)}}
	outputs, err := session.Run(ctx, []runner.Tensor{signal})
	if err != nil {
		log.Fatal(err)
	}
	probabilities := outputs[0].Elements.(runner.ElementsF32s).Value
	fmt.Printf("%.4f %v\n", probabilities, outputs[1].Elements)

	signal.Shape[2] = 15
	_, err = session.Run(ctx, []runner.Tensor{signal})
	var invalid runner.ErrorInvalidInput
	fmt.Println(errors.As(err, &invalid), invalid.Value)
	// Output:
	// signal f32s [{1 true} {16 true}]
	// [0.1489 0.3350 0.3346 0.1814] {[1]}
	// true the input "signal" has the shape [1, 1, 15], and the model takes [?, 1, 16]
}
