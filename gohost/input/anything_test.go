package input

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// optionsOf returns options for each number.
func optionsOf(choice uint16) Options {
	opts := Options{
		Format:  []Format{Auto, CSV, JSON, NDJSON, LineProtocol, Packed}[choice%6],
		Unit:    []Unit{AutoUnit, Second, Nanosecond}[choice/6%3],
		Early:   choice&(1<<6) != 0,
		Missing: []Missing{MissingError, MissingSkip}[choice>>7&1],
		Bad:     BadPolicy{Max: int64(choice >> 8 & 1 * 3)},
	}
	if choice&(1<<9) != 0 {
		opts.Location = time.UTC
	}
	if choice&(1<<10) != 0 {
		opts.Decimal, opts.Thousands = ',', ' '
	}
	if choice&(1<<11) != 0 {
		opts.Comment = '#'
	}
	if choice&(1<<12) != 0 {
		opts.MissingTexts = []string{"-999", "?"}
	}
	if choice&(1<<13) != 0 {
		opts.Time, opts.Values = "time", []string{"value", "other"}
	}
	if choice&(1<<14) != 0 {
		opts.Keys = []string{"key"}
	}
	return opts
}

// Whatever an input is, and with any options: it is read or refused, the same in pieces of all sizes, and the counts are
// those of its points. The committed inputs are oddities of files that people have.
func FuzzAnything(f *testing.F) {
	f.Fuzz(func(t *testing.T, text []byte, choice uint16) {
		const longest = 1500
		if len(text) > longest {
			return
		}
		opts := optionsOf(choice)
		opts.Validate = engine.AppendValidated
		opts.PieceSize = 2*len(text) + 1
		got := outcomeOf(t, string(text), opts, 1)
		for _, size := range []int{1, 1 + len(text)/7, 1 + len(text)/2} {
			opts.PieceSize = size
			cut := outcomeOf(t, string(text), opts, 1+size%3)
			if got.err != "" { // pieces before the one with the error are done
				cut, got = outcome{err: cut.err}, outcome{err: got.err}
			}
			require.Equal(t, got, cut, "pieces of %d bytes of %q", size, text)
		}
		if got.err == "" {
			require.Equal(t, int(got.counts.Points), len(got.rows))
			require.Equal(t, max(int64(len(opts.Values)), 1)*(got.counts.Records-got.counts.Bad), got.counts.Points+got.counts.Missing)
			require.Equal(t, int(got.counts.Bad), len(got.bad))
			return
		}
		require.False(t, isBinary([]byte(got.err)), "a control character in %q", got.err)
	})
}
