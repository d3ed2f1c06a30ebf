package main

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	"example.org/compute-pipeline/tests/soak/internal/document"
	"example.org/compute-pipeline/tests/soak/internal/gauge"
)

// outcome is what a scenario found.
type outcome struct {
	name     string // of the files and of the section
	title    string // of the plot
	text     strings.Builder
	samples  []gauge.Sample
	panels   []gauge.Panel
	curves   []gauge.Curve // in place of samples and panels
	failures []error       // what was not as it must be
}

func (o *outcome) printf(format string, args ...any) { fmt.Fprintf(&o.text, format, args...) }

// must notes a failure unless ok.
func (o *outcome) must(ok bool, format string, args ...any) {
	if !ok {
		o.failures = append(o.failures, fmt.Errorf(format, args...))
	}
}

// record takes samples, and tells on standard error every ten seconds how far
// the run is.
func (o *outcome) record(interval time.Duration, probe func(*gauge.Sample)) *gauge.Recorder {
	told := time.Now()
	return gauge.Record(interval, func(s *gauge.Sample) {
		probe(s)
		if time.Since(told) >= 10*time.Second {
			told = time.Now()
			fmt.Fprintf(os.Stderr, "%s: %s calls in %.0f s\n", o.name, gauge.Thousands(int64(s.Calls)), s.At.Seconds())
		}
	})
}

// judge holds the samples against the rules and writes the table.
func (o *outcome) judge(rules []gauge.Rule) {
	o.printf("\n| | median | growth | allowed | highest above median | allowed | |\n")
	o.printf("| --- | ---: | ---: | ---: | ---: | ---: | --- |\n")
	for _, rule := range rules {
		v, err := rule.Judge(o.samples)
		if err != nil {
			o.failures = append(o.failures, err)
			continue
		}
		word := "flat"
		if !v.Flat() {
			word = "**not flat**"
		}
		unit := rule.Unit.Format
		o.printf("| %s | %s | %s | %s | %s | %s | %s |\n", rule.Name,
			unit(v.Median), unit(v.Growth), unit(v.MostGrowth), unit(v.Peak), unit(v.MostPeak), word)
		o.must(v.Flat(), "%s is not flat: median %s, growth %s (allowed %s), highest %s above the median (allowed %s)",
			rule.Name, unit(v.Median), unit(v.Growth), unit(v.MostGrowth), unit(v.Peak), unit(v.MostPeak))
	}
}

// hold compares each sample with the bounds and writes the table.
func (o *outcome) hold(bounds []gauge.Bound) {
	o.printf("\n| | highest | bound |\n| --- | ---: | ---: |\n")
	for _, b := range bounds {
		highest := b.Highest(o.samples)
		o.printf("| %s | %s | %s |\n", b.Name, b.Unit.Format(highest), b.Unit.Format(b.Max))
		o.must(highest <= b.Max, "%s: %s in one sample, more than %s", b.Name, b.Unit.Format(highest), b.Unit.Format(b.Max))
	}
}

// err is what went wrong, or nil.
func (o *outcome) err() error {
	if len(o.failures) == 0 {
		return nil
	}
	return fmt.Errorf("%s: %w", o.name, errors.Join(o.failures...))
}

func (o *outcome) draw() ([]byte, error) {
	if len(o.curves) > 0 {
		return gauge.DrawLatencies(o.title, o.curves)
	}
	return gauge.Draw(o.title, o.samples, o.panels)
}

// save writes the samples, the plot and the text into out, and with docs the
// plot and the text into the documents.
func (o *outcome) save(out, docs string) error {
	if err := os.MkdirAll(out, 0o755); err != nil {
		return err
	}
	text := o.text.String()
	if len(o.samples) > 0 {
		var csv bytes.Buffer
		if err := gauge.WriteCSV(&csv, o.samples); err != nil {
			return err
		}
		if err := os.WriteFile(filepath.Join(out, o.name+".csv"), csv.Bytes(), 0o644); err != nil {
			return err
		}
	}
	png, err := o.draw()
	if err != nil {
		return err
	}
	image := "soak-" + o.name + ".png"
	if err := os.WriteFile(filepath.Join(out, image), png, 0o644); err != nil {
		return err
	}
	if docs != "" {
		if err := os.WriteFile(filepath.Join(docs, "images", image), png, 0o644); err != nil {
			return err
		}
		text += fmt.Sprintf("\n![%s](images/%s)\n", o.title, image)
	}
	if docs != "" {
		if err := document.Replace(filepath.Join(docs, "soak.md"), o.name, text); err != nil {
			return err
		}
	}
	return os.WriteFile(filepath.Join(out, o.name+".md"), []byte(text), 0o644)
}
