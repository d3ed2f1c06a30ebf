package chart

import (
	"cmp"
	"fmt"
	"slices"
)

// mostMarks is the max number of marks in a page.
const mostMarks = 10_000

// pageMark is a [Mark] in a page.
type pageMark struct {
	From float64 `json:"from"`
	To   float64 `json:"to"`
	Word string  `json:"word"`
}

// page returns a page of the series with zoom, in which the marks are shaded. Of a longer series a point is of several that follow each other,
// with their extremes. Gaps that are longer than usual are not bridged.
func (s *Series) page(gap float64, marks []Mark, labels Labels) ([]byte, error) {
	groups := make([]groupOf, len(s.groups))
	points := 0
	for i, g := range s.groups {
		a, b := g.low, g.high
		if b.X < a.X {
			a, b = b, a
		}
		n := s.size
		if i == len(s.groups)-1 {
			n = s.last
		}
		points += n
		low, high := g.low.Y, g.high.Y
		groups[i] = groupOf{
			windows: n, lo: a.X, hi: b.X, count: float64(n), first: a.Y, last: b.Y,
			low: low, high: high, lower: low, upper: high, min: low, max: high,
		}
	}
	slices.SortStableFunc(groups, func(a, b groupOf) int { return cmp.Compare(a.lo, b.lo) })
	if last := &groups[len(groups)-1]; last.hi <= groups[0].lo {
		last.hi = last.lo + 1 // a single instant
	}
	data := newPageData(labels)
	data.Points, data.Columns = true, groupColumns
	data.Series = []pageSeries{{Data: packed(groups, len(groupColumns), groupOf.row), Resolution: gap}}
	for _, m := range marks[:min(len(marks), mostMarks)] {
		data.Marks = append(data.Marks, pageMark{m.From, m.To, printable(m.Word)})
	}
	anomalies := "1 anomaly"
	if len(marks) != 1 {
		anomalies = fmt.Sprintf("%d anomalies", len(marks))
	}
	summary := fmt.Sprintf("%s: %d points, %s", labels.Value, points, anomalies)
	if s.size > 1 {
		summary += fmt.Sprintf("; a point is of %d", s.size)
	}
	if len(marks) > mostMarks {
		summary += fmt.Sprintf("; the first %d anomalies are marked", mostMarks)
	}
	return data.html(labels, summary)
}
