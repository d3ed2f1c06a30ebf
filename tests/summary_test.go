package tests

import (
	"flag"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"example.org/compute-pipeline/gohost/vectors"
)

var update = flag.Bool("update", false, "write the tables of README.md")

const (
	readmePath   = "../README.md"
	summaryBegin = "<!-- `make conformance UPDATE=1` writes the tables, and TestConformance checks them. -->\n"
	summaryEnd   = "<!-- End of the tables. -->\n"
	runtimesHead = "| runtime | version | runs | cases | other answers |\n| --- | --- | --- | ---: | ---: |\n"
	pluginsHead  = "| plugin in | grade | cases | other answers |\n| --- | --- | ---: | ---: |\n"
)

// ofTheMachine are the programs whose version is the machine's: README.md has those of the last
// update.
var ofTheMachine = []string{"native code", "Node", "Chromium", "Firefox", "WasmEdge"}

// checkSummary compares the tables of README.md with the runs, all of which have passed, or
// writes them. A row of what has not run stays as it is.
func checkSummary(t *testing.T, v *vectors.File, runs []*run, plugins []aPlugin) {
	t.Helper()
	text, err := os.ReadFile(readmePath)
	require.NoError(t, err)
	updated, err := replaceSummary(string(text), runtimeRows(v, runs), pluginRows(plugins), everywhere(), *update)
	require.NoError(t, err)
	if *update {
		require.NoError(t, os.WriteFile(readmePath, []byte(updated), 0o644))
		return
	}
	assert.Equal(t, updated, string(text), "README.md is stale: make conformance UPDATE=1")
}

// runtimeRows returns a row for the runs of each program and version.
func runtimeRows(v *vectors.File, runs []*run) (rows [][]string) {
	byVersion := make(map[string][]*run)
	var versions []string
	for _, r := range runs {
		if byVersion[r.version] == nil {
			versions = append(versions, r.version)
		}
		byVersion[r.version] = append(byVersion[r.version], r)
	}
	for _, full := range versions {
		runs := byVersion[full]
		program, _, _ := strings.Cut(runs[0].name, ",")
		version, named := strings.CutPrefix(full, program+" ")
		if !named {
			program, version, _ = strings.Cut(full, " ")
		}
		version, _, _ = strings.Cut(version, " (")
		differ := 0
		for _, r := range runs {
			differ += len(r.legal)
		}
		cases := thousands(len(v.Cases))
		if len(runs) > 1 {
			cases = fmt.Sprintf("%d × %s", len(runs), cases)
		}
		rows = append(rows, []string{program, version, waysOf(program, runs), cases, thousands(differ)})
	}
	return rows
}

// waysOf lists the parts of the names of runs.
func waysOf(program string, runs []*run) string {
	var ways [2][]string
	for _, r := range runs {
		for i, part := range strings.SplitN(r.name, ", ", 2) {
			if part != program && !slices.Contains(ways[i], part) {
				ways[i] = append(ways[i], part)
			}
		}
	}
	both := []string{strings.Join(ways[0], ", "), strings.Join(ways[1], ", ")}
	return strings.Join(slices.DeleteFunc(both, func(s string) bool { return s == "" }), "; ")
}

// pluginRows returns a row for each plugin, all runs of which have the same answers.
func pluginRows(plugins []aPlugin) (rows [][]string) {
	for _, p := range plugins {
		rows = append(rows, []string{p.language, string(p.grade), thousands(len(p.cases.Cases)), thousands(len(p.runs[0].allowed))})
	}
	return rows
}

func thousands(n int) string {
	if n < 1000 {
		return fmt.Sprint(n)
	}
	return fmt.Sprintf("%d,%03d", n/1000, n%1000)
}

// replaceSummary puts the rows into the tables of a text.
func replaceSummary(text string, runtimes, plugins [][]string, everywhere, update bool) (string, error) {
	before, rest, ok := strings.Cut(text, summaryBegin)
	tables, after, ok2 := strings.Cut(rest, summaryEnd)
	oldRuntimes, oldPlugins, ok3 := strings.Cut(strings.TrimPrefix(tables, runtimesHead), "\n"+pluginsHead)
	if !ok || !ok2 || !ok3 {
		return "", fmt.Errorf("%s: the tables, or the comments around them, are missing", readmePath)
	}
	runtimeKey := func(row []string) string { return row[0] + ", " + row[2] }
	merged := merge(rowsOf(oldRuntimes), runtimes, runtimeKey, everywhere, func(old, row []string) {
		if !update && slices.Contains(ofTheMachine, row[0]) {
			row[1] = old[1]
		}
	})
	mergedPlugins := merge(rowsOf(oldPlugins), plugins, func(row []string) string { return row[0] }, everywhere, func(_, _ []string) {})
	return before + summaryBegin + runtimesHead + table(merged) + "\n" + pluginsHead + table(mergedPlugins) + summaryEnd + after, nil
}

// merge returns the rows, in the order of the old ones, and of these those that were not run;
// keep takes over what may stay of an old row. Everywhere, only WasmEdge may be missing.
func merge(old, rows [][]string, key func([]string) string, everywhere bool, keep func(old, row []string)) (merged [][]string) {
	has := func(rows [][]string, row []string) int {
		return slices.IndexFunc(rows, func(other []string) bool { return key(other) == key(row) })
	}
	for _, row := range rows {
		if i := has(old, row); i >= 0 {
			keep(old[i], row)
		}
	}
	if everywhere {
		old = slices.DeleteFunc(old, func(row []string) bool { return row[0] != "WasmEdge" && has(rows, row) < 0 })
	}
	for _, row := range old {
		if i := has(rows, row); i >= 0 {
			row = rows[i]
		}
		merged = append(merged, row)
	}
	for _, row := range rows {
		if has(merged, row) < 0 {
			merged = append(merged, row)
		}
	}
	return merged
}

// rowsOf returns the cells of a table's lines.
func rowsOf(table string) (rows [][]string) {
	for line := range strings.Lines(table) {
		cells := strings.Split(strings.Trim(line, "| \n"), " | ")
		rows = append(rows, cells)
	}
	return rows
}

func table(rows [][]string) string {
	var b strings.Builder
	for _, row := range rows {
		b.WriteString("| " + strings.Join(row, " | ") + " |\n")
	}
	return b.String()
}

func TestTheSummaryIsOfTheRuns(t *testing.T) {
	readme := func(runtimes, plugins string) string {
		return "before\n" + summaryBegin + runtimesHead + runtimes + "\n" + pluginsHead + plugins + summaryEnd + "after\n"
	}
	const (
		lib   = "| lib | 1 | a, b; c | 2 × 9 | 0 |\n"
		node  = "| Node | 20 |  | 9 | 0 |\n"
		bun   = "| Bun | 1 | core module | 9 | 6 |\n"
		edge  = "| WasmEdge | 2 | core module | 9 | 0 |\n"
		inC   = "| C | stable | 5 | 2 |\n"
		other = "| Python | stable | 5 | 3 |\n"
	)
	text := readme(lib+node+bun+edge, inC+other)
	replace := func(runtimes, plugins string, everywhere, update bool) string {
		updated, err := replaceSummary(text, rowsOf(runtimes), rowsOf(plugins), everywhere, update)
		require.NoError(t, err)
		return updated
	}
	newNode := strings.Replace(node, "20", "22", 1)
	newLib := strings.Replace(lib, "1", "2", 1)
	assert.Equal(t, text, replace(lib+newNode, inC, false, false), "what has not run stays, and so does a version of the machine")
	assert.Equal(t, readme(newLib+newNode+bun+edge, inC+other), replace(newLib+newNode, inC, false, true))
	assert.Equal(t, readme(newLib+node+bun+edge, inC+other), replace(newLib+node, inC, false, false), "a pinned version is compared")
	assert.Equal(t, readme(lib+node+edge, inC), replace(lib+node, inC, true, false), "everywhere, a row that has not run is stale")
	_, err := replaceSummary("no tables", nil, nil, false, false)
	require.Error(t, err)

	runs := []*run{
		{name: "Go library, compiler", version: "wazero v1", legal: map[string]difference{"x": {}}},
		{name: "core module, interpreter", version: "wazero v1"},
		{name: "native code", version: "native code arm"},
		{name: "Node, component", version: "Node 20 (V8 11)"},
	}
	v := &vectors.File{Cases: make([]*vectors.Case, 2718)}
	assert.Equal(t, rowsOf("| wazero | v1 | Go library, core module; compiler, interpreter | 2 × 2,718 | 1 |\n"+
		"| native code | arm |  | 2,718 | 0 |\n| Node | 20 | component | 2,718 | 0 |\n"), runtimeRows(v, runs))
}
