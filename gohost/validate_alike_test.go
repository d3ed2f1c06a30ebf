package gohost_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"example.org/compute-pipeline/gohost"
	"example.org/compute-pipeline/gohost/internal/reference"
)

// alike is a text of n records that are written alike: what is around their numbers is the
// same, up to a change or two, and up to the values of other fields, which may change.
func alike(r *rand.Rand, n int) []byte {
	pick := func(list ...string) string { return list[r.IntN(len(list))] }
	digits := func(n int) string {
		b := []byte{byte('1' + r.IntN(9))}
		for len(b) < n {
			b = append(b, byte('0'+r.IntN(10)))
		}
		return string(b)
	}
	form := func() (string, string) {
		space := pick("", "", " ", "\n    ")
		other := func() string {
			return pick("", "", `"unit":"F",`, `"note":"a \"b\" \u00e9, {[",`, `"tags":{"a":[1,{"b":null}]},`,
				`"a field with a long name":"and a value that is not short either",`,
				`"host":O,`, `"größe":O,`, `"another field whose name is longer than 32 bytes":O,`) + space
		}
		first, second, third := other(), other(), strings.TrimRight(other(), ", \n")
		if third != "" {
			third = "," + third
		}
		colon := pick(":", ": ", " : ")
		if r.IntN(3) == 0 {
			return space + first + `"value"` + colon + "V," + second + `"timestamp"` + colon + "T" + third, ",\n"
		}
		return space + first + `"timestamp"` + colon + "T," + second + `"value"` + colon + "V" + third, pick(",", ", ")
	}
	changing := func() string {
		return pick("true", "false", "null", digits(1+r.IntN(25)), "-0.5", "1e-7", `""`, `"web-01"`, `"web-002"`,
			`"a string of more than sixteen bytes"`, `"an \"escape\" or \u00e9"`, `[1,{"a":[]}]`, `{"b":null}`, "[ ]")
	}
	record, separator := form()
	second, _ := form()
	orders := r.IntN(4)
	length, kind := 1+r.IntN(19), r.IntN(7)
	var text bytes.Buffer
	for i := range n {
		if r.IntN(30) == 0 {
			record, _ = form()
			length, kind = 1+r.IntN(19), r.IntN(7)
		}
		if orders == 0 && r.IntN(2) == 0 {
			record, second = second, record
		}
		if i > 0 {
			text.WriteString(separator)
		}
		value := pick("", "", "-")
		switch kind {
		case 0:
			value += digits(1 + r.IntN(19))
		case 1:
			value += digits(1+r.IntN(4)) + "." + digits(1+r.IntN(16))
		case 2:
			value += strconv.FormatFloat(r.Float64(), 'g', -1, 64)
		case 3:
			value += strconv.FormatFloat(math.Exp(200*r.NormFloat64()), 'e', r.IntN(20)-1, 64)
		case 4: // halfway between two doubles
			value += strconv.FormatUint(1<<53+2*uint64(r.Int64N(1<<52))+1, 10) + pick("", ".0", ".01")
		case 5:
			value += strconv.FormatFloat(float64(int(520+100*r.NormFloat64()))/10, 'g', -1, 64)
		default:
			value += digits(1 + r.IntN(40))[:1] + "." + digits(1+r.IntN(40))
		}
		if r.IntN(300) == 0 {
			value = pick("01", "1.", ".5", "1e", "-", "1..2", "1e400", "null")
		}
		text.WriteString("{" + strings.NewReplacer("T", digits(length), "V", value, "O", changing()).Replace(record) + "}")
	}
	return fmt.Appendf(nil, "[%s]", text.Bytes())
}

// requireValidated checks that an engine reads a text as the reference does.
func requireValidated(t *testing.T, eng *gohost.Engine, raw []byte) (accepted bool) {
	t.Helper()
	want, wantErr := reference.ValidateStream(raw)
	got, err := eng.ValidateStream(context.Background(), raw)
	if wantErr != nil {
		var answer *gohost.GuestError
		require.ErrorAs(t, err, &answer, "%v: %q", wantErr, raw)
		require.Equal(t, errors.Is(wantErr, reference.ErrEmpty), answer.Message == "Empty dataset", "%q", raw)
		return false
	}
	require.NoError(t, err, "%q", raw)
	require.Len(t, got, len(want), "%q", raw)
	for i := range want {
		require.Equal(t, want[i].Timestamp, got[i].Timestamp, "%q", raw)
		require.Equal(t, math.Float64bits(want[i].Value), math.Float64bits(got[i].Value), "value %d of %q", i, raw)
	}
	return true
}

// The reader of records that are written alike uses vectors of WebAssembly, which native
// tests of the guest do not.
func TestValidateStreamReadsRecordsThatAreAlike(t *testing.T) {
	for name, opts := range map[string][]gohost.Option{"compiler": nil, "interpreter": {gohost.WithInterpreter()}} {
		t.Run(name, func(t *testing.T) {
			eng := newEngine(t, opts...)
			r := rand.New(rand.NewPCG(7, 8))
			texts, accepted := 1500, 0
			if opts != nil {
				texts = 150
			}
			for range texts {
				raw := alike(r, 3+r.IntN(30))
				if r.IntN(4) == 0 {
					raw[r.IntN(len(raw))] = `[]{},:"\ 019+-.eE`[r.IntN(17)]
					raw = bytes.ToValidUTF8(raw, []byte("?"))
				}
				if requireValidated(t, eng, raw) {
					accepted++
				}
			}
			require.Greater(t, accepted, texts/4)
			require.Less(t, accepted, texts-texts/10)
		})
	}
}

// FuzzValidateStream compares the engine with the reference, and a text that is cut with the
// whole. The inputs in testdata reach each reader of the guest: that of records that are alike,
// that of fields by the gaps between them, and those of single fields.
func FuzzValidateStream(f *testing.F) {
	r := rand.New(rand.NewPCG(9, 10))
	for range 20 {
		f.Add(alike(r, 3+r.IntN(6)))
	}
	eng := newEngine(f, on(2)...)
	f.Fuzz(func(t *testing.T, raw []byte) {
		if json.Valid(raw) || bytes.HasPrefix(raw, []byte("[")) {
			raw = bytes.ToValidUTF8(raw, []byte("?"))
			requireValidated(t, eng, raw)
			agree(t, eng, raw, 1+len(raw)/3)
		}
	})
}
