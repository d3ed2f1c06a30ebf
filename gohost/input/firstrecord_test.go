package input

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// The first time decides, however long its record is and whatever is before it.
func TestTheUnitOfALongFirstRecord(t *testing.T) {
	long := strings.Repeat("y", 5000)
	for _, text := range []string{
		"note,time,value\n" + long + ",1700000000000,2\na,1700000000001,3\n",
		"note,time,value\n\"" + strings.Repeat("y\n", 2500) + "\",1700000000000,2\na,1700000000001,3\n",
		strings.Repeat("# "+long+"\n", 3) + "note,time,value\na,NA,2\n" + long + ",1700000000000,2\na,1700000000001,3\n",
		"note,time,value\na,b\n" + long + ",1700000000000,2\na,1700000000001,3\n",
		`{"note":"` + long + `","timestamp":1700000000000,"value":2}` + "\n" + `{"timestamp":1700000000001,"value":3}`,
		`{"timestamp":null,"value":2}` + "\n" + `{"note":"` + long + `","timestamp":1700000000000,"value":2}` + "\n" + `{"timestamp":1700000000001,"value":3}`,
		`[{"note":"` + long + `","time":1700000000000,"value":2},{"time":1700000000001,"value":3}]`,
		`[{"timestamp":1700000000000,"value":2},{"timestamp":1700000000001,"value":3}]`,
	} {
		for _, size := range []int{0, 2 << 20} {
			text := strings.Replace(text, long, strings.Repeat("z", max(size, len(long))), 1)
			opts := Options{Unit: AutoUnit, Early: true, Missing: MissingSkip, Bad: BadPolicy{Max: 1}}
			if text[0] == '#' {
				opts.Comment = '#'
			}
			got := outcomeOf(t, text, opts, 1)
			require.Empty(t, got.err, clip(text))
			require.Len(t, got.rows, 2, clip(text))
			require.Contains(t, got.rows[0]+"0", "1700000000000", clip(text))
		}
	}
}

// Fields are found in the first record, however long it is.
func TestTheFieldsOfALongFirstRecord(t *testing.T) {
	long := strings.Repeat("y", 2<<20)
	for _, text := range []string{
		`{"note":"` + long + `","time":1700000000000,"value":2}` + "\n",
		`[{"note":"` + long + `","time":1700000000000,"value":2}]`,
		"w,note=" + long + " f=2 1700000000000\n",
	} {
		opts := Options{Unit: Millisecond}
		if text[0] == 'w' {
			opts.Format = LineProtocol
		}
		got := outcomeOf(t, text, opts, 1)
		require.Empty(t, got.err, clip(text))
		require.Len(t, got.rows, 1, clip(text))
	}
}
