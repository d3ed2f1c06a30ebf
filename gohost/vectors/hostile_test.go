package vectors_test

import (
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"example.org/compute-pipeline/gohost/vectors"
)

// Files of a few bytes or kilobytes that stand for more than any machine has.
var bombs = map[string]string{
	"a text":       arg(`{"$repeat": "x", "times": 4294967295}`),
	"a list":       arg(`{"$repeat": [1], "times": 4294967295}`),
	"repeats":      arg(strings.Repeat(`{"$repeat": `, 40) + `[1]` + strings.Repeat(`, "times": 2}`, 40)),
	"a count":      arg(`{"$count": {"first": "0", "step": "1", "times": 4294967295}}`),
	"empty lists":  arg(`{"$repeat": [[], {}], "times": 4294967295}`),
	"records":      arg(`{"$records": {"a": {"$repeat": [0], "times": 1000000}}}`),
	"wide records": arg(`{"$records": {` + columns(200) + `}}`),
	"concat":       arg(`{"$concat": [` + strings.Repeat(`{"$repeat": [1], "times": 1000000},`, 9) + `[]]}`),
	"many steps":   arg(`{"$each": {"$repeat": [1], "times": 1000000}, "by": 1}`),
	"shared texts": arg(strings.Repeat(`{"$repeat": [`, 3) + `{"$repeat": "x", "times": 1000000}` + strings.Repeat(`], "times": 100000}`, 3)),
	"shared lists": arg(strings.Repeat(`{"$repeat": [`, 12) + `1` + strings.Repeat(`], "times": 40}`, 12)),
	"shared records": arg(`{"$repeat": [` + strings.Repeat(`{"$records": {"a": {"$repeat": [`, 3) + `{"$repeat": "x", "times": 1000000}` +
		strings.Repeat(`], "times": 100}}}`, 3) + `], "times": 100}`),
	"long names":          arg(`{"$records": {"` + strings.Repeat("n", 10_000) + `": {"$repeat": [0], "times": 100000}}}`),
	"long names repeated": arg(`{"$repeat": [{"` + strings.Repeat("n", 10_000) + `": 0}], "times": 100000}`),
	"one of a set":        setOf(`{"$set": "s", "stride": 0}`),
	"sets in a list":      setOf(`[` + strings.Repeat(`{"$set": "s"},`, 99) + `0]`),
	"sets joined":         setOf(`{"$concat": [` + strings.Repeat(`{"$set": "s"},`, 99) + `[]]}`),
	"sets in records":     setOf(`{"$records": {` + strings.Join(each(99, func(i int) string { return fmt.Sprintf(`"f%d": {"$set": "s"}`, i) }), ",") + `}}`),
	"a set for each":      setOf(`{"$each": {"$repeat": [{"$set": "s"}], "times": 99}, "by": 1}`),
	"shared by each": `{"format": 2, "cases": [{"id": "x", "want": {"same": true}, "call": "f", "args": [
		{"$repeat": "x", "times": 1000000}, {"$each": {"$repeat": [1], "times": 1000}, "by": 1}]}]}`,
	"shared by steps": steps(`{"$repeat": "x", "times": 1000000}`),
	"appended":        steps(`{"$step": 0, "append": "` + strings.Repeat("00", 100_000) + `"}`),
	"changed":         steps(`{"$step": 0, "xor": [` + strings.Repeat(`[0, 1],`, 10_000) + `[0, 1]]}`),
	"sets": `{"format": 2, "sets": {` + strings.Join(each(30, func(i int) string {
		return fmt.Sprintf(`"s%d": {"$repeat": [0], "times": 300000}`, i)
	}), ",") + `}}`,
	"many cases": `{"format": 2, "cases": [` + strings.Join(each(200, func(i int) string {
		return fmt.Sprintf(`{"id": "%d", "call": "f", "args": [{"$repeat": "x", "times": 60000000}], "want": {"same": true}}`, i)
	}), ",") + `]}`,
	"an array of nothing": `{"format": 2, "cases": [` + strings.Repeat("0,", 1_000_000) + `0]}`,
	"a deep value":        arg(strings.Repeat("[", 1_000_000) + strings.Repeat("]", 1_000_000)),
	"a wide value":        arg(`[` + strings.Repeat("{},", 1_000_000) + `{}]`),
	"a set around":        `{"format": 2, "sets": {"s": {"$repeat": [0], "times": 1000000}}, "cases": [{"id": "x", "call": "f", "args": [` + strings.Repeat(`{"$set": "s", "stride": 3},`, 9) + `0], "want": {"same": true}}]}`,
}

func arg(value string) string {
	return `{"format": 2, "cases": [{"id": "x", "want": {"same": true}, "call": "f", "args": [` + value + `]}]}`
}

// setOf returns a file with an argument that uses a set of a million bytes.
func setOf(value string) string {
	return `{"format": 2, "sets": {"s": [{"$repeat": "x", "times": 1000000}` + strings.Repeat(`, 0`, 99) + `]}, ` + arg(value)[len(`{"format": 2, `):]
}

// steps returns a file with an argument of 10,000 steps.
func steps(value string) string {
	return `{"format": 2, "cases": [{"id": "x", "want": {"same": true}, "steps": [{"call": "f", "args": []}, {"call": "f", "args": [` + value + `], "times": 9999}]}]}`
}

func each(n int, text func(i int) string) []string {
	texts := make([]string, n)
	for i := range texts {
		texts[i] = text(i)
	}
	return texts
}

func columns(n int) string {
	return strings.Join(each(n, func(i int) string {
		return fmt.Sprintf(`"f%d": {"$repeat": [0], "times": 10000}`, i)
	}), ",")
}

// allocated returns the bytes that f allocates.
func allocated(f func()) uint64 {
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	f()
	runtime.ReadMemStats(&after)
	return after.TotalAlloc - before.TotalAlloc
}

func TestHostileFilesAreRefused(t *testing.T) {
	for name, text := range bombs {
		var err error
		got := allocated(func() { _, err = vectors.Parse([]byte(text)) })
		require.Error(t, err, name)
		bound := uint64(200 << 20)
		if name == "many cases" {
			bound = 2 << 30 // one after the other
		}
		assert.Less(t, got, bound, "%s: %v", name, err)
	}
}

// What a case is estimated to take is never much less than what it takes.
func TestExpandedSizesAreEstimatedHigh(t *testing.T) {
	for name, value := range map[string]string{
		"records":      `{"$records": {"a": {"$repeat": [0], "times": 100000}, "b": {"$count": {"first": "0", "step": "12345678901234567", "times": 100000}}}}`,
		"wide records": `{"$records": {` + columns(30) + `}}`,
		"objects":      `[` + strings.Repeat(`{"a":{}},`, 50_000) + `0]`,
		"large object": `{` + strings.Join(each(200_000, func(i int) string { return fmt.Sprintf(`"%d":0`, i) }), ",") + `}`,
		"lists":        `[` + strings.Repeat(`[[]],`, 200_000) + `0]`,
		"numbers":      `[` + strings.Repeat(`1,`, 400_000) + `0]`,
		"texts":        `[` + strings.Repeat(`"",`, 400_000) + `0]`,
	} {
		f, err := vectors.Parse([]byte(arg(value)))
		require.NoError(t, err, name)
		var steps []vectors.Step
		var before, after runtime.MemStats
		runtime.GC()
		runtime.ReadMemStats(&before)
		steps = f.Cases[0].Steps()
		runtime.GC()
		runtime.ReadMemStats(&after)
		assert.Less(t, int64(after.HeapAlloc)-int64(before.HeapAlloc), int64(vectors.MaxExpanded)*5/4, name)
		runtime.KeepAlive(steps)
	}
}

// FuzzParse reads any text: what is accepted can be expanded and run, within bounds.
func FuzzParse(f *testing.F) {
	files, err := filepath.Glob("../../tests/vectors/*.json")
	require.NoError(f, err)
	for _, name := range files {
		text, err := os.ReadFile(name)
		require.NoError(f, err)
		if len(text) < 64<<10 {
			f.Add(text)
		}
	}
	f.Add(file(`{"id": "x", "want": {"value": {"ok": {"$words": "a b"}}}, "steps": [
		{"call": "f", "args": [{"$set": "abc", "to": 2}]},
		{"call": "f", "args": [{"$step": -1, "keep": -1, "xor": [[0, 1]], "append": "00", "crc32": true}, {"$each": {"$set": "abc"}, "by": 2}]},
		{"call": "g", "args": [{"$step": -1}, {"$step": 0}], "times": 2}]}`))
	for _, text := range bombs {
		if len(text) < 16<<10 {
			f.Add([]byte(text))
		}
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		parsed, err := vectors.Parse(text)
		if err != nil {
			return
		}
		for _, c := range parsed.Cases[:min(len(parsed.Cases), 20)] {
			want := c.Want()
			calls := 0
			result, err := c.Run(func(string, []any) (any, error) {
				calls++
				return vectors.Hex(make([]byte, 64)), nil
			})
			if err == nil {
				assert.Equal(t, len(c.Steps()), calls)
				want.Mismatch(result)
			}
		}
	})
}
