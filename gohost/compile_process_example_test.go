package gohost_test

import (
	"context"
	"fmt"
	"log"
	"os"

	"example.org/compute-pipeline/gohost"
)

// A service that loads modules of others compiles each in a process that may use
// 512 MiB. The first line is the first line of main.
func ExampleWithCompileProcess() {
	gohost.CompilerMain()

	ctx := context.Background()
	wasm, err := os.ReadFile("testdata/echo.wasm")
	if err != nil {
		log.Fatal(err)
	}
	eng, err := gohost.Load(ctx, wasm, gohost.WithCompileProcess(gohost.CompileProcess{MemoryMiB: 512}))
	if err != nil {
		log.Fatal(err)
	}
	defer eng.Close(ctx)
	fmt.Println(eng.Stats().Instances, "instance")
}
