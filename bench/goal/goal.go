// Package goal writes what a run should reach, what it has reached, and why not.
package goal

import (
	"fmt"
	"strings"
)

// Goal is a figure, what it should be at most or at least, and what it was.
type Goal struct {
	// Topic is the heading under which it is explained if it is not met.
	Topic  string
	Figure string
	// Least says that Limit is a min, and not a max.
	Least    bool
	Limit    float64
	Unit     string
	Measured float64
	// Known says that it was measured.
	Known bool
}

// Missed says that it was measured, and is not met.
func (g Goal) Missed() bool {
	return g.Known && (g.Least && g.Measured < g.Limit || !g.Least && g.Measured > g.Limit)
}

// Head are the first two lines of a table of goals.
const Head = "| figure | goal | measured | |\n| --- | ---: | ---: | --- |\n"

// Row is the goal's line of that table. format writes a number with few digits; where these hide
// that a goal is missed, there are more.
func (g Goal) Row(format func(float64) string) string {
	bound := "≤"
	if g.Least {
		bound = "≥"
	}
	measured, met := "–", "not measured in this run"
	switch {
	case g.Missed():
		measured, met = format(g.Measured), fmt.Sprintf("[not met](#%s)", anchor(g.Topic))
		if measured == format(g.Limit) {
			measured = fmt.Sprintf("%.4g", g.Measured)
		}
		measured += g.Unit
	case g.Known:
		measured, met = format(g.Measured)+g.Unit, "met"
	}
	return fmt.Sprintf("| %s | %s %s%s | %s | %s |\n", g.Figure, bound, format(g.Limit), g.Unit, measured, met)
}

// anchor is where a heading of plain words can be linked to.
func anchor(heading string) string { return strings.ReplaceAll(strings.ToLower(heading), " ", "-") }

// WhyNot is the section that goals which are missed link to, by the reasons of their topics. It
// returns the topics without one too.
func WhyNot(goals []Goal, reasons map[string]string) (section string, unexplained []string) {
	missed := make(map[string]bool)
	var s strings.Builder
	for _, g := range goals {
		if !g.Missed() || missed[g.Topic] {
			continue
		}
		if len(missed) == 0 {
			s.WriteString("\n## What is not met and why\n")
		}
		missed[g.Topic] = true
		reason := reasons[g.Topic]
		if reason == "" {
			reason = "The reason is not known yet."
			unexplained = append(unexplained, g.Topic)
		}
		fmt.Fprintf(&s, "\n### %s\n\n%s\n", g.Topic, Wrapped(reason))
	}
	return s.String(), unexplained
}

// width is that of the lines of a document.
const width = 97

// Wrapped breaks the lines of a text's paragraphs.
func Wrapped(text string) string {
	var paragraphs []string
	for paragraph := range strings.SplitSeq(text, "\n\n") {
		var s strings.Builder
		column := 0
		for i, word := range strings.Fields(paragraph) {
			length := len([]rune(word))
			switch {
			case i == 0:
			case column+1+length > width:
				s.WriteByte('\n')
				column = 0
			default:
				s.WriteByte(' ')
				column++
			}
			s.WriteString(word)
			column += length
		}
		paragraphs = append(paragraphs, s.String())
	}
	return strings.Join(paragraphs, "\n\n")
}
