package gohost_test

import (
	"context"
	"fmt"
	"log"
	"os"
	"path/filepath"

	"example.org/compute-pipeline/gohost"
)

// A service that starts often keeps what was compiled.
func ExampleWithCacheDir() {
	ctx := context.Background()
	dir, err := os.MkdirTemp("", "engine")
	if err != nil {
		log.Fatal(err)
	}
	defer os.RemoveAll(dir)
	eng, err := gohost.New(ctx, gohost.WithCacheDir(filepath.Join(dir, "compiled")), gohost.WithMaxInstances(4))
	if err != nil {
		log.Fatal(err)
	}
	defer eng.Close(ctx)

	if _, err := eng.ComputeAggregate(ctx, []gohost.Datapoint{{Value: 1}}); err != nil {
		log.Fatal(err)
	}
	s := eng.Stats()
	fmt.Println(s.Calls, "call,", s.Instances, "of", s.MaxInstances, "instances")
	// Output: 1 call, 1 of 4 instances
}
