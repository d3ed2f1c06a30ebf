package gohost_test

import (
	"context"
	"errors"
	"fmt"
	"log"

	"example.org/compute-pipeline/gohost"
)

func ExampleEngine_ValidateStream() {
	ctx := context.Background()
	eng, err := gohost.New(ctx)
	if err != nil {
		log.Fatal(err)
	}
	defer eng.Close(ctx)

	points, err := eng.ValidateStream(ctx, []byte(`[{"timestamp": 1262304000, "value": 39.4, "unit": "F"}]`))
	fmt.Println(points, err)

	_, err = eng.ValidateStream(ctx, []byte(`[{"timestamp": 1262304000}]`))
	var answer *gohost.GuestError
	if errors.As(err, &answer) {
		fmt.Println(answer.Message)
	}
	// Output:
	// [{1262304000 39.4}] <nil>
	// Parse failed: missing field `value` at line 1 column 26
}
