package report

import (
	"bytes"
	"encoding/csv"
	"testing"

	"github.com/stretchr/testify/require"

	"example.org/compute-pipeline/gohost/window"
)

// Keys of any text are read as they are, and written as encoding/csv writes them.
func TestCSVOfAnyKey(t *testing.T) {
	keys := []string{"", "a", "k0000001", "a b", " a", "a ", ",", "a,b", `"`, `a"b`, "a\nb", "a\r\nb", "\t", `\.`, `\`, "é", "\u2000a", "\xff", "#", "=1", "-", "NA"}
	var got, want bytes.Buffer
	w, err := New(&got, "csv", Head{By: []string{"key"}})
	require.NoError(t, err)
	for _, key := range keys {
		require.NoError(t, w.Write(&window.Row{Key: key}))
	}
	require.NoError(t, w.Close())
	rows, err := csv.NewReader(bytes.NewReader(got.Bytes())).ReadAll()
	require.NoError(t, err)
	require.Len(t, rows, len(keys)+1)
	standard := csv.NewWriter(&want)
	require.NoError(t, standard.Write(rows[0]))
	for i, row := range rows[1:] {
		row[0] = keys[i]
		require.NoError(t, standard.Write(row))
	}
	standard.Flush()
	require.Equal(t, want.String(), got.String())
}
