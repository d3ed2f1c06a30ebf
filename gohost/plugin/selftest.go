package plugin

import (
	"context"
	_ "embed"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"sync"

	"example.org/compute-pipeline/gohost"
)

// selfTestJSON is a small part of tests/vectors, in one file.
//
//go:embed selftest.json
var selfTestJSON []byte

// selfTestVectors reads the file once for the process.
var selfTestVectors = sync.OnceValues(func() (*vectors, error) {
	var v vectors
	if err := json.Unmarshal(selfTestJSON, &v); err != nil {
		return nil, fmt.Errorf("selftest.json: %w", err)
	}
	return &v, nil
})

// selfTestFunctions is their order in the test.
var selfTestFunctions = []string{
	"compute-aggregate", "validate-stream", "process-batch", "validate-checksum", "fold", "merge", "finish",
}

// SelfTest runs some fifty of the contract's vectors on an engine, a few
// milliseconds of work: sums that only exact arithmetic gets right, JSON at the
// edges of what is accepted, ties between timestamps, the check value of CRC-32.
// Where the module has no summary, that part is left out. Of a message that JSON
// was refused with, only the beginning is compared, not serde_json's own words
// after it.
//
// The error names the vector, what the module answered, and what is right; it is
// an [ErrSelfTest]. [Registry.Load] runs this unless [WithSelfTest] says else.
func SelfTest(ctx context.Context, f gohost.Functions) error {
	v, err := selfTestVectors()
	if err != nil {
		return err
	}
	for _, function := range selfTestFunctions {
		if !f.HasSummary() && isSummary(function) {
			continue
		}
		for _, c := range v.Cases[function] {
			if err := v.check(ctx, f, function, c); err != nil {
				return fmt.Errorf("%w: vector %s: %w", ErrSelfTest, c.ID, err)
			}
		}
	}
	return nil
}

// isSummary reports whether a function is of the interface that is optional.
func isSummary(function string) bool {
	return function == "fold" || function == "merge" || function == "finish"
}

// check runs one case.
func (v *vectors) check(ctx context.Context, f gohost.Functions, function string, c *vector) error {
	want, err := v.expected(c.Want)
	if err != nil {
		return err
	}
	got, err := v.answer(ctx, f, function, c)
	var guest *gohost.GuestError
	switch {
	case errors.As(err, &guest):
		got = "the error " + beginning(guest.Message)
		if c.Want.Failure {
			got = want
		}
	case err != nil:
		return fmt.Errorf("%w; want %s", err, want)
	}
	if got != want {
		return fmt.Errorf("got %s; want %s", got, want)
	}
	return nil
}

// beginning is the part of a guest's message that the contract words itself.
func beginning(message string) string {
	const refused = "Parse failed: "
	if strings.HasPrefix(message, refused) {
		return refused + "…"
	}
	return message
}
