package kit

import (
	"fmt"
	"io"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	cut "example.org/compute-pipeline/gohost/internal/text"
)

// TextOptions say how a report is written for people.
type TextOptions struct {
	// Name is the name of the module, such as its file.
	Name string
	// Color marks the verdicts, for a terminal.
	Color bool
}

// WriteText writes the report for people. It ends with the verdict.
func (r *Report) WriteText(w io.Writer, options TextOptions) error {
	var text strings.Builder
	p := painter{options.Color}
	fmt.Fprintf(&text, "%s: %s, SHA-256 %s\n", options.Name, size(int64(r.Module.Size)), r.Module.SHA256[:12])
	text.WriteString(r.Contract)
	if r.Declared {
		text.WriteString(", as the module declares")
	}
	if r.Grade != "" {
		text.WriteString(", grade " + r.Grade)
	}
	fmt.Fprintf(&text, ", seed %d\n\n", r.Seed)
	for i, check := range r.Checks {
		if rest := r.Checks[i:]; i > 0 && len(rest) > 1 && allSkipped(rest) {
			fmt.Fprintf(&text, "  %s%s left out: %s\n", p.faint("-     "), count(len(rest), "more check"), check.Note)
			break
		}
		check.writeLine(&text, p)
	}
	for _, check := range r.Checks {
		if check.Status == Failed {
			text.WriteString("\n" + p.bold(check.Title) + "\n")
			check.writeFailures(&text)
		}
	}
	if len(r.Output) > 0 {
		text.WriteString("\n" + p.bold("the first lines of output") + "\n\n" + r.quoted())
	}
	if len(r.Functions) > 0 {
		text.WriteString("\n")
		r.writeCosts(&text)
	}
	text.WriteString("\n" + r.verdict(p, options.Name) + "\n")
	if _, err := io.WriteString(w, text.String()); err != nil {
		return fmt.Errorf("writing the report: %w", err)
	}
	return nil
}

// allSkipped reports whether checks were left out, all for the same reason.
func allSkipped(checks []*Result) bool {
	return !slices.ContainsFunc(checks, func(r *Result) bool { return r.Status != Skipped || r.Note != checks[0].Note })
}

func (r *Report) verdict(p painter, name string) string {
	failed, skipped := 0, 0
	for _, check := range r.Checks {
		switch check.Status {
		case Failed:
			failed++
		case Skipped:
			skipped++
		case Passed:
		}
	}
	all, in := len(r.Checks), " in "+seconds(r.Seconds)
	switch {
	case failed > 0 && skipped > 0:
		return fmt.Sprintf("%s: %s failed %d of %d checks, %d left out,%s", p.red("FAILED"), name, failed, all, skipped, in)
	case failed > 0:
		return fmt.Sprintf("%s: %s failed %d of %d checks%s", p.red("FAILED"), name, failed, all, in)
	case skipped > 0:
		return fmt.Sprintf("%s: %s passed %d of %d checks, %d had nothing to judge,%s", p.green("PASSED"), name, all-skipped, all, skipped, in)
	}
	return fmt.Sprintf("%s: %s passed all %d checks%s", p.green("PASSED"), name, all, in)
}

// painter marks words for a terminal.
type painter struct{ color bool }

func (p painter) paint(code, word string) string {
	if !p.color {
		return word
	}
	return "\x1b[" + code + "m" + word + "\x1b[0m"
}

func (p painter) red(word string) string   { return p.paint("1;31", word) }
func (p painter) green(word string) string { return p.paint("32", word) }
func (p painter) bold(word string) string  { return p.paint("1", word) }
func (p painter) faint(word string) string { return p.paint("2", word) }

// writeLine writes the verdict of a check.
func (r *Result) writeLine(w *strings.Builder, p painter) {
	word, what := p.green("ok    "), count(r.Cases, r.unit)
	switch r.Status {
	case Failed:
		word = p.red("FAIL  ")
		if what = count(r.Failed, "problem"); r.Cases > r.Failed && !r.problems {
			what = fmt.Sprintf("%s of %s failed", thousands(uint64(r.Failed)), count(r.Cases, r.unit))
		}
	case Skipped:
		word, what = p.faint("-     "), "left out: "+r.Note
	case Passed:
	}
	if r.Note != "" && r.Status != Skipped {
		if r.Cases == 0 || r.unit == "" || strings.HasPrefix(r.Note, thousands(uint64(r.Cases))+" ") {
			what = r.Note
		} else {
			what += ", " + r.Note
		}
	}
	fmt.Fprintf(w, "  %s%-27s%s\n", word, r.Title, what)
}

// maxShown is how many failures of a check are shown to people.
const (
	maxShown = 3
	maxShort = 20
)

// shown returns one failure of each function, and then others. Failures without a call are
// short, so that there are more of them.
func (r *Result) shown() (list []*Failure) {
	if len(r.Failures) > 0 && r.Failures[0].Call == "" {
		return r.Failures[:min(len(r.Failures), maxShort)]
	}
	seen := map[string]bool{}
	for _, again := range []bool{false, true} {
		for _, f := range r.Failures {
			if len(list) < maxShown && seen[f.Function] == again && (!again || !slices.Contains(list, f)) {
				seen[f.Function] = true
				list = append(list, f)
			}
		}
	}
	return list
}

// writeFailures writes what is wrong.
func (r *Result) writeFailures(w *strings.Builder) {
	list := r.shown()
	for i, f := range list {
		if i == 0 || !f.isShort() {
			w.WriteString("\n")
		}
		f.write(w)
		if i+1 == len(list) || list[i+1].Rule != f.Rule {
			field(w, "rule", f.Rule.Text)
			field(w, "see", f.Rule.See)
		}
	}
	if more := r.Failed - len(list); more > 0 {
		fmt.Fprintf(w, "\n  and %s more; the report as JSON has the first %d\n", thousands(uint64(more)), maxFailures)
	}
}

// isShort reports whether a failure is one sentence.
func (f *Failure) isShort() bool { return f.Call == "" && f.Want == "" && f.Reason == "" }

func (f *Failure) write(w *strings.Builder) {
	if f.Case != "" {
		field(w, "case", f.Case)
	}
	if f.Call != "" {
		field(w, "call", f.Call)
	}
	if f.Want == "" && f.Call == "" {
		field(w, "", f.Got)
	} else {
		field(w, "got", f.Got)
	}
	if f.Want != "" {
		field(w, "want", f.Want)
	}
	if f.Reason != "" {
		field(w, "", f.Reason)
	}
}

// field writes a text with a name before it, in lines of about 100 characters. Text of the
// module, such as the message of a trap, does not reach a terminal as it is.
func field(w *strings.Builder, name, text string) {
	const width = 100
	text = strings.Map(func(r rune) rune {
		if unicode.IsPrint(r) || unicode.IsSpace(r) {
			return r
		}
		return '?'
	}, text)
	column := 8
	fmt.Fprintf(w, "  %-6s", name)
	for i, word := range strings.Fields(text) {
		n := utf8.RuneCountInString(word)
		switch {
		case i == 0:
		case column+1+n > width:
			w.WriteString("\n        ")
			column = 8
		default:
			w.WriteString(" ")
			column++
		}
		w.WriteString(word)
		column += n
	}
	w.WriteString("\n")
}

// writeCosts writes what the module costs.
func (r *Report) writeCosts(w *strings.Builder) {
	m := r.Module
	fmt.Fprintf(w, "%s to load it, %s to start an instance, which has %s of memory\n", seconds(m.LoadSeconds), seconds(m.StartSeconds), size(m.StartMemory))
	if len(r.Functions) == 0 {
		return
	}
	width := len("fuel of a call")
	for _, cost := range r.Functions {
		width = max(width, len(shortName(cost.Function)))
	}
	fmt.Fprintf(w, "\n  %-*s %15s %15s %15s\n", width, "fuel of a call", "median", "max", "peak memory")
	for _, cost := range r.Functions {
		peak := "–"
		if cost.PeakMemory > 0 {
			peak = size(cost.PeakMemory)
		}
		fmt.Fprintf(w, "  %-*s %15s %15s %15s\n", width, shortName(cost.Function), thousands(cost.MedianFuel), thousands(cost.MaxFuel), peak)
	}
}

// shortName returns a function's name without its interface.
func shortName(id string) string {
	_, name, ok := strings.Cut(id, "#")
	if !ok {
		name = id
	}
	return cut.Cut(name, maxName)
}
