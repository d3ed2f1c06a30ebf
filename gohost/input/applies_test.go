package input

import (
	"context"
	"errors"
	"io"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"example.org/compute-pipeline/gohost"
)

// someOptions has a value for each option that is not of the reader itself, and those that every format has a use
// for, or that say nothing about a format.
var someOptions = map[string]struct {
	value any
	every bool
}{
	"Time": {"t", false}, "Values": {[]string{"v"}, false}, "Keys": {[]string{"k"}, false}, "Records": {"r", false},
	"TimeFormat": {"%s", false}, "Ambiguous": {AmbiguousLater, false}, "Decimal": {byte(','), false}, "Thousands": {byte(' '), false}, "Comment": {byte('#'), false},
	"Missing": {MissingSkip, false}, "MissingTexts": {[]string{"?"}, false}, "Bad": {BadPolicy{Max: 1}, false},
	"Unit": {Millisecond, true}, "Early": {true, true}, "PieceSize": {100, true}, "Several": {true, true}, "Names": {Names{}, true},
	"Location": {time.UTC, true}, // of windows as well
	"Validate": {Validate(func(context.Context, []gohost.Datapoint, []byte) ([]gohost.Datapoint, error) { return nil, nil }), true},
	"Strict":   {false, true}, // the contract of a service, whose options are its own
	"Slow":     {true, true},
	"Format":   {Auto, true},
}

// oneRow is a table of one row.
type oneRow struct{ done bool }

func (*oneRow) Names() []string    { return []string{"t", "v", "k"} }
func (*oneRow) Select([]int) error { return nil }
func (*oneRow) Close() error       { return nil }
func (r *oneRow) Next(_ context.Context, b *Batch) error {
	if r.done {
		return io.EOF
	}
	r.done, b.Rows = true, 1
	for range 3 {
		b.Columns = append(b.Columns, Column{Kind: Integers, Integers: []int64{1}})
	}
	return nil
}

// Every option is taken or refused in every format as the table has it: a new option must be in the table, or in
// the list of those that are for all.
func TestEveryOptionInEveryFormat(t *testing.T) {
	inputs := map[Format]string{
		JSON: `[{"t":1,"v":2,"k":"a"}]`, NDJSON: `{"t":1,"v":2,"k":"a"}`, CSV: "t,v,k\n1,2,a\n", LineProtocol: "m,k=a v=2 1\n",
		Packed: "\x01" + strings.Repeat("\x00", 15), Columns: "",
	}
	fields := reflect.TypeFor[Options]()
	for i := range fields.NumField() {
		field := fields.Field(i)
		if !field.IsExported() {
			continue
		}
		some, known := someOptions[field.Name]
		require.True(t, known, "%s is a new option: which formats have a use for it?", field.Name)
		at := slices.IndexFunc(optionUses, func(u optionUse) bool { return u.option == field.Name })
		require.Equal(t, some.every, at < 0, field.Name)
		for format, text := range inputs {
			opts := Options{Names: Names{Decimal: "--decimal"}}
			reflect.ValueOf(&opts).Elem().Field(i).Set(reflect.ValueOf(some.value))
			if field.Name == "Ambiguous" {
				opts.Location = time.UTC
			}
			if field.Name != "Format" && format != Columns {
				opts.Format = format
			}
			read := func() (err error) {
				if format == Columns {
					_, err = NewBatchReader(t.Context(), &oneRow{}, opts)
				} else {
					_, err = NewReader(strings.NewReader(text), opts)
				}
				return err
			}
			refused := at >= 0 && !slices.Contains(optionUses[at].formats, format)
			if field.Name == "Records" && format == NDJSON {
				refused = false // a document that begins as a line does
			}
			err := read()
			var option *OptionError
			require.Equal(t, refused, errors.As(err, &option), "%s of %s: %v", field.Name, format, err)
			if !refused {
				continue
			}
			require.ErrorIs(t, err, gohost.ErrInvalidInput)
			require.Equal(t, format, option.Format)
			require.Contains(t, []string{"Options." + field.Name, "--decimal"}, option.Option)
			opts.Several = true
			require.Equal(t, !optionUses[at].policy, errors.As(read(), &option), "%s of %s and others", field.Name, format)
		}
	}
}
