package kit

import (
	"encoding/xml"
	"fmt"
	"io"
	"strings"
	"unicode/utf8"
)

// The elements of JUnit's XML, as Jenkins and GitLab read them.
type (
	junitSuites struct {
		XMLName xml.Name   `xml:"testsuites"`
		Suite   junitSuite `xml:"testsuite"`
	}
	junitSuite struct {
		Name       string          `xml:"name,attr"`
		Tests      int             `xml:"tests,attr"`
		Failures   int             `xml:"failures,attr"`
		Errors     int             `xml:"errors,attr"`
		Skipped    int             `xml:"skipped,attr"`
		Time       string          `xml:"time,attr"`
		Properties []junitProperty `xml:"properties>property"`
		Cases      []junitCase     `xml:"testcase"`
		Output     string          `xml:"system-out,omitempty"`
	}
	junitProperty struct {
		Name  string `xml:"name,attr"`
		Value string `xml:"value,attr"`
	}
	junitCase struct {
		Name    string        `xml:"name,attr"`
		Class   string        `xml:"classname,attr"`
		Time    string        `xml:"time,attr"`
		Failure *junitProblem `xml:"failure"`
		Skipped *junitProblem `xml:"skipped"`
	}
	junitProblem struct {
		Message string `xml:"message,attr"`
		Text    string `xml:",cdata"`
	}
)

// WriteJUnit writes the report as XML of JUnit: a suite with a test case for each check.
func (r *Report) WriteJUnit(w io.Writer, name string) error {
	suite := junitSuite{
		Name: printable(name), Tests: len(r.Checks), Time: junitTime(r.Seconds),
		Properties: []junitProperty{
			{"contract", printable(r.Contract)},
			{"seed", fmt.Sprint(r.Seed)},
			{"sha256", r.Module.SHA256},
		},
		Output: printable(r.quoted()),
	}
	if r.Grade != "" {
		suite.Properties = append(suite.Properties, junitProperty{"grade", r.Grade})
	}
	for _, cost := range r.Functions {
		suite.Properties = append(suite.Properties,
			junitProperty{printable(cost.Function) + " max fuel", fmt.Sprint(cost.MaxFuel)},
			junitProperty{printable(cost.Function) + " peak memory", fmt.Sprint(cost.PeakMemory)})
	}
	for _, check := range r.Checks {
		c := junitCase{Name: check.Title, Class: "kit." + check.Name, Time: junitTime(check.Seconds)}
		switch check.Status {
		case Failed:
			suite.Failures++
			var text strings.Builder
			check.writeFailures(&text)
			c.Failure = &junitProblem{Message: count(check.Failed, "problem"), Text: printable(text.String())}
		case Skipped:
			suite.Skipped++
			c.Skipped = &junitProblem{Message: printable(check.Note)}
		case Passed:
		}
		suite.Cases = append(suite.Cases, c)
	}
	encoder := xml.NewEncoder(w)
	encoder.Indent("", "  ")
	if _, err := io.WriteString(w, xml.Header); err != nil {
		return fmt.Errorf("writing the report: %w", err)
	}
	if err := encoder.Encode(junitSuites{Suite: suite}); err != nil {
		return fmt.Errorf("writing the report: %w", err)
	}
	if _, err := io.WriteString(w, "\n"); err != nil {
		return fmt.Errorf("writing the report: %w", err)
	}
	return nil
}

func junitTime(seconds float64) string { return fmt.Sprintf("%.3f", seconds) }

// printable replaces characters that XML does not have.
func printable(text string) string {
	return strings.Map(func(r rune) rune {
		if r < ' ' && r != '\n' && r != '\t' || r == utf8.RuneError || r == 0xfffe || r == 0xffff {
			return '?'
		}
		return r
	}, text)
}
