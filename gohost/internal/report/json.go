package report

import (
	"encoding/json"
	"fmt"
	"io"
	"math"
	"strconv"
	"time"

	"example.org/compute-pipeline/gohost/window"
)

// jsonWriter writes one object with a list of windows, or a line for each window. Numbers are the
// shortest that parse to the same doubles; those that are not JSON numbers are the strings "NaN",
// "Infinity" and "-Infinity", as in protobuf's mapping. What there is not is null.
type jsonWriter struct {
	out    io.Writer
	head   Head
	names  []string // of the statistics
	lines  bool
	begun  bool
	values []window.Value
	buffer []byte
}

func newJSON(out io.Writer, head Head, lines bool) *jsonWriter {
	return &jsonWriter{out: out, head: head, names: head.statisticNames(), lines: lines}
}

func (w *jsonWriter) Write(row *window.Row) error {
	w.buffer = w.buffer[:0]
	if w.lines {
		w.buffer = w.object(append(w.buffer, '{'), row, "", ":", ",")
		return w.flush('}', '\n')
	}
	if !w.begun {
		w.begin()
	} else {
		w.buffer = append(w.buffer, ',')
	}
	w.buffer = append(w.buffer, "\n    {"...)
	w.buffer = w.object(w.buffer, row, "\n      ", ": ", ",")
	return w.flush([]byte("\n    }")...)
}

func (w *jsonWriter) flush(end ...byte) error {
	w.buffer = append(w.buffer, end...)
	_, err := w.out.Write(w.buffer)
	return err
}

// begin appends the members before the windows, in the order of their names.
func (w *jsonWriter) begin() {
	w.begun = true
	w.buffer = append(w.buffer, "{\n"...)
	member := func(name string, value any) {
		w.buffer = append(w.buffer, "  "...)
		w.buffer = appendQuoted(w.buffer, name)
		w.buffer = append(w.buffer, ": "...)
		w.buffer = append(w.buffer, encode(value)...)
		w.buffer = append(w.buffer, ",\n"...)
	}
	counts := w.head.Counts
	if counts != nil {
		member("bad", counts.Bad)
	}
	switch by := w.head.By; len(by) {
	case 0:
	case 1:
		member("group_by", by[0])
	default:
		member("group_by", by)
	}
	if counts != nil {
		member("missing", counts.Missing)
		member("points", counts.Points)
		member("records", counts.Records)
	}
	if zone := w.head.Window.Zone(); zone != time.UTC {
		member("time_zone", zone.String())
	}
	member("window", w.head.Window)
	w.buffer = append(w.buffer, `  "windows": [`...)
}

// object appends the members of a row.
func (w *jsonWriter) object(dst []byte, row *window.Row, before, colon, comma string) []byte {
	first := true
	name := func(name string) {
		if !first {
			dst = append(dst, comma...)
		}
		first = false
		dst = append(dst, before...)
		dst = appendQuoted(dst, name)
		dst = append(dst, colon...)
	}
	if by := w.head.By; len(by) == 1 {
		name("key")
		dst = appendQuoted(dst, row.Key)
	} else if len(by) > 1 {
		name("key")
		dst = append(dst, '[')
		for i, part := range w.head.keys(row) {
			if i > 0 {
				dst = append(dst, ',')
			}
			dst = appendQuoted(dst, part)
		}
		dst = append(dst, ']')
	}
	if len(w.head.Columns) > 1 {
		name("column")
		dst = appendQuoted(dst, w.head.Columns[row.Column])
	}
	for _, bound := range []struct {
		name string
		time time.Time
	}{{"start", row.Start}, {"end", row.End}} {
		name(bound.name)
		dst = appendJSON(dst, bound.time)
	}
	w.values = w.head.Statistics.Values(w.values[:0], row)
	for i, v := range w.values {
		name(w.names[i])
		dst = appendJSON(dst, v)
	}
	return dst
}

func (w *jsonWriter) Close() error {
	if w.lines {
		return nil
	}
	w.buffer = w.buffer[:0]
	if !w.begun {
		w.begin()
		return w.flush([]byte("]\n}\n")...)
	}
	return w.flush([]byte("\n  ]\n}\n")...)
}

// appendJSON appends a value.
func appendJSON(dst []byte, v window.Value) []byte {
	switch v := v.(type) {
	case nil:
		return append(dst, "null"...)
	case uint64:
		return strconv.AppendUint(dst, v, 10)
	case time.Time:
		return appendQuoted(dst, instant(v).String())
	case float64:
		return appendNumber(dst, v)
	default:
		panic(fmt.Sprintf("a statistic is a %T", v))
	}
}

// appendQuoted appends a text. Most need no escapes.
func appendQuoted(dst []byte, text string) []byte {
	for i := range len(text) {
		if c := text[i]; c < ' ' || c > '~' || c == '"' || c == '\\' || c == '<' || c == '>' || c == '&' {
			return append(dst, encode(text)...)
		}
	}
	dst = append(dst, '"')
	dst = append(dst, text...)
	return append(dst, '"')
}

// appendNumber appends a number as encoding/json does, but integers without an exponent.
func appendNumber(dst []byte, v float64) []byte {
	magnitude := math.Abs(v)
	switch {
	case math.IsNaN(v) || math.IsInf(v, 0):
		return append(dst, encode(number(v))...)
	case v == math.Trunc(v) && magnitude < 1<<53 && !(v == 0 && math.Signbit(v)):
		return strconv.AppendInt(dst, int64(v), 10)
	case magnitude != 0 && (magnitude < 1e-6 || magnitude >= 1e21):
		return append(dst, encode(v)...)
	}
	return strconv.AppendFloat(dst, v, 'f', -1, 64)
}

func encode(v any) []byte {
	text, err := json.Marshal(v)
	if err != nil {
		panic(err) // of numbers, times and texts
	}
	return text
}
