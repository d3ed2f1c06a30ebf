package gohost

import (
	"context"
	"fmt"
	"math"

	"example.org/compute-pipeline/gohost/cabi"
	"example.org/compute-pipeline/gohost/internal/text"
	"example.org/compute-pipeline/gohost/sandbox"
)

// What follows chooses between the versions of org:analytics that a module may have, and is
// the only place that knows that there are two. Of a module with both, the higher serves.

// metrics are the functions of one version of org:analytics/metrics.
type metrics struct {
	version   string
	aggregate func(ctx context.Context, in *sandbox.Instance, points []Datapoint) (Aggregate, error)
	validate  func(ctx context.Context, in *sandbox.Instance, dst []Datapoint, raw []byte) ([]Datapoint, error)
}

var (
	metrics1 = &metrics{"0.1.0", aggregateWhole, validateWhole}
	metrics2 = &metrics{"0.2.0", aggregateWhole2, validateWhole2}
)

// metricsOf returns the version that serves the calls of an instance.
func metricsOf(in *sandbox.Instance) *metrics {
	if in.Exports(fnAggregate2) {
		return metrics2
	}
	return metrics1
}

// aggregateWhole2 is aggregateWhole by compute-aggregate of 0.2.0.
func aggregateWhole2(ctx context.Context, in *sandbox.Instance, points []Datapoint) (Aggregate, error) {
	c := in.Call(ctx, fnAggregate2)
	datapoints.Push(c, points)
	c.Invoke()
	at := c.PopArea(aggregateSize, aggregateAlign)
	if n := c.LoadU64(at); n != uint64(len(points)) && c.Err() == nil {
		c.Fail(contractError("the result is of %d points, and %d were given", n, len(points)))
	}
	agg := loadAggregate(c, at+8)
	return agg, c.Done()
}

// validateWhole2 is validateWhole by validate-stream of 0.2.0.
func validateWhole2(ctx context.Context, in *sandbox.Instance, dst []Datapoint, raw []byte) ([]Datapoint, error) {
	c := in.Call(ctx, fnValidate2)
	c.PushBytes(raw)
	c.Invoke()
	list := dst
	var failure error
	area := c.PopArea(4+streamErrorSize, streamErrorAlign)
	if c.Discriminant(uint32(c.LoadU8(area)), 2, "the result") == 0 {
		checkLength(c, area+4, datapointSize, datapointAlign, func(n int) error { return checkValidated(n, len(raw)) })
		list = datapoints.Load(c, area+4, dst)
	} else {
		failure = loadStreamError(c, area+4)
	}
	if err := c.Done(); err != nil {
		return nil, err
	}
	return list, failure
}

// loadStreamError loads the variant of the same name.
func loadStreamError(c *cabi.Call, at uint32) error {
	if c.Discriminant(uint32(c.LoadU8(at)), 2, "the variant stream-error") == 1 {
		return &GuestError{Message: emptyDataset, Err: ErrEmptyDataset}
	}
	line, column := c.LoadU32(at+4), c.LoadU32(at+8)
	if max(line, column) > math.MaxInt32 {
		line, column = 0, 0 // as in a text of 0.1.0
	}
	message, size := c.LoadBeginning(at+12, text.MaxMessage)
	place := ""
	if line > 0 {
		place = fmt.Sprintf(" at line %d column %d", line, column)
	}
	whole := GuestError{Message: parseFailed + message + place}
	failure := &ParseError{Line: int(line), Column: int(column), Message: message}
	if total := len(parseFailed) + size + len(place); total > text.MaxMessage {
		// As much of it as of a text of 0.1.0.
		whole.CutFrom = total
		whole.Message = text.Note(text.Beginning(whole.Message, text.MaxMessage), total)
	}
	if size > len(message) {
		failure.Message = text.Note(message, size)
	}
	failure.text = whole.Message
	whole.Err = failure
	return &whole
}

// Versions says which versions of the contract's interfaces serve the calls of an engine, and
// what is adapted.
type Versions struct {
	// Metrics is the version of org:analytics/metrics, such as "0.2.0": the higher one if the
	// module has two.
	Metrics string `json:"metrics"`
	// Sums says what Fold, Merge and Finish run on: "org:compute-pipeline/summary@0.1.0",
	// "org:analytics/accumulators@0.2.0", or nothing.
	Sums string `json:"sums,omitempty"`
	// Adapted has a sentence for each part of the newest API that the module does not have
	// itself, and what takes its place; Missing one for each that nothing can replace.
	Adapted []string `json:"adapted,omitempty"`
	Missing []string `json:"missing,omitempty"`
}

// Names of interfaces, with the versions that this package knows.
const (
	summaryName      = "org:compute-pipeline/summary@0.1.0"
	accumulatorsName = "org:analytics/accumulators@0.2.0"
)

// Versions returns what serves the calls of the engine.
func (e *Engine) Versions() Versions { return versionsOf(e.caller.Exports) }

// VersionsOf returns what would serve the calls of a module, given the interfaces that it
// exports, each with its version: "org:analytics/metrics@0.1.3". It does not check that the
// module implements them; [Check] does.
func VersionsOf(interfaces []string) Versions {
	return versionsOf(func(function int) bool { return contract.IsExportedBy(function, interfaces) })
}

func versionsOf(exports func(function int) bool) (v Versions) {
	switch {
	case exports(fnAggregate2):
		v.Metrics = metrics2.version
	case exports(fnComputeAggregate):
		v.Metrics = metrics1.version
		v.Adapted = append(v.Adapted, "typed errors are read from the texts of 0.1.0")
	}
	switch {
	case exports(fnFold):
		v.Sums = summaryName
	case exports(fnNewAccumulator):
		v.Sums = accumulatorsName
		v.Adapted = append(v.Adapted, "Fold, Merge, Finish and sessions use an accumulator for each call, since "+summaryName+" is not exported")
	default:
		v.Missing = append(v.Missing, fmt.Sprintf("Fold, Merge, Finish and sessions need %s or %s", summaryName, accumulatorsName))
	}
	return v
}
