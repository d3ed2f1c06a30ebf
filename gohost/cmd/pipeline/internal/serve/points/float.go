package points

import (
	"fmt"
	"math"
	"strconv"

	"github.com/danielgtaylor/huma/v2"
)

// A Float is a double in JSON: the shortest number that parses to the same bits, or one of
// the strings "NaN", "Infinity" and "-Infinity", as in JavaScript and protobuf's JSON,
// because JSON has no such numbers.
type Float float64

// AppendJSON appends f to dst.
func (f Float) AppendJSON(dst []byte) []byte {
	switch v := float64(f); {
	case math.IsNaN(v):
		return append(dst, `"NaN"`...)
	case math.IsInf(v, 1):
		return append(dst, `"Infinity"`...)
	case math.IsInf(v, -1):
		return append(dst, `"-Infinity"`...)
	default:
		return strconv.AppendFloat(dst, v, 'g', -1, 64)
	}
}

// MarshalJSON implements json.Marshaler.
func (f Float) MarshalJSON() ([]byte, error) { return f.AppendJSON(nil), nil }

// UnmarshalJSON implements json.Unmarshaler, for clients in Go.
func (f *Float) UnmarshalJSON(text []byte) error {
	switch string(text) {
	case `"NaN"`:
		*f = Float(math.NaN())
	case `"Infinity"`:
		*f = Float(math.Inf(1))
	case `"-Infinity"`:
		*f = Float(math.Inf(-1))
	default:
		v, err := strconv.ParseFloat(string(text), 64)
		if err != nil {
			return fmt.Errorf("%s is not a number, \"NaN\", \"Infinity\" or \"-Infinity\": %w", text, err)
		}
		*f = Float(v)
	}
	return nil
}

// Schema implements huma.SchemaProvider.
func (Float) Schema(huma.Registry) *huma.Schema {
	return &huma.Schema{
		Description: "A double: the shortest number that parses to the same bits, or a string for values that are not JSON numbers.",
		OneOf: []*huma.Schema{
			{Type: huma.TypeNumber, Format: "double"},
			{Type: huma.TypeString, Enum: []any{"NaN", "Infinity", "-Infinity"}},
		},
	}
}
