package magika_test

import (
	"context"
	"fmt"
	"log"

	"example.org/compute-pipeline/examples/plugins/inference/magika"
)

func Example() {
	ctx := context.Background()
	model, err := magika.Load(ctx)
	if err != nil {
		log.Fatal(err)
	}
	defer model.Close(ctx)

	labels, err := model.Classify(ctx, []byte("#!/bin/sh\nset -e\nfor f in *.txt; do wc -l \"$f\"; done\n"), 1)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Printf("%s %.1f\n", labels[0].Name, labels[0].Score)
	// Output: shell 1.0
}
