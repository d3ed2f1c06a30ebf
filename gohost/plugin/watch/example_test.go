package watch_test

import (
	"context"
	"fmt"
	"log"
	"os"
	"path/filepath"

	"example.org/compute-pipeline/gohost"
	"example.org/compute-pipeline/gohost/plugin"
	"example.org/compute-pipeline/gohost/plugin/watch"
)

// A service whose plugins are files of a directory.
func ExampleStart() {
	ctx := context.Background()
	dir, err := os.MkdirTemp("", "plugins")
	if err != nil {
		log.Fatal(err)
	}
	defer os.RemoveAll(dir)
	wasm, err := os.ReadFile("../testdata/engine.core.wasm")
	if err != nil {
		log.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, "stats.wasm"), wasm, 0o600); err != nil {
		log.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, "stats.json"), []byte(`{"memory_mib": 16}`), 0o600); err != nil {
		log.Fatal(err)
	}

	reg, err := plugin.NewRegistry(gohost.Binding())
	if err != nil {
		log.Fatal(err)
	}
	defer reg.Close(ctx)
	w, err := watch.Start(ctx, reg, dir, watch.WithOnError(func(name string, err error) {
		log.Printf("plugin %q: %v", name, err)
	}))
	if err != nil {
		log.Fatal(err)
	}
	defer w.Close(ctx)
	for _, st := range reg.List() {
		fmt.Println(st.Name, st.Active.State, st.Active.Limits.MemoryMiB)
	}
	// Output: stats active 16
}
