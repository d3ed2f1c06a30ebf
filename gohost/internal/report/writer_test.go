package report

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"math"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"example.org/compute-pipeline/gohost"
	"example.org/compute-pipeline/gohost/input"
	"example.org/compute-pipeline/gohost/window"
)

var someRows = []window.Row{
	{
		Key: input.JoinKey("a|b", "x"), Column: 1,
		Start: time.Date(2024, 1, 1, 0, 0, 0, 0, time.UTC), End: time.Date(2024, 1, 2, 0, 0, 0, 0, time.UTC),
		First: time.Date(2024, 1, 1, 1, 0, 0, 5e8, time.UTC), Last: time.Date(2024, 1, 1, 2, 0, 0, 0, time.UTC),
		Stat: gohost.Statistics{Count: 2, Mean: 1.5, Variance: 0.25, Sum: 3, Min: 1, Max: 2}, StdDev: 0.5,
		FirstValue: 1, LastValue: 2, Rate: 1e-30, Quantiles: []float64{math.NaN()},
	},
	{
		Key:   input.JoinKey("<c>\x1b", ""),
		Start: time.Date(9999, 12, 31, 0, 0, 0, 0, time.UTC), End: time.Date(10000, 1, 1, 0, 0, 0, 0, time.UTC),
		First: time.Date(9999, 12, 31, 1, 0, 0, 0, time.UTC), Last: time.Date(9999, 12, 31, 1, 0, 0, 0, time.UTC),
		Stat: gohost.Statistics{Count: 1, Mean: math.Inf(1), Sum: math.Inf(1), Min: math.Inf(1), Max: 5e-324}, StdDev: math.NaN(),
		Quantiles: []float64{-0.5},
	},
	{Key: input.JoinKey("empty", "é"), Start: time.Date(2024, 1, 3, 0, 0, 0, 0, time.UTC), End: time.Date(2024, 1, 4, 0, 0, 0, 0, time.UTC), Empty: true, Null: true},
}

func written(t *testing.T, format, statistics string, sample bool, head Head, rows []window.Row) string {
	t.Helper()
	set, err := window.ParseSet(statistics, sample)
	require.NoError(t, err)
	head.Window, head.Statistics = window.Day, set
	var out bytes.Buffer
	w, err := New(&out, format, head)
	require.NoError(t, err)
	for i := range rows {
		require.NoError(t, w.Write(&rows[i]))
	}
	require.NoError(t, w.Close())
	return out.String()
}

// A column of keys is renamed until no other has its name.
func TestNamesOfKeysAreDifferent(t *testing.T) {
	for names, want := range map[string]string{
		"count,key_count":               "key_key_count,key_count,start,end,count",
		"key_count,count,key_key_count": "key_count,key_key_key_count,key_key_count,start,end,count",
		"a,a":                           "a,key_a,start,end,count",
		"count":                         "key,start,end,count",
		"start,end":                     "key_start,key_end,start,end,count",
	} {
		header, _, _ := strings.Cut(written(t, "csv", "count", false, Head{By: strings.Split(names, ",")}, nil), "\n")
		require.Equal(t, want, strings.TrimSuffix(header, "\r"), names)
	}
}

func TestAllFormatsHaveTheSameRows(t *testing.T) {
	head := Head{By: []string{"station", "count"}, Columns: []string{"°C", "wind"}, Counts: &Counts{Records: 4, Points: 3, Missing: 1}}
	const statistics = "count,sum,variance,rate,p99.9,first,first_value"
	records, err := csv.NewReader(strings.NewReader(written(t, "csv", statistics, true, head, someRows))).ReadAll()
	require.NoError(t, err)
	require.Equal(t, [][]string{
		{"station", "key_count", "column", "start", "end", "count", "sum", "variance_sample", "rate", "p99.9", "first", "first_value"},
		{"a|b", "x", "wind", "2024-01-01T00:00:00Z", "2024-01-02T00:00:00Z", "2", "3", "0.25", "1e-30", "NaN", "2024-01-01T01:00:00.5Z", "1"},
		{"<c>\x1b", "", "°C", "9999-12-31T00:00:00Z", "10000-01-01T00:00:00Z", "1", "Infinity", "", "", "-0.5", "9999-12-31T01:00:00Z", "0"},
		{"empty", "é", "°C", "2024-01-03T00:00:00Z", "2024-01-04T00:00:00Z", "0", "0", "", "", "", "", ""},
	}, records)

	var whole struct {
		Bad, Missing, Points, Records int
		GroupBy                       []string `json:"group_by"`
		Window                        string
		Windows                       []map[string]any
	}
	require.NoError(t, json.Unmarshal([]byte(written(t, "json", statistics, true, head, someRows)), &whole))
	require.Equal(t, []int{0, 1, 3, 4}, []int{whole.Bad, whole.Missing, whole.Points, whole.Records})
	require.Equal(t, []string{"station", "count"}, whole.GroupBy)
	require.Len(t, whole.Windows, 3)
	require.Equal(t, map[string]any{
		"key": []any{"<c>\x1b", ""}, "column": "°C", "start": "9999-12-31T00:00:00Z", "end": "10000-01-01T00:00:00Z", "count": 1.0, "sum": "Infinity",
		"variance_sample": nil, "rate": nil, "p99.9": -0.5, "first": "9999-12-31T01:00:00Z", "first_value": 0.0,
	}, whole.Windows[1])
	lines := strings.Split(strings.TrimSpace(written(t, "ndjson", statistics, true, head, someRows)), "\n")
	require.Len(t, lines, 3)
	for i, line := range lines {
		var row map[string]any
		require.NoError(t, json.Unmarshal([]byte(line), &row))
		require.Equal(t, whole.Windows[i], row)
	}

	require.Equal(t, ""+
		"| station | count | column | window start (UTC) | count |  sum | variance (sample) |         rate | p99.9 |                 first | first value |\n",
		strings.SplitAfter(written(t, "markdown", statistics, true, head, someRows), "\n")[0])
	require.Contains(t, written(t, "markdown", statistics, true, head, someRows), `| a\|b `)
	require.NotContains(t, written(t, "table", statistics, true, head, someRows), "\x1b")
}

func TestMarkdownHasNoMarkupOfKeys(t *testing.T) {
	for text, want := range map[string]string{
		"<img src=x onerror=alert(1)>": `\<img src=x onerror=alert(1)\>`,
		"a*b*c":                        `a\*b\*c`,
		"`":                            "\\`",
		`a\|b`:                         `a\\\|b`,
		"station_id _x_":               `station_id \_x\_`,
		"[a](b) &lt; ~~c~~":            `\[a\](b) \&lt; \~\~c\~\~`,
		"Zürich":                       "Zürich",
	} {
		require.Equal(t, want, markdownText(text))
	}
}

func TestNoRows(t *testing.T) {
	require.JSONEq(t, `{"window": "1d", "windows": []}`, written(t, "json", "", false, Head{}, nil))
	require.Empty(t, written(t, "ndjson", "", false, Head{}, nil))
	require.Equal(t, "start,end,count,mean,variance,stddev,min,max,sum,first,last\n", written(t, "csv", "", false, Head{}, nil))
}

// A long table is written in bounded memory: what comes after the rows that set its columns is wider, if it must be.
func TestLongTables(t *testing.T) {
	rows := make([]window.Row, maxHeld+10)
	for i := range rows {
		rows[i] = window.Row{Start: time.Unix(int64(i)*86400, 0).UTC(), Stat: gohost.Statistics{Count: 1, Mean: 1.25}}
	}
	rows[maxHeld+1].Stat.Mean = 123456789.123
	lines := strings.Split(written(t, "table", "", false, Head{}, rows), "\n")
	require.Len(t, lines, maxHeld+12)
	require.Len(t, lines[maxHeld], len(lines[1]))
	require.Contains(t, lines[maxHeld+2], "123456789.12")
}

// Labels are shortened until a table fits the terminal.
func TestTablesFitTheTerminal(t *testing.T) {
	rows := []window.Row{{Key: strings.Repeat("k", 39), Stat: gohost.Statistics{Count: 1}}}
	for _, width := range []int{60, 80, 90, 0} {
		text := written(t, "table", "", false, Head{By: []string{"station"}, Width: width}, rows)
		for line := range strings.SplitSeq(strings.TrimSpace(text), "\n") {
			if width > 78 {
				require.LessOrEqual(t, len([]rune(line)), width, text)
			}
		}
		require.Equal(t, width == 0, strings.Contains(text, rows[0].Key))
	}
}
