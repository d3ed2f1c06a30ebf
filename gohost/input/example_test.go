package input_test

import (
	"context"
	"fmt"
	"log"
	"strings"
	"time"

	"example.org/compute-pipeline/gohost"
	"example.org/compute-pipeline/gohost/input"
)

// show prints the points of an input with their places and keys.
func show(text string, opts input.Options) *input.Reader {
	reader, err := input.NewReader(strings.NewReader(text), opts)
	if err != nil {
		log.Fatal(err)
	}
	err = input.Each(context.Background(), reader, 1,
		func(context.Context, *input.Piece) (any, error) { return nil, nil },
		func(p *input.Piece, _ any) error {
			for i, point := range p.Points {
				fmt.Printf("line %d: %s %d %d %v\n", p.Locate(i).Line, p.Key(i), p.Column(i), point.Timestamp, point.Value)
			}
			return nil
		})
	if err != nil {
		fmt.Println(err)
	}
	return reader
}

// Fields of JSON are named by their paths, and the array of records by its own.
func ExampleOptions_json() {
	eng, err := gohost.New(context.Background())
	if err != nil {
		log.Fatal(err)
	}
	defer eng.Close(context.Background())

	show(`{"page": 1, "data": {"items": [
 {"meta": {"at": "2024-03-01T00:00:00Z", "host": "web-1"}, "cpu": [0.25, 0.5]},
 {"meta": {"at": 1709251260, "host": "web-2"}, "cpu": [0.75, 1]}
]}}`, input.Options{
		Records: "data.items", Time: "meta.at", Values: []string{"cpu.0", "cpu.1"}, Keys: []string{"meta.host"},
		Validate: eng.AppendValidated, // for records that the engine reads
	})
	// Output:
	// line 2: web-1 0 1709251200 0.25
	// line 2: web-1 1 1709251200 0.5
	// line 3: web-2 0 1709251260 0.75
	// line 3: web-2 1 1709251260 1
}

// Tags of the line protocol are keys.
func ExampleOptions_lineProtocol() {
	show(`weather,station=Kiel temp=3.5,wind=7i 1709251200000000000
weather,station=Ulm temp=4 1709251200000000000
`, input.Options{Values: []string{"temp"}, Keys: []string{"station"}})
	// Output:
	// line 1: Kiel 0 1709251200000000000 3.5
	// line 2: Ulm 0 1709251200000000000 4
}

// With several Keys a point has one key, of all parts.
func ExampleSplitKey() {
	key := input.JoinKey("Kiel", "roof") // as of Options.Keys "station" and "place"
	parts, ok := input.SplitKey(key, 2)
	fmt.Println(parts, ok)
	// Output: [Kiel roof] true
}

// Times may be those of a clock on a wall, in any format.
func ExampleOptions_times() {
	berlin, err := time.LoadLocation("Europe/Berlin")
	if err != nil {
		log.Fatal(err)
	}
	show("date;value\n31.03.2024 01:30;1,5\n31.03.2024 03:30;1.234,5\n31.03.2024 02:30;3\n",
		input.Options{TimeFormat: "%d.%m.%Y %H:%M", Location: berlin, Decimal: ',', Thousands: '.'})
	// Output:
	// line 2:  0 1711845000 1.5
	// line 3:  0 1711848600 1234.5
	// line 4, column 1: column "date": "31.03.2024 02:30" is never in Europe/Berlin, where clocks were set forward
}

// Missing values and bad records are left out, and counted.
func ExampleReader_Counts() {
	bad := input.BadPolicy{Max: 10, Record: func(r input.BadRecord) error {
		fmt.Printf("%s: %s\n", r.Position, r.Message)
		return nil
	}}
	reader := show("time,value\n1,2\n2,NA\n3,warm\n4,5\n", input.Options{Missing: input.MissingSkip, Bad: bad})
	fmt.Printf("%+v\n", reader.Counts())
	// Output:
	// line 4, column 3: column "value": expected a finite number, found "warm"; if it stands for no value: Options.MissingTexts 'warm'
	// line 2:  0 1 2
	// line 5:  0 4 5
	// {Records:4 Points:2 Missing:1 Bad:1}
}

// Timestamps before 1970 count from an origin, and the unit of numbers is that of the first ones.
func ExampleReader_Origin() {
	reader, err := input.NewReader(strings.NewReader("time,value\n-1000000000000,1\n1709251200000,2\n"), input.Options{Unit: input.AutoUnit, Early: true})
	if err != nil {
		log.Fatal(err)
	}
	for _, guess := range reader.Guesses() {
		fmt.Printf("%s: %s\n", guess.What, guess.Value)
	}
	err = input.EachPoints(context.Background(), reader, func(points []gohost.Datapoint) error {
		for _, p := range points {
			fmt.Println(time.UnixMicro(int64(p.Timestamp) + reader.Origin()).UTC())
		}
		return nil
	})
	fmt.Println(reader.Unit(), err)
	// Output:
	// unit: ms
	// 1938-04-24 22:13:20 +0000 UTC
	// 2024-03-01 00:00:00 +0000 UTC
	// us <nil>
}
