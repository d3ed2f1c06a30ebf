package gohost_test

import (
	"context"
	"errors"
	"fmt"
	"log"
	"os"

	"example.org/compute-pipeline/gohost"
)

// A program decides by the class of an error; the text is for people.
func ExampleError() {
	ctx := context.Background()
	eng := loadEcho()
	defer eng.Close(ctx)

	_, err := eng.Fold(ctx, nil, nil) // this module has no summary
	var failure *gohost.Error
	if !errors.As(err, &failure) {
		log.Fatal(err)
	}
	switch failure.Class {
	case gohost.ErrGuest, gohost.ErrInvalidInput:
		fmt.Println("the input is wrong:", failure.Err)
	case gohost.ErrBusy, gohost.ErrCompileProcess:
		fmt.Println("try again later:", failure.Err)
	case gohost.ErrNoSummary:
		fmt.Println("not possible with this module:", failure.Function)
	default:
		fmt.Println("failed:", failure)
	}
	// Output: not possible with this module: fold
}

// What a module lacks comes as a list.
func ExampleContractError() {
	wasm, err := os.ReadFile("testdata/newer.wasm")
	if err != nil {
		log.Fatal(err)
	}
	_, err = gohost.Load(context.Background(), wasm)
	var contract *gohost.ContractError
	if errors.As(err, &contract) {
		for _, problem := range contract.Problems {
			fmt.Println("-", problem)
		}
	}
	// Output:
	// - it exports org:analytics/metrics@0.3.0, and this host knows 0.1.x and 0.2.x
	// - it exports org:compute/pipeline@0.3.0, and this host knows 0.1.x
}

// Which limit was reached, and how large it is.
func ExampleLimitError() {
	ctx := context.Background()
	eng := loadEcho(gohost.WithFuel(1_000_000))
	defer eng.Close(ctx)

	loops := append([]byte{2}, make([]byte, 15)...)
	_, err := eng.ProcessBatch(ctx, loops)
	var limit *gohost.LimitError
	if errors.As(err, &limit) {
		fmt.Println(limit.Which, limit.Max)
	}
	// Output: fuel 1000000
}
