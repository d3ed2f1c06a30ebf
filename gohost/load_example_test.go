package gohost_test

import (
	"context"
	"errors"
	"fmt"
	"log"
	"os"
	"time"

	"example.org/compute-pipeline/gohost"
)

// Somebody else's implementation of the contract, bounded in memory and time.
func ExampleLoad() {
	ctx := context.Background()
	wasm, err := os.ReadFile("testdata/echo.wasm")
	if err != nil {
		log.Fatal(err)
	}
	eng, err := gohost.Load(ctx, wasm, gohost.WithMemoryLimit(16), gohost.WithMaxInstances(2))
	if err != nil {
		log.Fatal(err)
	}
	defer eng.Close(ctx)
	fmt.Println("has summary:", eng.HasSummary())

	ctx, cancel := context.WithTimeout(ctx, 20*time.Millisecond)
	defer cancel()
	loops := append([]byte{2}, make([]byte, 15)...) // this module's way to an endless loop
	_, err = eng.ProcessBatch(ctx, loops)
	fmt.Println("stopped:", errors.Is(err, context.DeadlineExceeded))
	// Output:
	// has summary: false
	// stopped: true
}

func ExampleCheck() {
	wasm, err := os.ReadFile("testdata/no_realloc.wasm")
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(gohost.Check(context.Background(), wasm))
	// Output: gohost.Check of module 35a830393335: contract not met: it does not export "cabi_realloc"
}

// What went wrong is told by errors.Is and errors.As.
func ExampleTrapError() {
	ctx := context.Background()
	eng, err := gohost.New(ctx, gohost.WithMemoryLimit(1))
	if err != nil {
		log.Fatal(err)
	}
	defer eng.Close(ctx)

	_, err = eng.ValidateChecksum(ctx, make([]byte, 2<<20), 0)
	var trap *gohost.TrapError
	if errors.As(err, &trap) {
		fmt.Println(trap.Message)
	}
	fmt.Println("limit:", errors.Is(err, gohost.ErrLimit))
	// Output:
	// out of memory: cannot allocate 2097152 bytes
	// limit: true
}
