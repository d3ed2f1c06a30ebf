package plugin

import (
	"context"
	_ "embed"
	"errors"
	"fmt"
	"strings"
	"sync"

	"example.org/compute-pipeline/gohost"
	"example.org/compute-pipeline/gohost/grade"
	"example.org/compute-pipeline/gohost/vectors"
	"example.org/compute-pipeline/gohost/vectors/conformance"
)

// selfTestJSON is a small part of tests/vectors, in one file.
//
//go:embed selftest.json
var selfTestJSON []byte

// selfTestVectors reads the file once for the process.
var selfTestVectors = sync.OnceValues(func() (*vectors.File, error) { return vectors.Parse(selfTestJSON) })

// The contract's interfaces, as vectors name them.
const (
	metricsName = "org:analytics/metrics"
	summaryName = "org:compute-pipeline/summary"
)

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
// The error is an [ErrSelfTest] with the vector, and for a wrong answer a [*grade.Violation]
// with the rule, the result and the expected one in decimal.
// [Registry.Load] runs SelfTestOf with the grade that the module claims, unless
// [WithSelfTest] replaces it.
func SelfTestOf(ctx context.Context, f gohost.Functions, claimed grade.Grade) error {
	file, err := selfTestVectors()
	if err != nil {
		return err
	}
	for _, c := range file.Cases {
		steps := c.Steps()
		if !f.HasSummary() && strings.HasPrefix(steps[0].Call, summaryName+"#") {
			continue
		}
		if err := selfTestCase(ctx, f, claimed, c, steps[0]); err != nil {
			return fmt.Errorf("%w: vector %s: %w", ErrSelfTest, c.ID, err)
		}
	}
	return nil
}

// selfTestCase runs one case. What depends on the grade is for package grade to judge.
func selfTestCase(ctx context.Context, f gohost.Functions, claimed grade.Grade, c *vectors.Case, first vectors.Step) error {
	switch first.Call {
	case metricsName + "#compute-aggregate":
		points, err := conformance.Points(first.Args[0])
		if err != nil {
			return err
		}
		got, err := f.ComputeAggregate(ctx, points)
		if err != nil {
			return err
		}
		return claimed.CheckAggregate(points, got)
	case metricsName + "#validate-stream":
		raw, err := conformance.Text(first.Args[0])
		if err != nil {
			return err
		}
		got, err := f.ValidateStream(ctx, raw)
		if err != nil && !errors.As(err, new(*gohost.GuestError)) {
			return err
		}
		return claimed.CheckStream(raw, got, err)
	}
	judged := newJudged(f)
	got, err := c.Run(func(function string, args []any) (any, error) {
		return conformance.Call(ctx, judged, function, args)
	})
	if err != nil {
		return err
	}
	if wrong := c.Want().Mismatch(got); wrong != "" {
		return errors.New(wrong)
	}
	return nil
}
