package report

import (
	"encoding/csv"
	"encoding/json"
	"io"
	"strconv"
	"strings"
	"unicode"

	"example.org/compute-pipeline/gohost/window"
)

// A KeyedRow is a row of the series with a key.
type KeyedRow struct {
	Key string
	window.Row
}

// keyedRow is a row in JSON, with its key.
type keyedRow struct {
	Key string `json:"key"`
	row
}

// GroupedJSON is [JSON] of several series, which have the values of a column or member as their keys.
func GroupedJSON(w io.Writer, kind window.Spec, by string, rows []KeyedRow) error {
	objects := make([]keyedRow, len(rows))
	for i, r := range rows {
		objects[i] = keyedRow{r.Key, newRow(r.Row)}
	}
	out := json.NewEncoder(w)
	out.SetIndent("", "  ")
	return out.Encode(map[string]any{"group_by": by, "window": kind, "windows": objects})
}

// GroupedCSV is [CSV] of several series, with a first column of keys.
func GroupedCSV(w io.Writer, rows []KeyedRow) error {
	out := csv.NewWriter(w)
	if err := out.Write(append([]string{"key"}, columns...)); err != nil {
		return err
	}
	for _, r := range rows {
		if err := out.Write(append([]string{r.Key}, Cells(r.Row)...)); err != nil {
			return err
		}
	}
	out.Flush()
	return out.Error()
}

// GroupedTable is [Table] of several series, with a first column of keys. It shortens long ones.
func GroupedTable(w io.Writer, kind window.Spec, by string, rows []KeyedRow) error {
	keys, plain := make([]string, len(rows)), make([]window.Row, len(rows))
	for i, r := range rows {
		keys[i], plain[i] = Shown(r.Key), r.Row
	}
	return table(w, kind, plain, append([]string{Shown(by)}, keys...))
}

// maxShown is the max length of a key in a table, in characters.
const maxShown = 40

// Shown returns a key as a table has it: nothing in it moves a terminal's cursor.
func Shown(key string) string {
	if strings.ContainsFunc(key, func(r rune) bool { return !unicode.IsPrint(r) }) || !isText(key) {
		key = strings.Trim(strconv.Quote(key), `"`)
	}
	if characters := []rune(key); len(characters) > maxShown {
		key = string(characters[:maxShown-1]) + "…"
	}
	return key
}

func isText(key string) bool { return strings.ToValidUTF8(key, "") == key }
