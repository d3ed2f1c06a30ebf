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

// loadEcho loads the module that the examples use, whose process-batch does
// what the first byte says.
func loadEcho(opts ...gohost.Option) *gohost.Engine {
	wasm, err := os.ReadFile("testdata/echo.wasm")
	if err != nil {
		log.Fatal(err)
	}
	eng, err := gohost.Load(context.Background(), wasm, opts...)
	if err != nil {
		log.Fatal(err)
	}
	return eng
}

// A module that loops without end runs into the time that a call may take.
func ExampleWithCallTimeout() {
	ctx := context.Background()
	eng := loadEcho(gohost.WithCallTimeout(20 * time.Millisecond))
	defer eng.Close(ctx)

	loops := append([]byte{2}, make([]byte, 15)...)
	_, err := eng.ProcessBatch(ctx, loops)
	fmt.Println("limit:", errors.Is(err, gohost.ErrLimit))
	_, err = eng.ProcessBatch(ctx, make([]byte, 16))
	fmt.Println("the next call:", err)
	// Output:
	// limit: true
	// the next call: <nil>
}

// A budget of fuel stops a call at the same instruction on every machine.
func ExampleWithFuel() {
	ctx := context.Background()
	var used []uint64
	eng := loadEcho(
		gohost.WithFuel(1_000_000),
		gohost.WithCallsPerInstance(1), // so that a call's fuel depends on its input alone
		gohost.WithObserver(func(_ context.Context, call gohost.CallInfo) { used = append(used, call.Fuel) }),
	)
	defer eng.Close(ctx)

	for range 2 {
		if _, err := eng.ProcessBatch(ctx, make([]byte, 16)); err != nil {
			log.Fatal(err)
		}
	}
	fmt.Println("the same fuel:", used[0] == used[1] && used[0] > 0)
	loops := append([]byte{2}, make([]byte, 15)...)
	_, err := eng.ProcessBatch(ctx, loops)
	fmt.Println("limit:", errors.Is(err, gohost.ErrLimit))
	// Output:
	// the same fuel: true
	// limit: true
}

// A service that is overrun answers at once instead of piling up calls.
func ExampleWithMaxWaiters() {
	ctx := context.Background()
	eng := loadEcho(gohost.WithMaxInstances(1), gohost.WithMaxWaiters(0))
	defer eng.Close(ctx)

	busy, cancel := context.WithCancel(ctx)
	running := make(chan struct{})
	go func() {
		defer close(running)
		_, _ = eng.ProcessBatch(busy, append([]byte{2}, make([]byte, 15)...)) // loops until it is cancelled
	}()
	for eng.Stats().IdleInstances > 0 {
		time.Sleep(time.Millisecond)
	}
	_, err := eng.ProcessBatch(ctx, make([]byte, 16))
	fmt.Println("busy:", errors.Is(err, gohost.ErrBusy))
	cancel()
	<-running
	// Output: busy: true
}

// Metrics come from an observer, without a dependency.
func ExampleWithObserver() {
	ctx := context.Background()
	eng := loadEcho(gohost.WithObserver(func(_ context.Context, call gohost.CallInfo) {
		fmt.Println(call.Function, "ok:", call.Err == nil)
	}))
	defer eng.Close(ctx)

	if _, err := eng.ProcessBatch(ctx, make([]byte, 16)); err != nil {
		log.Fatal(err)
	}
	_, err := eng.ProcessBatch(ctx, append([]byte{1}, make([]byte, 15)...)) // traps
	fmt.Println("trapped:", errors.Is(err, gohost.ErrTrap))
	// Output:
	// process-batch ok: true
	// process-batch ok: false
	// trapped: true
}

// A result that does not fit into what it may take fails before any of it is
// allocated; room that the caller has counts nothing.
func ExampleWithMaxResult() {
	ctx := context.Background()
	eng := loadEcho(gohost.WithMaxResult(1), gohost.WithHeapLimit(16))
	defer eng.Close(ctx)

	batch := make([]byte, 2<<20)
	_, err := eng.ProcessBatch(ctx, batch)
	fmt.Println("limit:", errors.Is(err, gohost.ErrLimit))
	out, err := eng.AppendProcessed(ctx, make([]byte, 0, len(batch)), batch)
	fmt.Println(len(out), err)
	// Output:
	// limit: true
	// 2097152 <nil>
}
