package gohost

import "example.org/compute-pipeline/gohost/sandbox"

// The functions of the world, by their numbers.
const (
	fnComputeAggregate = iota
	fnValidateStream
	fnFold
	fnMerge
	fnFinish
	fnProcessBatch
	fnValidateChecksum
)

// contract is the world org:compute-pipeline/compute-pipeline@0.1.0 of wit/.
var contract = &sandbox.Contract{
	World:   "org:compute-pipeline/compute-pipeline@0.1.0",
	Runtime: 1,
	Exports: []sandbox.Interface{
		{Name: "org:analytics/metrics", Version: "0.1.0", Functions: []sandbox.Function{
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
	},
	Direct: direct,
}
