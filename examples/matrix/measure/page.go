package main

import (
	_ "embed"
	"errors"
	"fmt"
	"os"
	"strconv"
	"strings"
	"text/template"
	"time"
)

// figures is the text with figures of the page.
//
//go:embed choosing.md.tmpl
var figures string

const (
	beginFigures = "<!-- The figures are written by `make matrix`. -->\n"
	endFigures   = "<!-- End of the figures. -->\n"
)

// A machine is what was measured on, and how.
type machine struct {
	Date, Processor       string
	LoadBefore, LoadAfter string
	Versions              string
	Points, Rounds        int
}

// render returns the text of the results. It fails if one is missing.
func render(measured map[string]*result, m machine) (string, error) {
	find := func(id string) (*result, error) {
		r, found := measured[id]
		if !found {
			return nil, fmt.Errorf("%s was not measured", id)
		}
		return r, nil
	}
	step := func(id, name string) (float64, error) {
		r, err := find(id)
		if err != nil {
			return 0, err
		}
		ns, found := r.Steps[name]
		if !found {
			return 0, fmt.Errorf("%s has no step %q", id, name)
		}
		return ns, nil
	}
	parsed, err := template.New("choosing.md").Funcs(template.FuncMap{
		"way":  find,
		"step": step,
		// off is how many doubles the mean is from the exact one.
		"off": func(id string) (int64, error) {
			r, err := find(id)
			exact, err2 := find("compute/go")
			if err := errors.Join(err, err2); err != nil {
				return 0, err
			}
			return apart(r.Answer.Mean, exact.Answer.Mean), nil
		},
		"ns":     func(ns float64) string { return duration(ns) },
		"ms":     func(d time.Duration) string { return significant(float64(d)/1e6) + " ms" },
		"mul":    func(a, b float64) float64 { return a * b },
		"times":  func(a, b float64) string { return significant(a / b) },
		"mib":    func(n int64) string { return significant(float64(n)/(1<<20)) + " MiB" },
		"size":   func(r *result) string { return kib(r.Size) + ", " + kib(r.Gzip) },
		"number": grouped,
		"points": func(m machine) float64 { return float64(m.Points) },
		"batches": func() (sizes []int) {
			for n := 1; n <= 8192; n *= 2 {
				sizes = append(sizes, n)
			}
			return sizes
		},
	}).Parse(figures)
	if err != nil {
		return "", err
	}
	var text strings.Builder
	err = parsed.Execute(&text, m)
	return text.String(), err
}

// duration writes a time with two digits and its unit.
func duration(ns float64) string {
	switch {
	case ns < 1e3:
		return significant(ns) + " ns"
	case ns < 1e6:
		return significant(ns/1e3) + " µs"
	default:
		return significant(ns/1e6) + " ms"
	}
}

// significant writes two digits, and all of a number above 99.
func significant(v float64) string {
	if v >= 99.5 {
		return grouped(int(v + 0.5))
	}
	text := strconv.FormatFloat(v, 'g', 2, 64)
	v, _ = strconv.ParseFloat(text, 64) // what was formatted, without an exponent
	return strconv.FormatFloat(v, 'f', -1, 64)
}

func kib(n int64) string {
	if n < 1<<20 {
		return significant(float64(n)/(1<<10)) + " KiB"
	}
	return significant(float64(n)/(1<<20)) + " MiB"
}

// grouped writes an integer with commas.
func grouped(n int) string {
	text := strconv.Itoa(n)
	for i := len(text) - 3; i > 0; i -= 3 {
		text = text[:i] + "," + text[i:]
	}
	return text
}

// aroundFigures returns the text before and after the figures of a page.
func aroundFigures(path string) (before, after string, err error) {
	page, err := os.ReadFile(path)
	if err != nil {
		return "", "", err
	}
	before, rest, found := strings.Cut(string(page), beginFigures)
	_, after, ended := strings.Cut(rest, endFigures)
	if !found || !ended {
		return "", "", fmt.Errorf("%s: the page has no marks for the figures", path)
	}
	return before, after, nil
}

// replaceFigures writes the text between the marks of a page.
func replaceFigures(path, text string) error {
	before, after, err := aroundFigures(path)
	if err != nil {
		return err
	}
	return os.WriteFile(path, []byte(before+beginFigures+text+endFigures+after), 0o644)
}
