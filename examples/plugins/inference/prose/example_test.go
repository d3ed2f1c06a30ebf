package prose_test

import (
	"context"
	"fmt"
	"log"

	"example.org/compute-pipeline/examples/plugins/inference/prose"
	"example.org/compute-pipeline/gohost/inference/generator"
)

// Each token is printed when it is there. The same prompt, sampling and seed give the same text on any
// machine.
func Example() {
	ctx := context.Background()
	model, err := prose.Load(ctx)
	if err != nil {
		log.Fatal(err)
	}
	defer model.Close(ctx)

	sampling := generator.Sampling{Temperature: 0}
	for chunk, err := range model.Generate(ctx, "ReadAll reads", sampling, 40) {
		if err != nil {
			log.Fatal(err)
		}
		fmt.Print(chunk.Text)
	}
	// Output:
	// a new reader.
	// It returns the error if the reader is read.
}
