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

// A CSV file becomes rows: one for each day and station.
func ExampleRead() {
	ctx := context.Background()
	engine, err := gohost.New(ctx)
	if err != nil {
		log.Fatal(err)
	}
	defer engine.Close(ctx)
	const csv = "time,station,°C,%\n2024-01-01T00:10:00Z,Kiel,3,81\n2024-01-01T23:40:00Z,Kiel,5,NA\n2024-01-02T01:00:00Z,Ulm,1,77\n"
	reader, err := input.NewReader(strings.NewReader(csv), input.Options{
		Values: []string{"°C", "%"}, Keys: []string{"station"}, Missing: input.MissingSkip,
	})
	if err != nil {
		log.Fatal(err)
	}
	set, err := window.ParseSet("count,mean,p90", false)
	if err != nil {
		log.Fatal(err)
	}
	for row, err := range window.Read(ctx, engine, reader, window.Day, window.TableOptions{Set: set}) {
		if err != nil {
			log.Fatal(err)
		}
		fmt.Println(row.Start.Format(time.DateOnly), row.Key, reader.ValueNames()[row.Column], row.Stat.Count, row.Stat.Mean, row.Quantiles[0])
	}
	fmt.Println(reader.Counts().Missing, "missing")
	// Output:
	// 2024-01-01 Kiel °C 2 4 4.8
	// 2024-01-01 Kiel % 1 81 81
	// 2024-01-02 Ulm °C 1 1 1
	// 2024-01-02 Ulm % 1 77 77
	// 1 missing
}

// Months of a calendar, and windows without points among them.
func ExampleFill() {
	ctx := context.Background()
	engine, err := gohost.New(ctx)
	if err != nil {
		log.Fatal(err)
	}
	defer engine.Close(ctx)
	auckland, err := time.LoadLocation("Pacific/Auckland")
	if err != nil {
		log.Fatal(err)
	}
	months, err := window.Parse("1mo", auckland)
	if err != nil {
		log.Fatal(err)
	}
	reader, err := input.NewReader(strings.NewReader("date,value\n2024-01-31 23:59,1\n2024-02-01,2\n2024-04-30,3\n"), input.Options{Location: auckland})
	if err != nil {
		log.Fatal(err)
	}
	grid, err := months.Grid(window.Clock{Unit: reader.Unit()})
	if err != nil {
		log.Fatal(err)
	}
	rows := window.Read(ctx, engine, reader, months, window.TableOptions{})
	for row, err := range window.Fill(rows, grid, window.FillOptions{Policy: window.FillNull}) {
		if err != nil {
			log.Fatal(err)
		}
		fmt.Println(row.Start.Format(time.RFC3339), row.Stat.Count)
	}
	// Output:
	// 2024-01-01T00:00:00+13:00 1
	// 2024-02-01T00:00:00+13:00 1
	// 2024-03-01T00:00:00+13:00 0
	// 2024-04-01T00:00:00+13:00 1
}

// The standard deviation of a sample comes from the exact sums in a state.
func ExampleSampleOf() {
	ctx := context.Background()
	engine, err := gohost.New(ctx)
	if err != nil {
		log.Fatal(err)
	}
	defer engine.Close(ctx)
	state, err := engine.Fold(ctx, nil, []gohost.Datapoint{{Value: 1}, {Value: 2}, {Value: 4}})
	if err != nil {
		log.Fatal(err)
	}
	stat, err := engine.Finish(ctx, state)
	if err != nil {
		log.Fatal(err)
	}
	_, sample, err := window.SampleOf(state)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(stat.StdDev(), sample)
	// Output: 1.247219128924647 1.5275252316519468
}

// A CSV file becomes rows, by a table to which points of any source could be added.
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
