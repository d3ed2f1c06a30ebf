package kit

import (
	"slices"

	"example.org/compute-pipeline/gohost"
	"example.org/compute-pipeline/gohost/internal/text"
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

// count counts a call of the function.
func (f *function) count(id string, a answer) {
	cost := &f.cost
	cost.Calls++
	cost.fuel = append(cost.fuel, a.fuel)
	if a.fuel > cost.MaxFuel {
		cost.MaxFuel, cost.MaxCase = a.fuel, id
	}
}

// finishCosts computes the medians of the functions that were called, in the order of the
// contract.
func (r *Report) finishCosts(functions []*function) {
	for _, f := range functions {
		cost := f.cost
		if cost.Calls == 0 {
			continue
		}
		slices.Sort(cost.fuel)
		cost.MedianFuel = cost.fuel[len(cost.fuel)/2]
		cost.Function, cost.PeakMemory, cost.fuel = text.Cut(f.id, maxID), f.peak, nil
		r.Functions = append(r.Functions, cost)
	}
}

// embeddedHash is the SHA-256 of the engine that is part of package gohost: it was checked
// and metered when that was built, and claims nothing.
func embeddedHash() string { return gohost.EngineHash() }
