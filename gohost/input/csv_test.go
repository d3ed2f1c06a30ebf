package input

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"math"
	"math/big"
	"math/rand/v2"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"example.org/compute-pipeline/gohost"
)

// jsonForm returns a cell's number as JSON writes it, or false. strconv would do for cells
// that are not JSON, but ignores digits of an exponent after the first five.
func jsonForm(cell string) (string, bool) {
	if jsonNumber.MatchString(cell) {
		return cell, true
	}
	parts := looseNumber.FindStringSubmatch(cell)
	if parts == nil || parts[2]+parts[3] == "" {
		return "", false
	}
	sign, whole, fraction := strings.Trim(parts[1], "+"), strings.TrimLeft(parts[2], "0"), parts[3]
	return fmt.Sprintf("%s%s.%s%s", sign, cmp.Or(whole, "0"), cmp.Or(fraction, "0"), parts[4]), true
}

// looseNumber has a sign, digits before and after the point, and an exponent.
var looseNumber = regexp.MustCompile(`^([+-]?)([0-9]*)(?:\.([0-9]*))?([eE][+-]?[0-9]+)?$`)

// RFC 8259, section 6.
var jsonNumber = regexp.MustCompile(`^-?(0|[1-9][0-9]*)(\.[0-9]+)?([eE][+-]?[0-9]+)?$`)

// byTheEngine reads the cell as validate-stream reads a value.
func byTheEngine(ctx context.Context, cell string) (float64, error) {
	form, ok := jsonForm(cell)
	if !ok {
		return 0, errNoNumber
	}
	points, err := engine.ValidateStream(ctx, []byte(`[{"timestamp":1,"value":`+form+`}]`))
	if err != nil {
		return 0, err
	}
	return points[0].Value, nil
}

var errNoNumber = errors.New("no number")

// checkCell holds parseNumber against the engine: the same bits, or both refuse
// the cell, for the same reason.
func checkCell(t testing.TB, cell string) {
	t.Helper()
	got, gotErr := parseNumber(cell)
	want, wantErr := byTheEngine(t.Context(), cell)
	var refused *gohost.GuestError
	usual, ok := number([]byte(cell))
	require.Equal(t, gotErr == nil, ok, "%.200q", cell)
	if ok {
		require.Equal(t, math.Float64bits(got), math.Float64bits(usual), "%.200q", cell)
	}
	switch {
	case wantErr == nil:
		require.NoError(t, gotErr, "%.200q", cell)
		require.Equal(t, math.Float64bits(want), math.Float64bits(got), "%.200q: %g, the engine reads %g", cell, got, want)
	case errors.As(wantErr, &refused):
		require.Contains(t, refused.Message, "number out of range", "%.200q", cell)
		require.ErrorContains(t, gotErr, "beyond the range", "%.200q", cell)
	default:
		require.Error(t, gotErr, "%.200q", cell)
	}
}

// cells are numbers of all kinds, and text that is not a number.
var cells = []string{
	"", "0", "-0", "+0", "00", "-00", "1", "-1.5", "+2", ".5", "-.5", "5.", "007", "-0.0", "3e2", "1E-3", "1e+05",
	"9007199254740993", "+9007199254740993", "0.1000000000000000055511151231257827", "32900863065080862.00",
	"1.7976931348623157e308", "1.7976931348623158e308", "1.7976931348623159e308", "+1.7976931348623159e308",
	"179769313486231580793728971405303415079934132710037826936173778980444968292764750946649017977587207096330286416692887910946555547851940402630657488671505820681908902000708383676273854845817711531764475730270069855571366959622842914819860834936475292719074168444365510704342711559699508093042880",
	"4.9e-324", "2.4703282292062327e-324", "2.4703282292062328e-324", "2.2250738585072011e-308", "1e-400", "-1e-400",
	"1e999", "-1e999", "1e9999", "1e10000", "0e10000", "1e-99999999999999999999", "1e99999999999999999999", "0e99999999999999999999",
	"0." + strings.Repeat("0", 400) + "1e401", "1" + strings.Repeat("0", 400) + "e-400", "1" + strings.Repeat("0", 400),
	"." + strings.Repeat("0", 200_000) + "1e0200001", "." + strings.Repeat("0", 67_000) + "6e0200001",
	"0." + strings.Repeat("0", 200_000) + "1e200001", "-0." + strings.Repeat("0", 200_000) + "1e0200001",
	"1" + strings.Repeat("0", 200_000) + "e-200000", "1" + strings.Repeat("0", 200_000) + "e-0199000", strings.Repeat("0", 12_000) + "1e-00000003",
	"18446744073709551617", ".00000000000000000001", "0.18446744073709551617", "90071992547.40993", "0.9007199254740993",
	"1_0", "0x10", "0x1p4", "1,5", "--1", "+-1", "1e", "e1", "1e+", "1e1e1", "1e1.5", ".", "-", "+", "1 2", "١", "NaN", "-inf", "Infinity", "\xff", "1e99999x", "e99999", "-e99999", ".e99999",
}

func TestNumbersInCellsAreThoseOfTheEngine(t *testing.T) {
	for _, cell := range cells {
		checkCell(t, cell)
	}
	r := rand.New(rand.NewPCG(9, 5))
	for range 50_000 {
		checkCell(t, randomCell(r))
	}
}

func FuzzCell(f *testing.F) {
	for _, cell := range cells {
		f.Add(cell)
	}
	f.Fuzz(func(t *testing.T, cell string) { checkCell(t, cell) })
}

// randomCell is a double in one of the ways to write it, a point halfway between
// two, digits without a meaning, or one of these with a byte changed.
func randomCell(r *rand.Rand) string {
	bits := math.Float64frombits(r.Uint64() &^ (1 << 62 * r.Uint64N(2)))
	if math.IsNaN(bits) || math.IsInf(bits, 0) {
		bits = 0.5
	}
	var cell string
	switch r.IntN(6) {
	case 0:
		cell = strconv.FormatFloat(float64(r.IntN(100_000)-50_000)/10, 'f', -1, 64)
	case 1:
		cell = strconv.FormatFloat(bits, "eEgGf"[r.IntN(5)], r.IntN(25)-1, 64)
	case 2:
		cell = strconv.FormatFloat(float64(r.Int64())*math.Ldexp(1, r.IntN(80)-70), 'f', r.IntN(30)-1, 64)
	case 3:
		halfway := new(big.Float).SetPrec(60).Add(big.NewFloat(bits), big.NewFloat(math.Nextafter(bits, 2*bits)))
		cell = halfway.Mul(halfway, big.NewFloat(0.5)).Text('e', 800)
		cell = strings.Replace(cell, "e", []string{"", "0", "1"}[r.IntN(3)]+"e", 1)
	case 4:
		cell = fmt.Sprintf("%s%0*d.%0*de%d", []string{"", "-", "+"}[r.IntN(3)], r.IntN(5), r.Uint64N(1000), r.IntN(40), r.Uint64(), r.IntN(700)-350)
	default:
		for range r.IntN(12) {
			cell += string("0123456789+-.eE"[r.IntN(15)])
		}
	}
	if cell != "" && r.IntN(20) == 0 {
		at := r.IntN(len(cell))
		cell = cell[:at] + string("0123456789+-.eEx_ "[r.IntN(18)]) + cell[at+1:]
	}
	return cell
}

// What a table holds is what validate-stream makes of its rows as JSON: the same
// points on the same lines, and the first row that it refuses.
func TestRowsAreWhatTheEngineMakesOfThem(t *testing.T) {
	r := rand.New(rand.NewPCG(9, 6))
	for range 500 {
		var text strings.Builder
		text.WriteString("time,value,note\r\n")
		line, bad := 1, 0
		var want answer
		for range 1 + r.IntN(30) {
			line++
			timestamp, cell := r.Uint64(), randomCell(r)
			note := strings.Repeat("\n", r.IntN(3))
			fmt.Fprintf(&text, "%d, %s ,\"%s\"\r\n", timestamp, cell, note)
			form, ok := jsonForm(strings.TrimSpace(cell))
			points, err := engine.ValidateStream(t.Context(), fmt.Appendf(nil, `[{"timestamp":%d,"value":%s}]`, timestamp, form))
			if (!ok || err != nil) && bad == 0 {
				bad = line
			}
			want.points = append(want.points, points...)
			want.positions = append(want.positions, Position{Line: int64(line), Offset: -1})
			line += len(note)
		}
		got := read(t, strings.NewReader(text.String()), Options{Format: CSV, PieceSize: 1 + r.IntN(200)}, true)
		if bad == 0 {
			require.Equal(t, want, got, text.String())
		} else {
			require.Regexp(t, fmt.Sprintf(`^line %d, column \d+: column "value": `, bad), got.err, text.String())
		}
	}
}

func BenchmarkCSV(b *testing.B) {
	var text bytes.Buffer
	text.WriteString("time,value\n")
	for i := range 200_000 {
		fmt.Fprintf(&text, "%d,%.1f\n", 1262304000+3600*i, 39.4+float64(i%400)/10)
	}
	b.SetBytes(int64(text.Len()))
	for b.Loop() {
		reader, err := NewReader(bytes.NewReader(text.Bytes()), Options{Format: CSV, Validate: engine.AppendValidated})
		require.NoError(b, err)
		require.NoError(b, EachPoints(b.Context(), reader, func([]gohost.Datapoint) error { return nil }))
	}
}

func TestTwoColumnsOfOneName(t *testing.T) {
	for text, opts := range map[string]Options{
		"time,value,value\n1,2,3\n":       {},
		"Time,time,value\n1,2,3\n":        {},
		"host,host,time,value\na,b,1,2\n": {Keys: []string{"host"}},
		"time,a, a\n1,2,3\n":              {Values: []string{"a"}},
	} {
		_, err := NewReader(strings.NewReader(text), opts)
		require.ErrorContains(t, err, "could both be the", text)
	}
	_, err := NewReader(strings.NewReader("time,timestamp,value,x,x\n1,2,3,4,5\n"), Options{})
	require.NoError(t, err)
}
