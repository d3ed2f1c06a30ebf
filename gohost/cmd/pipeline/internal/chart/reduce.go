package chart

import "gonum.org/v1/plot/plotter"

// A screen shows one column of pixels at a time: of the windows in a column, those with the first,
// the last, the smallest and the largest value paint what all of them paint (M4, Jugel et al.,
// "M4: a visualization-oriented time series data aggregation", VLDB 2014). So a chart of a million
// windows costs what one of a few thousand does, and no extreme is lost.

// columns is the number of columns of pixels in the width of a PNG.
const columns = int(width) * dpi / 72

// shortest is how many of the shortest pieces of a line fit in the width: as long as lines are wide.
const shortest = 450

// A screen is the columns of pixels that times fall into.
type screen struct {
	from  float64
	width float64 // of a column, in seconds
	count int     // of columns
}

func newScreen(lo, hi float64, columns int) screen {
	return screen{from: lo, width: (hi - lo) / float64(columns), count: columns}
}

func (s screen) column(x float64) int { return int((x - s.from) / s.width) }

// paths returns what is drawn of a series, and the number of gaps in it that are too narrow to be seen.
func (s screen) paths(points []point) (paths []path, hidden int) {
	runs := split(points)
	least := s.width * float64(s.count) / shortest
	if len(points) <= 2*s.count {
		for _, r := range runs {
			paths = append(paths, r.path(least))
		}
		return paths, 0
	}
	runs, hidden = s.join(runs)
	for _, r := range runs {
		for _, p := range s.cut(r.path(least)) {
			paths = append(paths, path{s.thin(p.mean), s.thin(p.upper), s.thin(p.lower)})
		}
	}
	return paths, hidden
}

// join joins runs with a gap between them that is narrower than a column.
func (s screen) join(runs []run) (joined []run, gaps int) {
	for _, r := range runs {
		if n := len(joined); n > 0 {
			before := joined[n-1]
			if r[0].lo-before[len(before)-1].hi < s.width {
				joined[n-1] = append(before, r...)
				gaps++
				continue
			}
		}
		joined = append(joined, r)
	}
	return joined, gaps
}

// cut cuts a path into pieces of a few columns, each with the last point of the one before. The
// rasteriser of PNG takes time for the square of the number of edges in a row of pixels.
func (s screen) cut(p path) []path {
	const together = 16
	var pieces []path
	first := 0
	for i := 1; i < len(p.mean); i++ {
		if s.column(p.mean[i].X)/together != s.column(p.mean[i-1].X)/together {
			pieces = append(pieces, path{p.mean[first : i+1], p.upper[first : i+1], p.lower[first : i+1]})
			first = i
		}
	}
	if first == len(p.mean)-1 {
		return pieces
	}
	return append(pieces, path{p.mean[first:], p.upper[first:], p.lower[first:]})
}

// thin returns the first, the smallest, the largest and the last point of each column. The points
// are in order of time.
func (s screen) thin(line plotter.XYs) plotter.XYs {
	var out plotter.XYs
	for first := 0; first < len(line); {
		column := s.column(line[first].X)
		low, high, end := first, first, first+1
		for ; end < len(line) && s.column(line[end].X) == column; end++ {
			if line[end].Y < line[low].Y {
				low = end
			}
			if line[end].Y > line[high].Y {
				high = end
			}
		}
		last := -1
		for _, i := range [4]int{first, min(low, high), max(low, high), end - 1} {
			if i > last {
				out = append(out, line[i])
				last = i
			}
		}
		first = end
	}
	return out
}
