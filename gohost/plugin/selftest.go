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
	"example.org/compute-pipeline/gohost/grade"
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

// selfTestFunctions are the functions in the order of the test.
var selfTestFunctions = []string{
	"compute-aggregate", "validate-stream", "process-batch", "validate-checksum", "fold", "merge", "finish",
}

// SelfTest is [SelfTestOf] for the exact grade.
func SelfTest(ctx context.Context, f gohost.Functions) error {
	return SelfTestOf(ctx, f, grade.Exact)
}

// SelfTestOf runs about fifty vectors of the contract on an engine or plugin that claims a
// grade, in a few milliseconds: sums that only exact arithmetic gets right, JSON that is
// barely valid or invalid, equal timestamps, the check value of CRC-32. It skips the summary
// if the module has none. Of a message about invalid JSON it compares only the beginning,
// not serde_json's own text.
//
// The error is an [ErrSelfTest] with the vector, and a [*grade.Violation] with the rule, the
// result and the expected one in decimal; for the summary, it has their bits instead.
// [Registry.Load] runs SelfTestOf with the grade that the module claims, unless
// [WithSelfTest] replaces it.
func SelfTestOf(ctx context.Context, f gohost.Functions, claimed grade.Grade) error {
	v, err := selfTestVectors()
	if err != nil {
		return err
	}
	for _, function := range selfTestFunctions {
		if !f.HasSummary() && isSummary(function) {
			continue
		}
		for _, c := range v.Cases[function] {
			if err := v.check(ctx, f, claimed, function, c); err != nil {
				return fmt.Errorf("%w: vector %s: %w", ErrSelfTest, c.ID, err)
			}
		}
	}
	return nil
}

// isSummary reports whether a function belongs to the optional interface.
func isSummary(function string) bool {
	return function == "fold" || function == "merge" || function == "finish"
}

// check runs one case. What depends on the grade is for package grade to judge.
func (v *vectors) check(ctx context.Context, f gohost.Functions, claimed grade.Grade, function string, c *vector) error {
	var guest *gohost.GuestError
	switch function {
	case "compute-aggregate":
		points, err := v.points(c.Points)
		if err != nil {
			return err
		}
		got, err := f.ComputeAggregate(ctx, points)
		if err != nil {
			return err
		}
		return claimed.CheckAggregate(points, got)
	case "validate-stream":
		raw := textOf(c.Raw)
		got, err := f.ValidateStream(ctx, raw)
		if err != nil && !errors.As(err, &guest) {
			return err
		}
		return claimed.CheckStream(raw, got, err)
	}
	want, err := v.expected(c.Want)
	if err != nil {
		return err
	}
	got, err := v.answer(ctx, f, function, c)
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

// beginning returns the part of a guest's message that the contract defines.
func beginning(message string) string {
	const refused = "Parse failed: "
	if strings.HasPrefix(message, refused) {
		return refused + "…"
	}
	return message
}
