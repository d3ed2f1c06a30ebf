package gohost

import (
	"example.org/compute-pipeline/gohost/cabi"
	"example.org/compute-pipeline/gohost/sandbox"
)

// The functions of the world, by their numbers.
const (
	fnComputeAggregate = iota
	fnValidateStream
	fnFold
	fnMerge
	fnFinish
	fnProcessBatch
	fnValidateChecksum
	// Those of org:analytics@0.2.0.
	fnAggregate2
	fnValidate2
	fnNewAccumulator
	fnAccumulatorAdd
	fnAccumulatorMerge
	fnAccumulatorState
	fnAccumulatorFinish

	functionCount = iota
)

// contract is the world org:compute-pipeline/compute-pipeline@0.1.0 of wit/.
var contract = &sandbox.Contract{
	World:   "org:compute-pipeline/compute-pipeline@0.1.0",
	Runtime: 1,
	Exports: []sandbox.Interface{
		{Name: "org:analytics/metrics", Version: "0.1.0", OneOf: true, Functions: []sandbox.Function{
			{Name: "compute-aggregate", Params: "ii", Results: "i", Type: "func(points: list<record { timestamp: u64, value: f64 }>) -> list<f64>"},
			{Name: "validate-stream", Params: "ii", Results: "i", Type: "func(raw: string) -> result<list<record { timestamp: u64, value: f64 }>, string>"},
		}},
		{Name: "org:compute-pipeline/summary", Version: "0.1.0", Optional: true, Functions: []sandbox.Function{
			{Name: "fold", Params: "iiii", Results: "i", Type: "func(state: list<u8>, points: list<record { timestamp: u64, value: f64 }>) -> result<list<u8>, string>"},
			{Name: "merge", Params: "iiii", Results: "i", Type: "func(a: list<u8>, b: list<u8>) -> result<list<u8>, string>"},
			{Name: "finish", Params: "ii", Results: "i", Type: "func(state: list<u8>) -> result<record { count: u64, mean: f64, variance: f64, sum: f64, min: f64, max: f64, first: u64, last: u64 }, string>"},
		}},
		{Name: "org:compute/pipeline", Version: "0.1.0", Functions: []sandbox.Function{
			{Name: "process-batch", Params: "ii", Results: "i", Type: "func(input: list<u8>) -> list<u8>"},
			{Name: "validate-checksum", Params: "iii", Results: "i", Type: "func(data: list<u8>, expected: u32) -> bool"},
		}},
		{Name: "org:analytics/metrics", Version: "0.2.0", OneOf: true, Functions: []sandbox.Function{
			{Name: "compute-aggregate", Params: "ii", Results: "i", Type: "func(points: list<record { timestamp: u64, value: f64 }>) -> record { count: u64, mean: f64, variance: f64, sum: f64 }"},
			{Name: "validate-stream", Params: "ii", Results: "i", Type: "func(raw: string) -> result<list<record { timestamp: u64, value: f64 }>, variant { parse(record { line: u32, column: u32, message: string }), empty-dataset }>"},
		}},
		{Name: "org:analytics/accumulators", Version: "0.2.0", Optional: true, Resources: []string{"accumulator"}, Functions: []sandbox.Function{
			{Name: "[constructor]accumulator", Results: "i", Type: "func() -> own<resource>", Handles: accumulatorHandle},
			{Name: "[method]accumulator.add", Params: "iii", Results: "i", Type: "func(self: borrow<resource>, points: list<record { timestamp: u64, value: f64 }>) -> result<_, variant { invalid(string), too-many-points(record { count: u64, more: u64 }) }>", Handles: accumulatorHandle},
			{Name: "[method]accumulator.merge", Params: "iii", Results: "i", Type: "func(self: borrow<resource>, state: list<u8>) -> result<_, variant { invalid(string), too-many-points(record { count: u64, more: u64 }) }>", Handles: accumulatorHandle},
			{Name: "[method]accumulator.state", Params: "i", Results: "i", Type: "func(self: borrow<resource>) -> list<u8>", Handles: accumulatorHandle},
			{Name: "[method]accumulator.finish", Params: "i", Results: "i", Type: "func(self: borrow<resource>) -> result<record { count: u64, mean: f64, variance: f64, sum: f64, min: f64, max: f64, first: u64, last: u64 }, variant { invalid(string), too-many-points(record { count: u64, more: u64 }) }>", Handles: accumulatorHandle},
		}},
	},
	Direct: direct,
	// A module has one version of org:analytics, or both, and keeps sums in one way or the other.
	Instead: map[int]int{
		fnComputeAggregate: fnAggregate2, fnValidateStream: fnValidate2,
		fnAggregate2: fnComputeAggregate, fnValidate2: fnValidateStream,
		fnFold: fnNewAccumulator, fnMerge: fnNewAccumulator, fnFinish: fnNewAccumulator,
		fnNewAccumulator: fnFold, fnAccumulatorAdd: fnFold, fnAccumulatorMerge: fnMerge,
		fnAccumulatorState: fnFold, fnAccumulatorFinish: fnFinish,
	},
}

// accumulator is the resource of org:analytics/accumulators.
var accumulator = &cabi.ResourceType{Interface: "org:analytics/accumulators", Version: "0.2.0", Name: "accumulator", Exported: true}

var accumulatorHandle = []string{"[export]org:analytics/accumulators@0.2.0#accumulator"}
