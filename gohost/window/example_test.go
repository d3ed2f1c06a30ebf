package window_test

import (
	"fmt"
	"log"
	"time"

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
