package gauge

// Bound says how high a series may be at any moment. Unlike a [Rule] it needs no
// trend, so a short run can be held to it, however busy the machine is.
type Bound struct {
	Name string
	Unit Unit
	Of   func(Sample) float64
	Max  float64
}

// Highest returns the highest value of the series, or 0 without samples.
func (b Bound) Highest(samples []Sample) float64 {
	highest := 0.0
	for _, s := range samples {
		highest = max(highest, b.Of(s))
	}
	return highest
}
