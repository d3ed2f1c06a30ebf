package main

import (
	"fmt"
	"math/rand/v2"
	"strconv"
	"strings"

	"example.org/compute-pipeline/bench/work"
)

// shape is how a record is written around its numbers. T and V stand for them, and other
// capital letters for parts that change: H for one of many names, N for a number, B for a word,
// S for a string with escapes.
type shape struct{ name, record, separator string }

var shapes = []shape{
	{"usual", `{"timestamp":T,"value":V}`, ","},
	{"spaces", `{"timestamp": T, "value": V}`, ", "},
	{"indented", "\n  {\n    \"timestamp\": T,\n    \"value\": V\n  }", ","},
	{"value first", `{"value":V,"timestamp":T}`, ","},
	{"constant fields", `{"host":"web-01","timestamp":T,"unit":"F","value":V,"ok":true}`, ","},
	{"a string changes", `{"timestamp":T,"value":V,"host":"H"}`, ","},
	{"a number changes", `{"seq":N,"timestamp":T,"value":V}`, ","},
	{"words change", `{"timestamp":T,"value":V,"ok":B,"note":B}`, ","},
	{"three fields change", `{"host":"H","seq":N,"timestamp":T,"value":V,"region":"eu","ok":B}`, ","},
	{"the same, indented", "\n  {\n    \"host\": \"H\",\n    \"seq\": N,\n    \"timestamp\": T,\n    \"value\": V,\n    \"region\": \"eu\",\n    \"ok\": B\n  }", ","},
	{"nested fields change", `{"timestamp":T,"value":V,"tags":{"host":"H","ports":[N,N]}}`, ","},
	{"strings with escapes", `{"timestamp":T,"value":V,"note":"S"}`, ","},
	{"names beyond ASCII", `{"timestamp":T,"größe":N,"value":V,"名前":"H"}`, ","},
	{"fields in two orders", `{"timestamp":T,"value":V,"host":"H"},{"host":"H","value":V,"timestamp":T}`, ","},
}

// number writes a value in one of the ways that programs do.
type number struct {
	name  string
	write func(r *rand.Rand) string
}

func fixed(digits int) func(*rand.Rand) string {
	return func(r *rand.Rand) string { return strconv.FormatFloat(50+10*r.NormFloat64(), 'f', digits, 64) }
}

var numbers = []number{
	{"an integer", func(r *rand.Rand) string { return strconv.Itoa(r.IntN(100_000)) }},
	{"1 decimal", fixed(1)},
	{"2 decimals", fixed(2)},
	{"6 decimals", fixed(6)},
	{"17 digits", func(r *rand.Rand) string { return strconv.FormatFloat(r.Float64(), 'g', -1, 64) }},
	{"short exponents", func(r *rand.Rand) string {
		return strconv.FormatFloat(float64(10+r.IntN(90))/10, 'f', 1, 64) + "e-" + strconv.Itoa(5+r.IntN(5))
	}},
	{"long exponents", func(r *rand.Rand) string {
		return strconv.FormatFloat((0.1+r.Float64())*1e-9, 'e', -1, 64)
	}},
}

// text returns a text of about size bytes, the points that it has by strconv, and how many
// bytes a record takes.
func text(s shape, n number, size int) (raw []byte, points []work.Point) {
	r := rand.New(rand.NewPCG(1, 2))
	pick := func(list ...string) string { return list[r.IntN(len(list))] }
	raw = append(make([]byte, 0, size+1000), '[')
	at := uint64(1262304000)
	for len(raw) < size {
		if len(points) > 0 {
			raw = append(raw, s.separator...)
		}
		for i := range len(s.record) {
			switch c := s.record[i]; c {
			case 'T':
				at += 3600
				// A record has its timestamp first or last: the point is complete with both.
				points = put(points, strings.Count(s.record[:i], "T") < strings.Count(s.record[:i], "V"), func(p *work.Point) { p.Timestamp = at })
				raw = strconv.AppendUint(raw, at, 10)
			case 'V':
				v := n.write(r)
				f, _ := strconv.ParseFloat(v, 64)
				points = put(points, strings.Count(s.record[:i], "V") < strings.Count(s.record[:i], "T"), func(p *work.Point) { p.Value = f })
				raw = append(raw, v...)
			case 'H':
				raw = fmt.Appendf(raw, "web-%02d.example.org", r.IntN(100))
			case 'N':
				raw = strconv.AppendInt(raw, int64(r.IntN(100_000)), 10)
			case 'B':
				raw = append(raw, pick("true", "false", "null")...)
			case 'S':
				raw = append(raw, pick(`a \"quoted\" word`, `two\nlines`, `caf\u00e9 and more`, `C:\\dir\\file`)...)
			default:
				raw = append(raw, c)
			}
		}
	}
	return append(raw, ']'), points
}

// put sets a field of the last point, or of a new one.
func put(points []work.Point, begun bool, set func(*work.Point)) []work.Point {
	if !begun {
		points = append(points, work.Point{})
	}
	set(&points[len(points)-1])
	return points
}
