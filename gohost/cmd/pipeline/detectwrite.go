package main

import (
	"encoding/csv"
	"encoding/json"
	"fmt"
	"io"
	"strconv"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"example.org/compute-pipeline/gohost/internal/report"
	"example.org/compute-pipeline/gohost/window"
)

// A foundRow is a finding as it is printed.
type foundRow struct {
	Key   any       `json:"key,omitempty"` // as results of a run have it
	First time.Time `json:"first"`
	Last  time.Time `json:"last"`
	Kind  string    `json:"kind"`
	Score float32   `json:"score"`
	// Open says that the stretch goes on at the end of the input.
	Open bool `json:"open,omitempty"`

	labels []string
}

// head names the columns of keys, as those of a run.
func (d *detecting) head() report.Head { return report.Head{By: splitNames(d.command.GroupBy)} }

func (d *detecting) rows() []foundRow {
	rows := make([]foundRow, len(d.found))
	head := d.head()
	for i, f := range d.found {
		rows[i] = foundRow{
			First: d.command.Unit.Time(f.First), Last: d.command.Unit.Time(f.Last),
			Kind: d.kind(f.Finding), Score: f.Score, Open: f.open,
		}
		if labels := head.Labels(&window.Row{Key: f.key}); len(labels) == 1 {
			rows[i].Key, rows[i].labels = labels[0], labels
		} else if len(labels) > 1 {
			rows[i].Key, rows[i].labels = labels, labels
		}
	}
	return rows
}

// write writes the findings in the format that was chosen.
func (d *detecting) write(w io.Writer) error {
	if d.heard != nil {
		return d.writeHeard(w)
	}
	rows := d.rows()
	switch d.command.Output {
	case "json":
		out := json.NewEncoder(w)
		out.SetIndent("", "  ")
		result := map[string]any{"detector": d.cardRow(), "points": d.points, "findings": rows}
		if d.command.GroupBy != "" {
			result["group_by"], result["series"] = d.head().By, len(d.watched)
			if len(d.head().By) == 1 {
				result["group_by"] = d.head().By[0]
			}
		}
		return out.Encode(result)
	case "csv":
		return writeFoundCSV(w, d.head().LabelNames(), rows)
	default:
		return writeFoundTable(w, d.head().By, rows)
	}
}

// cardRow says which detector it was.
func (d *detecting) cardRow() map[string]string {
	return map[string]string{"name": printable(d.card.Name), "version": printable(d.card.Version), "weights": printable(d.card.Weights)}
}

func writeFoundCSV(w io.Writer, labels []string, rows []foundRow) error {
	out := csv.NewWriter(w)
	if err := out.Write(append(labels, "first", "last", "kind", "score", "open")); err != nil {
		return err
	}
	for _, r := range rows {
		score := strconv.FormatFloat(float64(r.Score), 'g', -1, 32)
		if err := out.Write(append(r.labels, r.First.Format(time.RFC3339Nano), r.Last.Format(time.RFC3339Nano), r.Kind, score, strconv.FormatBool(r.Open))); err != nil {
			return err
		}
	}
	out.Flush()
	return out.Error()
}

// writeFoundTable writes a line for each finding, and nothing without findings.
func writeFoundTable(w io.Writer, by []string, rows []foundRow) error {
	if len(rows) == 0 {
		return nil
	}
	width := len("kind")
	layout := time.DateTime
	for _, r := range rows {
		width = max(width, len([]rune(r.Kind)))
		if r.First.Nanosecond() != 0 || r.Last.Nanosecond() != 0 {
			layout = "2006-01-02 15:04:05.000000000"
		}
	}
	widths := make([]int, len(by))
	for i, name := range by {
		widths[i] = utf8.RuneCountInString(report.Shown(name))
		for _, r := range rows {
			widths[i] = max(widths[i], utf8.RuneCountInString(report.Shown(r.labels[i])))
		}
	}
	line := func(labels []string) string {
		text := ""
		for i, label := range labels {
			text += fmt.Sprintf("%-*s  ", widths[i], report.Shown(label))
		}
		return text
	}
	time := len(layout)
	if _, err := fmt.Fprintf(w, "%s%-*s  %-*s  %-*s  score\n", line(by), time, "first (UTC)", time, "last (UTC)", width, "kind"); err != nil {
		return err
	}
	for _, r := range rows {
		if _, err := fmt.Fprintf(w, "%s%s  %s  %-*s  %.3f\n", line(r.labels), r.First.Format(layout), r.Last.Format(layout), width, r.Kind, r.Score); err != nil {
			return err
		}
	}
	return nil
}

// summary returns what was found in a line.
func (d *detecting) summary() string {
	var line strings.Builder
	fmt.Fprintf(&line, "%s %s: %s", printable(d.card.Name), printable(d.card.Version), counted(d.points, "point"))
	if by := d.command.GroupBy; by != "" {
		fmt.Fprintf(&line, " of %s of %s", counted(uint64(len(d.watched)), "value"), by)
	}
	fmt.Fprintf(&line, ", %s", counted(uint64(len(d.found)), "finding"))
	kinds := map[string]int{}
	var order []string
	open := 0
	for _, f := range d.found {
		kind := d.kind(f.Finding)
		if f.open {
			open++
		}
		if kinds[kind]++; kinds[kind] == 1 {
			order = append(order, kind)
		}
	}
	for i, kind := range order[:min(len(order), 12)] {
		separator := ", "
		if i == 0 {
			separator = ": "
		}
		fmt.Fprintf(&line, "%s%d %s", separator, kinds[kind], kind)
	}
	switch {
	case open > 0 && d.command.GroupBy == "":
		line.WriteString("; the last one goes on at the end")
	case open > 0:
		fmt.Fprintf(&line, "; %d at the end of their series go on", open)
	}
	return line.String()
}

// learned is how many points the embedded plugin learns from before it finds what is unusual.
const learned = 72

// notes returns what is wrong with the series as a whole, for this command.
func (d *detecting) notes() (notes []string) {
	if d.notAfter > 0 {
		verb, advice := "are", "sort the input, and tell series apart with --group-by"
		if d.command.GroupBy != "" {
			advice = "sort the input by time"
		}
		if d.notAfter == 1 {
			verb = "is"
		}
		notes = append(notes, fmt.Sprintf("%d of %s %s not after the one before: %s", d.notAfter, counted(d.points, "point"), verb, advice))
	}
	short := 0
	for _, w := range d.watched {
		if w.points <= learned {
			short++
		}
	}
	switch {
	case d.command.Plugin != "" || short == 0:
	case d.command.GroupBy != "":
		notes = append(notes, fmt.Sprintf("%d of %d series are short: before point %d the embedded plugin says nothing but gap and invalid", short, len(d.watched), learned+1))
	default:
		notes = append(notes, fmt.Sprintf("before point %d the embedded plugin says nothing but gap and invalid", learned+1))
	}
	return notes
}

func counted(n uint64, thing string) string {
	if n == 1 {
		return "1 " + thing
	}
	return fmt.Sprintf("%d %ss", n, thing)
}

// onOneLine replaces what is not printed by itself: control characters, and what turns the
// direction of text.
func onOneLine(s string) string {
	return strings.Map(func(r rune) rune {
		if !unicode.IsPrint(r) {
			return '\uFFFD'
		}
		return r
	}, s)
}
