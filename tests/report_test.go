package tests

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	htmltemplate "html/template"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"runtime"
	"slices"
	"strings"
	"text/template"

	"example.org/compute-pipeline/gohost/grade"
	"example.org/compute-pipeline/gohost/vectors"
)

// report is what the templates of the report show.
type report struct {
	Passed bool
	Cases  int
	// Functions are the columns of the runtimes, and PluginFunctions those of the plugins.
	Functions, PluginFunctions []reportedFunction
	Runtimes                   []reported
	Plugins                    []reportedPlugin
	// Rows are all rows of runtimes and plugins.
	Rows  []reported
	Legal []reportedLegal
	// NotRun says what was not run, and what runs it.
	NotRun []reportedMissing
	Files  []reportedFile
	// By is the program that wrote it.
	By string
}

// reportedFunction is a function, and how many cases it has.
type reportedFunction struct {
	Name  string
	Cases int
}

// reportedPlugin is a plugin on its runtimes.
type reportedPlugin struct {
	Language, Size string
	Grade          grade.Grade
	Runs           []reported
}

// reported is the row of one runtime.
type reported struct {
	// Name says what ran where, and Runtime only where.
	Name, Runtime, Version string
	// Cells has what passed, for each function.
	Cells        []string
	All, Seconds string
	Failed       []reportedFailure
}

// reportedLegal are cases that differ for the same reason in some runs.
type reportedLegal struct {
	Where  []string
	Reason string
	Cases  []string
}

// reportedMissing is what was not run, and the command that runs it.
type reportedMissing struct{ What, Command string }

type reportedFailure struct{ ID, What string }

type reportedFile struct {
	Name   string
	Bytes  int
	SHA256 string
}

// writeReport writes the table of cases that passed, per runtime and function, as Markdown
// and as a page.
func writeReport(dir string, v *vectors.File, runs []*run, plugins []aPlugin) error {
	r := report{
		Cases: len(v.Cases), Functions: functionsOf(v), NotRun: notRun(),
		By: fmt.Sprintf("%s, %s/%s", runtime.Version(), runtime.GOOS, runtime.GOARCH),
	}
	if err := errors.Join(r.addFile(corePath), r.addFile(componentPath)); err != nil {
		return err
	}
	for _, run := range runs {
		r.Runtimes = append(r.Runtimes, reportedRun(v, run, run.name, r.Functions))
		r.addLegal(run.name, run)
	}
	r.Rows = r.Runtimes
	for _, p := range plugins {
		if err := r.addPlugin(p); err != nil {
			return err
		}
	}
	r.Passed = !slices.ContainsFunc(r.Rows, func(row reported) bool { return len(row.Failed) > 0 })

	if err := os.MkdirAll(dir, 0o755); err != nil {
		return err
	}
	markdown, err := template.ParseFiles("report/report.md.tmpl")
	if err != nil {
		return err
	}
	page, err := htmltemplate.ParseFiles("report/report.html.tmpl")
	if err != nil {
		return err
	}
	return errors.Join(
		render(filepath.Join(dir, "conformance.md"), markdown, r),
		render(filepath.Join(dir, "conformance.html"), page, r),
	)
}

func (r *report) addFile(path string) error {
	wasm, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	sum := sha256.Sum256(wasm)
	r.Files = append(r.Files, reportedFile{strings.TrimPrefix(path, "../"), len(wasm), hex.EncodeToString(sum[:])})
	return nil
}

// addPlugin adds a plugin. All plugins have the columns of the first.
func (r *report) addPlugin(p aPlugin) error {
	if r.PluginFunctions == nil {
		r.PluginFunctions = functionsOf(p.cases)
	}
	row := reportedPlugin{Language: p.language, Size: size(len(p.wasm)), Grade: p.grade}
	for _, run := range p.runs {
		row.Runs = append(row.Runs, reportedRun(p.cases, run, "plugin in "+p.language+", "+run.name, r.PluginFunctions))
		r.addLegal("plugin in "+p.language, run) // all its runs have the same
	}
	r.Plugins = append(r.Plugins, row)
	r.Rows = append(r.Rows, row.Runs...)
	return r.addFile(p.path)
}

// size returns a number of bytes with two or three digits.
func size(bytes int) string {
	if bytes < 1<<20 {
		return fmt.Sprintf("%.0f KiB", float64(bytes)/(1<<10))
	}
	return fmt.Sprintf("%.1f MiB", float64(bytes)/(1<<20))
}

// functionsOf returns the functions that have cases.
func functionsOf(v *vectors.File) (columns []reportedFunction) {
	for _, name := range functions {
		count := 0
		for _, c := range v.Cases {
			if isOf(c, name) {
				count++
			}
		}
		if count > 0 {
			columns = append(columns, reportedFunction{name, count})
		}
	}
	return columns
}

// notRun says what this run of the test leaves out.
func notRun() (missing []reportedMissing) {
	if !everywhere() {
		missing = append(missing, reportedMissing{
			"Node, Bun, Deno, workerd, Chromium and Firefox by the package in hosts/typescript, plugins in interpreters, " +
				"and those in AssemblyScript, TypeScript and Python", "make conformance",
		})
	}
	if os.Getenv(wasmEdgeEnv) == "" {
		missing = append(missing, reportedMissing{"WasmEdge, which is in no registry", "WASMEDGE=PREFIX make conformance"})
	}
	return missing
}

// addLegal adds the legal differences of a run. Those of the same cases, for the same reason,
// are one with the names of all runs.
func (r *report) addLegal(name string, run *run) {
	byReason := make(map[string][]string)
	for id, legal := range run.legal {
		byReason[legal.Reason] = append(byReason[legal.Reason], id)
	}
	for id, reason := range run.allowed {
		byReason[reason] = append(byReason[reason], id)
	}
	for _, reason := range sortedKeys(byReason) {
		cases := byReason[reason]
		slices.Sort(cases)
		i := slices.IndexFunc(r.Legal, func(l reportedLegal) bool { return l.Reason == reason && slices.Equal(l.Cases, cases) })
		switch {
		case i < 0:
			r.Legal = append(r.Legal, reportedLegal{[]string{name}, reason, cases})
		case !slices.Contains(r.Legal[i].Where, name):
			r.Legal[i].Where = append(r.Legal[i].Where, name)
		}
	}
}

func render(path string, t interface{ Execute(io.Writer, any) error }, r report) error {
	var b bytes.Buffer
	if err := t.Execute(&b, r); err != nil {
		return err
	}
	return os.WriteFile(path, b.Bytes(), 0o644)
}

func reportedRun(v *vectors.File, r *run, name string, columns []reportedFunction) reported {
	row := reported{Name: name, Runtime: r.name, Version: r.version, Seconds: fmt.Sprintf("%.1f", r.took.Seconds())}
	for _, column := range columns {
		row.Cells = append(row.Cells, passed(v, r, func(c *vectors.Case) bool { return isOf(c, column.Name) }))
	}
	row.All = passed(v, r, func(*vectors.Case) bool { return true })
	for _, id := range sortedKeys(r.failed) {
		row.Failed = append(row.Failed, reportedFailure{id, r.failed[id]})
	}
	return row
}

// passed returns how many of some cases passed, and how many differ legally.
func passed(v *vectors.File, r *run, in func(*vectors.Case) bool) string {
	passed, legal := 0, 0
	for _, c := range v.Cases {
		if !in(c) {
			continue
		}
		_, isFailed := r.failed[c.ID]
		_, isLegal := r.legal[c.ID]
		_, isAllowed := r.allowed[c.ID]
		switch {
		case isFailed:
		case isLegal, isAllowed:
			legal++
		default:
			passed++
		}
	}
	if legal > 0 {
		return fmt.Sprintf("%d + %d", passed, legal)
	}
	return fmt.Sprint(passed)
}

func sortedKeys[V any](m map[string]V) []string {
	keys := make([]string, 0, len(m))
	for key := range m {
		keys = append(keys, key)
	}
	slices.Sort(keys)
	return keys
}

// goModVersion is the version of a module that go.mod requires.
func goModVersion(module string) (string, error) {
	text, err := os.ReadFile("../go.mod")
	if err != nil {
		return "", err
	}
	match := regexp.MustCompile(regexp.QuoteMeta(module) + ` (v\S+)`).FindSubmatch(text)
	if match == nil {
		return "", fmt.Errorf("go.mod does not require %s", module)
	}
	return string(match[1]), nil
}
