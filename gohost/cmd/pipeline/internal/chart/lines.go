package chart

import (
	"cmp"
	"fmt"
	"hash/maphash"
	"math"
	"slices"

	"example.org/compute-pipeline/gohost/window"
)

const (
	// mostNamed is the max number of series that have a colour and a name in the legend.
	mostNamed = 10
	// mostLines is the max number of series that are drawn, most of them in grey.
	mostLines = 200
	// mostWindows is the max number of windows of all series: 128 MB.
	mostWindows = 1 << 21
	// mostCounted is the max number of series that are counted.
	mostCounted = 1 << 20
)

// ErrTooManyWindows: the series of a chart have too many windows.
var ErrTooManyWindows = fmt.Errorf("more than %d windows to draw; choose a longer --window", mostWindows)

// Lines are the series of a chart, in bounded memory. Those that come first are drawn, up to 200
// of them; the others are counted.
type Lines struct {
	byName  map[string]*oneLine
	windows int

	seed   maphash.Seed
	others map[uint64]struct{} // hashes of the names of series that are not drawn
}

// oneLine is a series.
type oneLine struct {
	name   string
	points []point
}

// Add adds the next window of the series with a name, which is empty if there is only one.
func (l *Lines) Add(name string, row window.Row) error {
	one := l.byName[name]
	if one == nil {
		if len(l.byName) == mostLines {
			l.count(name)
			return nil
		}
		if l.byName == nil {
			l.byName = map[string]*oneLine{}
		}
		one = &oneLine{name: name}
		l.byName[name] = one
	}
	if l.windows == mostWindows {
		return ErrTooManyWindows
	}
	l.windows++
	one.points = append(one.points, newPoint(row))
	return nil
}

func (l *Lines) count(name string) {
	if l.others == nil {
		l.seed, l.others = maphash.MakeSeed(), map[uint64]struct{}{}
	}
	if len(l.others) < mostCounted {
		l.others[maphash.String(l.seed, name)] = struct{}{}
	}
}

// sorted returns the series that can be drawn, in the order of their names.
func (l *Lines) sorted() []*oneLine {
	var all []*oneLine
	for _, one := range l.byName {
		if slices.ContainsFunc(one.points, point.drawable) {
			all = append(all, one)
		}
	}
	slices.SortFunc(all, func(a, b *oneLine) int { return cmp.Compare(a.name, b.name) })
	return all
}

// extent returns the times that the windows of the series are in.
func extent(lines []*oneLine) (lo, hi float64) {
	lo, hi = math.Inf(1), math.Inf(-1)
	for _, one := range lines {
		for _, p := range one.points {
			if p.drawable() {
				lo, hi = min(lo, p.lo), max(hi, p.hi)
			}
		}
	}
	return lo, hi
}
