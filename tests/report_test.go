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

	"example.org/compute-pipeline/gohost/vectors"
)

// report is what the templates of the report show.
type report struct {
	Passed, Differs bool
	// Functions are the names, and Counts how many cases each has.
	Functions []string
	Counts    []int
	Cases     int
	Runtimes  []reported
	Files     []reportedFile
	// By is the program that wrote it.
	By string
}

// reported is the row of one runtime.
type reported struct {
	Name, Version string
	// Cells has what passed, for each function.
	Cells        []string
	All, Seconds string
	Legal        []reportedLegal
	Failed       []reportedFailure
}

type reportedLegal struct {
	Reason string
	Cases  []string
}

type reportedFailure struct{ ID, What string }

type reportedFile struct {
	Name   string
	Bytes  int
	SHA256 string
}

// writeReport writes the table of cases that passed, per runtime and function, as Markdown
// and as a page.
func writeReport(dir string, v *vectors.File, runs []*run) error {
	r := report{
		Passed: true, Functions: functions, Cases: len(v.Cases),
		By: fmt.Sprintf("%s, %s/%s", runtime.Version(), runtime.GOOS, runtime.GOARCH),
	}
	for _, function := range functions {
		count := 0
		for _, c := range v.Cases {
			if isOf(c, function) {
				count++
			}
		}
		r.Counts = append(r.Counts, count)
	}
	for _, run := range runs {
		row := reportedRun(v, run)
		r.Passed = r.Passed && len(row.Failed) == 0
		r.Differs = r.Differs || len(row.Legal) > 0
		r.Runtimes = append(r.Runtimes, row)
	}
	for _, path := range []string{corePath, componentPath} {
		wasm, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		sum := sha256.Sum256(wasm)
		r.Files = append(r.Files, reportedFile{strings.TrimPrefix(path, "../"), len(wasm), hex.EncodeToString(sum[:])})
	}
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

func render(path string, t interface{ Execute(io.Writer, any) error }, r report) error {
	var b bytes.Buffer
	if err := t.Execute(&b, r); err != nil {
		return err
	}
	return os.WriteFile(path, b.Bytes(), 0o644)
}

func reportedRun(v *vectors.File, r *run) reported {
	row := reported{Name: r.name, Version: r.version, Seconds: fmt.Sprintf("%.1f", r.took.Seconds())}
	for _, function := range functions {
		row.Cells = append(row.Cells, passed(v, r, func(c *vectors.Case) bool { return isOf(c, function) }))
	}
	row.All = passed(v, r, func(*vectors.Case) bool { return true })
	byReason := make(map[string][]string)
	for id, legal := range r.legal {
		byReason[legal.Reason] = append(byReason[legal.Reason], id)
	}
	for _, reason := range sortedKeys(byReason) {
		slices.Sort(byReason[reason])
		row.Legal = append(row.Legal, reportedLegal{reason, byReason[reason]})
	}
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
		switch {
		case isFailed:
		case isLegal:
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
