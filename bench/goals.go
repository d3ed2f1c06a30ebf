package main

import (
	"fmt"
	"strings"

	"example.org/compute-pipeline/bench/baseline/ratios"
	"example.org/compute-pipeline/bench/goal"
	"example.org/compute-pipeline/bench/measure"
	"example.org/compute-pipeline/bench/peer"
)

// Names of peers that goals speak of.
const (
	plain     = "plain Go, two passes"
	algorithm = "plain Go, the engine's algorithm"
)

// goals compares a run with what the library should reach.
func (r *results) goals() []goal.Goal {
	var goals []goal.Goal
	topic := longLists
	add := func(figure string, least bool, limit float64, unit string, measured float64, known bool) {
		goals = append(goals, goal.Goal{Topic: topic, Figure: figure, Least: least, Limit: limit, Unit: unit, Measured: measured, Known: known})
	}
	// over is the ratio of our time to a peer's.
	over := func(figure, name string, parse bool, n int, limit float64) {
		t, ok := of(r.table(parse, n).One, name)
		add(figure, false, limit, " times", 1/t.Ratio, ok)
	}
	// ahead is the ratio of a peer's time to ours.
	ahead := func(figure, name string, parse bool, n int, limit float64) {
		t, ok := of(r.table(parse, n).One, name)
		add(figure, true, limit, " times", t.Ratio, ok)
	}
	engine := func(figure, name, unit, shown string, factor, limit float64) {
		value, ok := r.Engine.Value(name, unit)
		add(figure, false, limit, shown, value*factor, ok)
	}
	// by is how many times as fast as its counterpart one of the library's benchmarks is.
	by := func(figure, name string, limit float64) {
		value, ok := r.Engine.Value(name, ratios.Unit)
		add(figure, true, limit, " times", 1/value, ok)
	}

	over("ComputeAggregate, 1,000,000 points, over plain Go on one processor", plain, false, 1_000_000, 1.7)
	long := r.table(false, 1_000_000).One
	parallel, ok := of(long, peer.Parallel)
	base, _ := of(long, plain)
	add("the same in parallel, on two processors", false, 1, " times", parallel.Ratio/base.Ratio, ok)
	over("ComputeAggregate, 1,000,000 points, over the same algorithm in plain Go", algorithm, false, 1_000_000, 0.8)
	over("the same over math/big.Int", "math/big.Int", false, 1_000_000, 0.02)
	over("the same over math/big.Float", "math/big.Float", false, 1_000_000, 0.02)
	over("ComputeAggregate, 10,000 points, over math/big.Rat", "math/big.Rat", false, 10_000, 0.02)

	topic = shortLists
	engine("ComputeAggregate, 8,192 points, over plain Go", "ComputeAggregate/8192", ratios.Unit, " times", 1, 1.5)
	engine("ComputeAggregate, 100 points, over plain Go", "ComputeAggregate/100", ratios.Unit, " times", 1, 5)
	engine("ComputeAggregate, 10 points, over plain Go", "ComputeAggregate/10", ratios.Unit, " times", 1, 20)
	engine("a call with one point", "ComputeAggregate/1", "median-ns", " ns", 1, 150)
	engine("Fold, 2,048 points, over plain Go", "Fold/2048", ratios.Unit, " times", 1, 2)
	engine("a session, 2,048 points, over plain Go", "Session/fold/2048", ratios.Unit, " times", 1, 1.4)
	engine("a session, a point of 2,048 that are pushed one by one", "Session/push/2048", "median-ns", " ns", 1./2048, 8)
	engine("a snapshot of a session after one more point", "SessionSnapshot", "median-ns", " µs", 1e-3, 2)

	topic = jsonTexts
	ahead("JSON, 100,000 points: encoding/json over us", "encoding/json", true, 100_000, 12)
	ahead("goccy/go-json over us", "goccy/go-json", true, 100_000, 1.2)
	ahead("sonic over us", "sonic", true, 100_000, 1.2)
	by("JSON, 200,000 points, indented, on two processors: encoding/json on one over us", "ValidateStream/indented", 7)
	by("with other fields that do not change", "ValidateStream/other-fields", 4)
	by("with other fields that change", "ValidateStream/changing-fields", 4)

	topic = otherFunctions
	for _, kind := range []string{"sorted", "shuffled"} {
		engine("ProcessBatch, 1,000,000 points, "+kind+", over slices.SortStableFunc of structs and a pass for repeated timestamps",
			"ProcessBatch/"+kind+"/1000000", ratios.Unit, " times", 1, 1.5)
	}
	_, checksum := r.call("ValidateChecksum")
	add("ValidateChecksum", true, 3000, " MB/s", checksum, checksum > 0)

	topic = starts
	engine("New, nothing cached", "New/cold", "ns/op", " ms", 1e-6, 25)
	engine("New, cached", "New/cached", "ns/op", " ms", 1e-6, 2)
	engine("the first plugin's check (the prepare module), nothing cached", "FirstUse", "ns/op", " ms", 1e-6, 150)
	engine("the first plugin's check, cached", "FirstUseFromDisk", "ns/op", " ms", 1e-6, 15)
	for _, s := range r.Starts {
		if s.Name == peer.Ours {
			add("the first answer from nothing", false, 42, " ms", float64(s.First.Microseconds())/1e3, true)
		}
	}

	topic = memory
	add("the embedded engine", false, 170, " KB", float64(r.Wasm)/1000, r.Wasm > 0)
	engine("one more instance", "Instance", "ns/op", " µs", 1e-3, 30)
	engine("one more instance, memory on Go's heap", "Instance", "bytes/instance", " KB", 1e-3, 145)

	topic = twoGoroutines
	for _, n := range []int{100, 10_000} {
		// The base makes half of the calls.
		value, ok := r.Engine.Value(fmt.Sprintf("Goroutines/%d", n), ratios.Unit)
		add("calls by two goroutines over those by one, "+points(n)+" points", true, 1.9, " times", 2/value, ok)
	}

	topic = otherRuntimes
	for _, s := range r.table(false, 10_000).One {
		if serialises(s.Name) {
			ahead(s.Name+" over us, 10,000 points", s.Name, false, 10_000, 10)
		}
	}
	over("us over bare, unmetered wazero, 10,000 points", "bare wazero, unmetered", false, 10_000, 1.1)
	over("us over wasmtime-go, 10,000 points", "wasmtime-go", false, 10_000, 1)

	topic = programs
	row := func(figure string, o measure.Outcome, task, name string, limit float64) {
		ours, known := o.Row(task, name)
		add(figure, false, limit, " times", 1/ours.Ratio, known)
	}
	row("`pipeline run`, 1 GB of JSON lines, over Go with encoding/json", r.Run, "ndjson", "Go, encoding/json", 0.15)
	row("`pipeline run`, 1 GB of JSON lines, over DuckDB", r.Run, "ndjson", "DuckDB", 1.5)
	row("`pipeline run`, the same points as CSV, over DuckDB", r.Run, "csv", "DuckDB", 1.5)
	served, known := r.Serve.Row("aggregate", "pipeline serve")
	add("`pipeline serve`, 100 points in JSON, 8 connections: requests over those of a Go service without a sandbox", true, 0.7, " times", served.Ratio, known)
	return goals
}

// serialises says which peers turn lists into messages.
func serialises(name string) bool {
	for _, prefix := range []string{"Extism", "knqyf263", "hashicorp", "wazy"} {
		if strings.HasPrefix(name, prefix) {
			return true
		}
	}
	return false
}
