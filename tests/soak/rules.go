package main

import "example.org/compute-pipeline/tests/soak/internal/gauge"

// What the lines and the rules are about.
func rss(s gauge.Sample) float64        { return float64(s.RSS) }
func heap(s gauge.Sample) float64       { return float64(s.Heap) }
func guests(s gauge.Sample) float64     { return float64(s.Guests) }
func goroutines(s gauge.Sample) float64 { return float64(s.Goroutines) }
func instances(s gauge.Sample) float64  { return float64(s.Instances) }
func calls(s gauge.Sample) float64      { return float64(s.Calls) }

// flatRules are what must stay flat whatever a service does. Memory breathes
// with what is in flight, so peaks are allowed that a trend is not; goroutines
// and instances come and go with calls, and may not drift by half of one.
func flatRules() []gauge.Rule {
	const mib = 1 << 20
	return []gauge.Rule{
		{
			Name: "resident memory", Unit: gauge.Bytes, Of: rss,
			Growth: gauge.Allowance{Abs: 8 * mib, Rel: 0.05}, Peak: gauge.Allowance{Abs: 32 * mib, Rel: 0.5},
		},
		{
			Name: "live Go heap", Unit: gauge.Bytes, Of: heap,
			Growth: gauge.Allowance{Abs: 4 * mib, Rel: 0.05}, Peak: gauge.Allowance{Abs: 32 * mib, Rel: 0.5},
		},
		{
			Name: "memory of the guests", Unit: gauge.Bytes, Of: guests,
			Growth: gauge.Allowance{Abs: 1 * mib, Rel: 0.05}, Peak: gauge.Allowance{Abs: 4 * mib, Rel: 0.25},
		},
		{
			Name: "goroutines", Unit: gauge.Count, Of: goroutines,
			Growth: gauge.Allowance{Abs: 0.5}, Peak: gauge.Allowance{Abs: 8},
		},
		{
			Name: "instances", Unit: gauge.Count, Of: instances,
			Growth: gauge.Allowance{Abs: 0.5}, Peak: gauge.Allowance{Abs: 4},
		},
	}
}

// bounds are what no sample may exceed: so many instances, the memory that a
// measured number of bytes makes of them, and so many goroutines more than before.
func bounds(before state, instanceMax int, instanceBytes int64, goroutineMax int) []gauge.Bound {
	return []gauge.Bound{
		{Name: "instances", Unit: gauge.Count, Of: instances, Max: float64(instanceMax)},
		{Name: "memory of the guests", Unit: gauge.Bytes, Of: guests, Max: float64(int64(instanceMax) * instanceBytes)},
		{Name: "goroutines", Unit: gauge.Count, Of: goroutines, Max: float64(before.goroutines + goroutineMax)},
	}
}

func panels() []gauge.Panel {
	inMiB := func(of func(gauge.Sample) float64) func(gauge.Sample) float64 {
		return func(s gauge.Sample) float64 { return of(s) / (1 << 20) }
	}
	return []gauge.Panel{
		{Label: "memory, MiB", Lines: []gauge.Line{
			{Name: "resident", Of: inMiB(rss)}, {Name: "live Go heap", Of: inMiB(heap)}, {Name: "guests", Of: inMiB(guests)},
		}},
		{Label: "number", Lines: []gauge.Line{{Name: "goroutines", Of: goroutines}, {Name: "instances", Of: instances}}},
		{Label: "calls a second", Rate: true, Lines: []gauge.Line{{Name: "calls", Of: calls}}},
	}
}
