package main

import (
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"
	"strings"

	"example.org/compute-pipeline/bench/goal"
	"example.org/compute-pipeline/bench/measure"
)

// loadPrograms reads what bench/run and bench/serve have measured.
func (r *results) loadPrograms(root string) error {
	for name, o := range map[string]*measure.Outcome{"run": &r.Run, "serve": &r.Serve} {
		var err error
		if *o, err = measure.LoadOutcome(filepath.Join(root, "dist/bench", name+".json")); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return err
		}
	}
	return nil
}

// programTables have the command line beside programs that do the same.
func (r *results) programTables(s *strings.Builder) {
	s.WriteString("\n## Programs\n\n    make bench-programs\n\nmeasures these, each a process, by turns; ratios are medians within a round.\n")
	if len(r.Run.Rows)+len(r.Serve.Rows) == 0 {
		s.WriteString("Not measured in this run.\n")
		return
	}
	if len(r.Run.Rows) > 0 {
		s.WriteString("\n" + goal.Wrapped("Mean, variance and sum of each day of a file: "+r.Run.Input+", and the same points as CSV. Go reads "+
			"with the decoder that is named, and adds to plain sums. DuckDB runs in Python, whose start is included; it and "+
			"`pipeline run` use all processors unless it says otherwise. In parentheses is the ratio to `pipeline run`. "+r.Run.Where()) +
			"\n\n| | JSON lines | CSV |\n| --- | ---: | ---: |\n")
		for _, name := range []string{"pipeline run", "pipeline run --parallel 1", "DuckDB", "Go, encoding/json", "Go, encoding/csv"} {
			cells := []string{"–", "–"}
			for i, task := range []string{"ndjson", "csv"} {
				if row, ok := r.Run.Row(task, name); ok {
					cells[i] = fmt.Sprintf("%s (%s)", duration(1e9*row.Value), figure(row.Ratio))
				}
			}
			if cells[0] != "–" || cells[1] != "–" {
				fmt.Fprintf(s, "| %s | %s |\n", name, strings.Join(cells, " | "))
			}
		}
	}
	if len(r.Serve.Rows) > 0 {
		s.WriteString("\n" + goal.Wrapped("Mean, variance and sum over HTTP on the same machine, whose processors make the requests too: "+r.Serve.Input+". "+
			"A connection sends its next request when the last is answered. The services in Go use net/http and a limit "+
			"of the body, and no more; the first two make two passes over a slice. "+r.Serve.Where()) +
			"\n\n| | requests a second | over the first |\n| --- | ---: | ---: |\n")
		for _, row := range r.Serve.Rows {
			fmt.Fprintf(s, "| %s | %s | %s |\n", row.Name, figure(row.Value), figure(row.Ratio))
		}
	}
}
