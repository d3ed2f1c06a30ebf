package main

import (
	"fmt"
	"io"
	"math"
	"runtime/debug"
	"time"

	"example.org/compute-pipeline/gohost/columnar"
	"example.org/compute-pipeline/gohost/input"
	"example.org/compute-pipeline/gohost/internal/report"
	"example.org/compute-pipeline/gohost/window"
)

// writesColumns reports whether the output is a file of columns.
func (c *runCommand) writesColumns() bool { return c.Output == "parquet" || c.Output == "arrow" }

// checkOutput rejects what the format of the output cannot be used with.
func (c *runCommand) checkOutput(std streams) error {
	switch {
	case !c.writesColumns():
	case c.Follow:
		return badUse("--follow prints windows as they close; -o %s has its description at the end", c.Output)
	case c.OutputFile == "" && isTerminal(std.out):
		return badUse("-o %s is not for a terminal; name a file with --output-file, or use a pipe", c.Output)
	}
	if c.OutputFile != "" && c.Follow {
		return badUse("--output-file is written when all is done, which --follow never is")
	}
	return nil
}

// A columnsWriter writes rows to a file of columns, as a [report.Writer].
type columnsWriter struct {
	head   report.Head
	out    *columnar.Writer
	fields []columnar.Field
	unit   input.Unit
	values []window.Value
}

// newColumnsWriter returns a writer of Parquet or Arrow. Times are microseconds, or nanoseconds if those of the
// input are.
func newColumnsWriter(out io.Writer, format string, head report.Head, unit input.Unit) (report.Writer, error) {
	w := &columnsWriter{head: head, unit: input.Microsecond}
	if unit == input.Nanosecond {
		w.unit = unit
	}
	add := func(name string, kind input.ColumnKind, optional bool) {
		w.fields = append(w.fields, columnar.Field{Name: name, Kind: kind, Unit: w.unit, Unsigned: kind == input.Integers, Optional: optional})
	}
	for _, name := range head.LabelNames() {
		add(name, input.Texts, false)
	}
	add("start", input.Instants, false)
	add("end", input.Instants, false)
	names := head.StatisticNames()
	for i, statistic := range head.Statistics.List() {
		switch statistic.Kind {
		case window.Count:
			add(names[i], input.Integers, true)
		case window.First, window.Last:
			add(names[i], input.Instants, true)
		default:
			add(names[i], input.Floats, true)
		}
	}
	metadata := map[string]string{"compute-pipeline.window": head.Window.String(), "compute-pipeline.version": moduleVersion()}
	create := columnar.NewParquetWriter
	if format == "arrow" {
		create = columnar.NewArrowWriter
	}
	var err error
	w.out, err = create(out, w.fields, metadata)
	return w, err
}

// moduleVersion returns the version of the command, as Go built it.
func moduleVersion() string {
	if info, ok := debug.ReadBuildInfo(); ok {
		return info.Main.Version
	}
	return ""
}

// Write implements [report.Writer].
func (w *columnsWriter) Write(row *window.Row) error {
	var fault error
	err := w.out.Row(func(r *columnar.Row) {
		for _, label := range w.head.Labels(row) {
			r.Text(label)
		}
		w.values = append(w.values[:0], row.Start, row.End)
		for _, v := range w.head.Statistics.Values(w.values, row) {
			switch v := v.(type) {
			case uint64:
				r.Integer(int64(v))
			case float64:
				r.Float(v)
			case time.Time:
				instant, err := w.instant(v)
				if err != nil {
					fault = err
				}
				r.Instant(instant)
			default:
				r.Missing()
			}
		}
	})
	if fault != nil {
		return fault
	}
	return err
}

// instant returns a time in the unit of the file.
func (w *columnsWriter) instant(t time.Time) (int64, error) {
	if w.unit == input.Microsecond {
		return t.UnixMicro(), nil
	}
	if early, late := time.Unix(0, math.MinInt64), time.Unix(0, math.MaxInt64); t.Before(early) || t.After(late) {
		return 0, fmt.Errorf("%s is too far from 1970 for nanoseconds; use a coarser --unit, or -o csv", t.Format(time.RFC3339))
	}
	return t.UnixNano(), nil
}

// Close implements [report.Writer].
func (w *columnsWriter) Close() error { return w.out.Close() }
