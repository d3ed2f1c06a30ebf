package main

import (
	"fmt"
	"strings"

	"example.org/compute-pipeline/bench/baseline/ratios"
	"example.org/compute-pipeline/bench/peer"
)

// goal is a figure, what it should be at most or at least, and what it was.
type goal struct {
	figure   string
	least    bool
	limit    float64
	unit     string
	measured float64
	known    bool
}

func (g goal) met() string {
	switch {
	case !g.known:
		return "not measured"
	case g.least && g.measured >= g.limit, !g.least && g.measured <= g.limit:
		return "met"
	}
	return "not met"
}

func (g goal) row() string {
	bound := "≤"
	if g.least {
		bound = "≥"
	}
	measured := "–"
	if g.known {
		measured = figure(g.measured) + g.unit
	}
	return fmt.Sprintf("| %s | %s %s%s | %s | %s |\n", g.figure, bound, figure(g.limit), g.unit, measured, g.met())
}

// Names of peers that goals speak of.
const (
	plain     = "plain Go, two passes"
	algorithm = "plain Go, the engine's algorithm"
)

// goals compares a run with what the library should reach.
func (r *results) goals() []goal {
	var goals []goal
	add := func(figure string, least bool, limit float64, unit string, measured float64, known bool) {
		goals = append(goals, goal{figure, least, limit, unit, measured, known})
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
	over("ComputeAggregate, 1,000,000 points, over plain Go on one processor", plain, false, 1_000_000, 1.7)
	long := r.table(false, 1_000_000).One
	parallel, ok := of(long, peer.Parallel)
	base, _ := of(long, plain)
	add("the same in parallel, on two processors", false, 1, " times", parallel.Ratio/base.Ratio, ok)
	for _, g := range []struct {
		n     string
		limit float64
	}{{"8192", 1.5}, {"100", 5}, {"10", 20}} {
		engine("ComputeAggregate, "+g.n+" points, over plain Go", "ComputeAggregate/"+g.n, ratios.Unit, " times", 1, g.limit)
	}
	engine("Fold, 2,048 points, over plain Go", "Fold/2048", ratios.Unit, " times", 1, 2)
	over("ComputeAggregate, 1,000,000 points, over the same algorithm in plain Go", algorithm, false, 1_000_000, 0.8)
	over("the same over math/big", "math/big.Int", false, 1_000_000, 0.02)
	engine("a call with one point", "ComputeAggregate/1", "median-ns", " ns", 1, 150)
	ahead("JSON, 100,000 points: encoding/json over us", "encoding/json", true, 100_000, 12)
	ahead("goccy/go-json over us", "goccy/go-json", true, 100_000, 1.2)
	ahead("sonic over us", "sonic", true, 100_000, 1.2)
	_, checksum := r.call("ValidateChecksum")
	add("ValidateChecksum", true, 3000, " MB/s", checksum, checksum > 0)
	engine("New, nothing cached", "New/cold", "ns/op", " ms", 1e-6, 25)
	engine("New, cached", "New/cached", "ns/op", " ms", 1e-6, 2)
	add("the embedded engine", false, 170, " KB", float64(r.Wasm)/1000, r.Wasm > 0)
	engine("one more instance", "Instance", "ns/op", " µs", 1e-3, 30)
	engine("one more instance, memory on Go's heap", "Instance", "bytes/instance", " KB", 1e-3, 145)
	t := r.table(false, 10_000)
	one, ok := of(t.One, peer.Ours)
	two, _ := of(t.Two, peer.Ours)
	add("calls by two goroutines over those by one", true, 1.9, " times", 2*one.Median/two.Median, ok)
	for _, s := range t.One {
		if serialises(s.Name) {
			ahead(s.Name+" over us, 10,000 points", s.Name, false, 10_000, 10)
		}
	}
	over("us over bare, unmetered wazero, 10,000 points", "bare wazero, unmetered", false, 10_000, 1.1)
	over("us over wasmtime-go, 10,000 points", "wasmtime-go", false, 10_000, 1)
	for _, s := range r.Starts {
		if s.Name == peer.Ours {
			add("the first answer from nothing", false, 42, " ms", float64(s.First.Microseconds())/1e3, true)
		}
	}
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
