package window_test

import (
	"context"
	"fmt"
	"io"
	"log"
	"os"
	"strings"
	"time"

	"example.org/compute-pipeline/gohost"
	"example.org/compute-pipeline/gohost/input"
	"example.org/compute-pipeline/gohost/window"
)

// Days in Berlin have 23 hours when summer time begins.
func ExampleParse() {
	berlin, err := time.LoadLocation("Europe/Berlin")
	if err != nil {
		log.Fatal(err)
	}
	days, err := window.Parse("1d", berlin)
	if err != nil {
		log.Fatal(err)
	}
	grid, err := days.Grid(window.Clock{Unit: "s"})
	if err != nil {
		log.Fatal(err)
	}
	noon := time.Date(2024, 3, 31, 12, 0, 0, 0, berlin)
	span := grid.Span(uint64(noon.Unix()))
	start, end := grid.Times(span)
	fmt.Println(start, end.Sub(start))
	// Output: 2024-03-31 00:00:00 +0100 CET 23h0m0s
}

// A CSV file becomes rows: one for each window and station.
func ExampleTable() {
	if err := stations(context.Background(), os.Stdout); err != nil {
		log.Fatal(err)
	}
	// Output:
	// 2024-01-01 00:00 Kiel: 2 points, median 4
	// 2024-01-01 01:00 Kiel: 1 points, median 9
	// 2024-01-01 01:00 Ulm: 1 points, median 1
}

func stations(ctx context.Context, out io.Writer) error {
	engine, err := gohost.New(ctx)
	if err != nil {
		return err
	}
	defer engine.Close(ctx)
	const csv = "\uFEFFtime,station,°C\n" + // a byte order mark, as Excel writes it
		"2024-01-01T00:10:00Z,Kiel,3\n2024-01-01T00:40:00Z,Kiel,5\n2024-01-01T01:00:00Z,Ulm,1\n2024-01-01T01:30:00Z,Kiel,9\n"
	reader, err := input.NewReader(strings.NewReader(csv), input.Options{Keys: []string{"station"}, Values: []string{"°C"}})
	if err != nil {
		return err
	}
	set, err := window.ParseSet("count,median", false)
	if err != nil {
		return err
	}
	grid, err := window.Hour.Grid(window.Clock{Unit: reader.Unit(), Origin: reader.Origin()})
	if err != nil {
		return err
	}
	table := window.NewTable(engine, grid, window.TableOptions{Set: set})
	defer table.Close()
	err = input.Each(ctx, reader, 2,
		func(ctx context.Context, p *input.Piece) (any, error) { return nil, table.Add(ctx, p.Points, p) },
		func(*input.Piece, any) error { return nil })
	if err != nil {
		return err
	}
	for row, err := range table.Rows(ctx) {
		if err != nil {
			return err
		}
		fmt.Fprintf(out, "%s %s: %d points, median %v\n", row.Start.Format("2006-01-02 15:04"), row.Key, row.Stat.Count, row.Quantiles[0])
	}
	return nil
}
