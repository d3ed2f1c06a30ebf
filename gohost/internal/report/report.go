// Package report writes the statistics of windows as a table, JSON, CSV or Markdown.
package report

import (
	"encoding/json"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"

	"example.org/compute-pipeline/gohost/window"
)

// KeyedJSON returns a row of the series with a name, as an object of JSON on one line: the name,
// unless it is empty, and the members that json gives a window.
func KeyedJSON(key string, r window.Row) ([]byte, error) {
	return json.Marshal(struct {
		Key string `json:"key,omitempty"`
		row
	}{key, newRow(r)})
}

// row is a row in JSON.
type row struct {
	Start    instant `json:"start"`
	End      instant `json:"end"`
	Count    uint64  `json:"count"`
	Mean     number  `json:"mean"`
	Variance number  `json:"variance"`
	StdDev   number  `json:"stddev"`
	Min      number  `json:"min"`
	Max      number  `json:"max"`
	Sum      number  `json:"sum"`
	First    instant `json:"first"`
	Last     instant `json:"last"`
}

func newRow(r window.Row) row {
	return row{
		Start: instant(r.Start), End: instant(r.End),
		Count: r.Stat.Count,
		Mean:  number(r.Stat.Mean), Variance: number(r.Stat.Variance), StdDev: number(r.StdDev),
		Min: number(r.Stat.Min), Max: number(r.Stat.Max), Sum: number(r.Stat.Sum),
		First: instant(r.First), Last: instant(r.Last),
	}
}

// instant is a time in the form of RFC 3339. The end of a window may be in the year 10000,
// which time.Time's own method refuses.
type instant time.Time

func (i instant) MarshalJSON() ([]byte, error) { return []byte(strconv.Quote(i.String())), nil }

func (i instant) String() string { return Time(time.Time(i)) }

// Time returns the text of an instant in the form of RFC 3339, whose offsets have no seconds. Where clocks are set to
// the time of a place, as they were before standard time, its offset is the next greater one of whole minutes. So the
// text is always that of the instant, and its date that of the place at the beginning of a day.
func Time(t time.Time) string { return string(appendTime(nil, t)) }

// appendTime appends the text of [Time].
func appendTime(dst []byte, t time.Time) []byte {
	if _, offset := t.Zone(); offset%secondsPerMinute != 0 {
		more := secondsPerMinute - offset%secondsPerMinute
		if offset < 0 {
			more = -offset % secondsPerMinute
		}
		t = t.In(time.FixedZone("", offset+more))
	}
	return t.AppendFormat(dst, time.RFC3339Nano)
}

const secondsPerMinute = 60

// shown returns the text of a time in a table, whose clock shows what that of the place does.
func shown(t time.Time, layout string) string {
	if _, offset := t.Zone(); offset%secondsPerMinute != 0 {
		layout = strings.Replace(layout, "-07:00", "-07:00:00", 1)
	}
	return t.Format(layout)
}

// number is a double that may not be a JSON number.
type number float64

func (n number) MarshalJSON() ([]byte, error) {
	v := float64(n)
	switch {
	case math.IsNaN(v):
		return []byte(`"NaN"`), nil
	case math.IsInf(v, 0):
		return []byte(strconv.Quote(shortest(v))), nil
	default:
		return json.Marshal(v)
	}
}

// Columns returns the names of the columns of CSV.
func Columns() []string { return slices.Clone(columns) }

var columns = []string{"start", "end", "count", "mean", "variance", "stddev", "min", "max", "sum", "first", "last"}

// Cells returns the cells of a row of CSV.
func Cells(r window.Row) []string {
	return []string{
		instant(r.Start).String(), instant(r.End).String(),
		strconv.FormatUint(r.Stat.Count, 10),
		shortest(r.Stat.Mean), shortest(r.Stat.Variance), shortest(r.StdDev),
		shortest(r.Stat.Min), shortest(r.Stat.Max), shortest(r.Stat.Sum),
		instant(r.First).String(), instant(r.Last).String(),
	}
}

// shortest returns the shortest number that parses to v.
func shortest(v float64) string { return string(appendShortest(nil, v)) }

// appendShortest appends the text of [shortest].
func appendShortest(dst []byte, v float64) []byte {
	switch {
	case math.IsInf(v, 1):
		return append(dst, "Infinity"...)
	case math.IsInf(v, -1):
		return append(dst, "-Infinity"...)
	default:
		return strconv.AppendFloat(dst, v, 'g', -1, 64)
	}
}
