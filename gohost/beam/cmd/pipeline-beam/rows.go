package main

import (
	"bytes"
	"cmp"
	"encoding/csv"
	"reflect"

	"github.com/apache/beam/sdks/v2/go/pkg/beam"
	"github.com/apache/beam/sdks/v2/go/pkg/beam/register"

	"example.org/compute-pipeline/gohost"
	"example.org/compute-pipeline/gohost/beam/transform"
	"example.org/compute-pipeline/gohost/internal/epoch"
	"example.org/compute-pipeline/gohost/internal/report"
	"example.org/compute-pipeline/gohost/window"
)

func init() {
	beam.RegisterType(reflect.TypeFor[Row]())
	register.DoFn2x2[transform.Group, gohost.Statistics, Row, error](&RowFn{})
}

// Row is a line of the output, with what it is sorted by.
type Row struct {
	Key   string
	Start int64
	Line  []byte
}

// RowFn writes the statistics of a group as a line.
type RowFn struct {
	Window, Unit, Format string
	Keyed                bool
}

// ProcessElement returns the line.
func (f *RowFn) ProcessElement(g transform.Group, stat gohost.Statistics) (Row, error) {
	row, err := f.row(stat)
	if err != nil {
		return Row{}, err
	}
	var line []byte
	if f.Format == "ndjson" {
		line, err = report.KeyedJSON(g.Key, row)
		line = append(line, '\n')
	} else {
		cells := report.Cells(row)
		if f.Keyed {
			cells = append([]string{g.Key}, cells...)
		}
		line, err = csvLine(cells)
	}
	return Row{Key: g.Key, Start: g.Start, Line: line}, err
}

func (f *RowFn) row(stat gohost.Statistics) (window.Row, error) {
	windows, err := window.Parse(cmp.Or(f.Window, "all"), nil)
	if err != nil {
		return window.Row{}, err
	}
	grid, err := windows.Grid(window.Clock{Unit: epoch.Unit(f.Unit)})
	if err != nil {
		return window.Row{}, err
	}
	return grid.Row(grid.Span(stat.First), stat)
}

// header returns the first line of a CSV file.
func header(keyed bool) []byte {
	names := report.Columns()
	if keyed {
		names = append([]string{"key"}, names...)
	}
	line, err := csvLine(names)
	if err != nil {
		panic(err) // of a buffer in memory
	}
	return line
}

func csvLine(cells []string) ([]byte, error) {
	var out bytes.Buffer
	w := csv.NewWriter(&out)
	if err := w.Write(cells); err != nil {
		return nil, err
	}
	w.Flush()
	return out.Bytes(), w.Error()
}
