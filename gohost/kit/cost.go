package kit

import (
	"slices"

	"example.org/compute-pipeline/gohost"
)

// Cost is what calls of a function cost. The calls and their fuel are those of the vectors
// and the fresh cases, or with random arguments if there are no vectors. All is the same on
// every machine.
type Cost struct {
	Function string `json:"function"`
	Calls    int    `json:"calls"`
	// MedianFuel and MaxFuel are of one call, and MaxCase is the case with the latter.
	MedianFuel uint64 `json:"median_fuel"`
	MaxFuel    uint64 `json:"max_fuel"`
	MaxCase    string `json:"max_case,omitempty"`
	// PeakMemory is the max memory in bytes of an instance that served no other function,
	// in all checks.
	PeakMemory int64 `json:"peak_memory"`

	fuel []uint64
}

// saw counts a call.
func (r *Report) saw(f *function, id string, a answer) {
	i := slices.IndexFunc(r.Functions, func(c Cost) bool { return c.Function == f.id })
	if i < 0 {
		i = len(r.Functions)
		r.Functions = append(r.Functions, Cost{Function: f.id})
	}
	cost := &r.Functions[i]
	cost.Calls++
	cost.fuel = append(cost.fuel, a.fuel)
	if a.fuel > cost.MaxFuel {
		cost.MaxFuel, cost.MaxCase = a.fuel, id
	}
}

// finishCosts computes the medians, and puts the functions into the order of the contract.
func (r *Report) finishCosts(functions []*function) {
	place := func(c Cost) int {
		return slices.IndexFunc(functions, func(f *function) bool { return f.id == c.Function })
	}
	slices.SortFunc(r.Functions, func(a, b Cost) int { return place(a) - place(b) })
	for i := range r.Functions {
		cost := &r.Functions[i]
		slices.Sort(cost.fuel)
		cost.MedianFuel = cost.fuel[len(cost.fuel)/2]
		cost.PeakMemory = functions[place(*cost)].peak
		cost.fuel = nil
	}
}

// embeddedHash is the SHA-256 of the engine that is part of package gohost: it was checked
// and metered when that was built, and claims nothing.
func embeddedHash() string { return gohost.EngineHash() }
