package main

import (
	"fmt"
	"io"
	"time"

	"example.org/compute-pipeline/gohost/internal/report"
	"example.org/compute-pipeline/gohost/window"
)

// edges are what is odd about rows at the ends of the time that timestamps have.
type edges struct {
	first time.Time // the beginning of the first rows
	early bool      // sliding windows are left out
	late  bool      // one ends after the year 9999
}

// see looks at a row; they come in the order of their beginnings.
func (e *edges) see(row *window.Row, grid *window.Grid) {
	const lastYear = 9999
	e.late = e.late || row.End.Year() > lastYear
	if e.early || !grid.Spec().Sliding() {
		return
	}
	// A point whose earlier windows are left out is in one that begins first.
	if e.first.IsZero() {
		e.first = row.Start
	}
	if row.Start.Equal(e.first) {
		clock := grid.Clock()
		t, _ := clock.Timestamp(row.First.Unix(), uint64(row.First.Nanosecond())/(1e9/clock.Unit.PerSecond()))
		e.early = grid.LeavesOut(t)
	}
}

// note says it.
func (e *edges) note(w io.Writer) {
	if e.early {
		fmt.Fprintf(w, "note: windows that begin before %s are left out: timestamps do not go back so far\n", report.Time(e.first))
	}
	if e.late {
		fmt.Fprintln(w, "note: the last window ends after the year 9999, which RFC 3339 does not have; is 9999 a mark of times that are missing? --missing skip and --missing-text with its text leave them out")
	}
}
