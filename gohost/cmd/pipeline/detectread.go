package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"

	"example.org/compute-pipeline/gohost"
	"example.org/compute-pipeline/gohost/cmd/pipeline/internal/chart"
	"example.org/compute-pipeline/gohost/cmd/pipeline/internal/database"
	"example.org/compute-pipeline/gohost/cmd/pipeline/internal/sources"
	"example.org/compute-pipeline/gohost/inference/detector"
	"example.org/compute-pipeline/gohost/input"
)

// A detecting is one run of a detector over an input.
type detecting struct {
	command *detectCommand
	plugin  *detector.Detector
	card    detector.ModelCard
	series  *chart.Series // nil without a plot

	watched   map[string]*watched // by key
	points    uint64
	notAfter  uint64 // points that are not after the one before of their series
	found     []found
	valueName string          // of a column
	name      string          // of the input
	noted     strings.Builder // about what was read
	state     []byte          // of sound
	heard     *hearing
}

// A watched series has a state of its own.
type watched struct {
	key      string
	state    []byte
	points   uint64
	previous uint64 // timestamp of the last point
	open     detector.Detection
	next     []detector.Datapoint // of a piece
}

// A found anomaly is one of a series.
type found struct {
	detector.Finding
	key  string
	open bool // it goes on at the end of the input
}

// mostWatched bounds the memory for series: the embedded plugin keeps about a kilobyte of each.
const mostWatched = 100_000

// read finds all anomalies of the input.
func (d *detecting) read(ctx context.Context, std streams) error {
	if d.command.From != "" {
		d.name = database.Name(d.command.From)
		return d.readAll(ctx, sources.Other(d.name), std, d.command.Compression)
	}
	d.name = d.command.inputName()
	if d.mayBeSound() {
		return d.readSound(ctx, std)
	}
	set, err := sources.Find([]string{d.command.File})
	if err != nil {
		return usageError{plainPathError(err)}
	}
	return d.readAll(ctx, set, std, d.command.Compression)
}

// mayBeSound reports whether the input is a single one that is not known to be something else.
func (d *detecting) mayBeSound() bool {
	c := d.command
	if c.PCM {
		return true
	}
	if c.Format != input.Auto || c.GroupBy != "" || c.TimeColumn != "" {
		return false
	}
	info, err := os.Stat(c.File)
	return c.File == "-" || err == nil && !info.IsDir()
}

// readSound reads sound, or something else that begins with other bytes.
func (d *detecting) readSound(ctx context.Context, std streams) (err error) {
	c := d.command
	source, err := sources.Open(ctx, c.File, std.in, c.Compression)
	if err != nil {
		return usageError{plainPathError(err)}
	}
	defer func() { err = errors.Join(err, source.Close()) }()
	sound, in, err := c.sound(source)
	if err == nil && sound != nil {
		bar := newProgress(std.err, source, c.NoProgress)
		defer bar.clear()
		err = d.hear(ctx, sound, bar)
	}
	switch {
	case errors.As(err, new(usageError)):
		return err
	case err != nil:
		return fmt.Errorf("%s: %w", d.name, plainReadError(err))
	case sound != nil:
		return nil
	}
	if info, err := os.Stat(c.File); err == nil && info.Mode().IsRegular() {
		set, err := sources.Find([]string{c.File})
		if err != nil {
			return usageError{plainPathError(err)}
		}
		return d.readAll(ctx, set, std, c.Compression)
	}
	// It can be read only once, and is decompressed.
	set, err := sources.Find([]string{"-"})
	if err != nil {
		return err
	}
	std.in = in
	return d.readAll(ctx, set, std, input.NoCompression)
}

// readAll finds all anomalies of the points of a set.
func (d *detecting) readAll(ctx context.Context, set *sources.Set, std streams, compression input.Compression) error {
	c := d.command
	engine, err := gohost.New(ctx, c.options()...)
	if err != nil {
		return err
	}
	defer engine.Close(context.WithoutCancel(ctx))
	d.watched = map[string]*watched{}
	bar := newProgress(std.err, set, c.NoProgress)
	defer bar.clear()
	how := sources.Reading{Options: c.readerOptions(engine), InOrder: true, Stdin: std.in, Compression: compression, Parallel: parsedAtOnce}
	how.Options.Keys = splitNames(c.GroupBy)
	how.Begin = func(r *input.Reader) error {
		if err := c.checkReader(r); err != nil {
			return err
		}
		c.Unit = r.Unit()
		d.valueName = strings.Join(r.ValueNames(), ", ")
		return nil
	}
	how.Read = func(ctx context.Context, r *input.Reader, pieces int) error {
		return input.Each(ctx, r, pieces, nothing, func(p *input.Piece, _ struct{}) error {
			bar.update()
			return d.detectAll(ctx, p)
		})
	}
	if _, err := readData(ctx, c.Bad, &c.databaseFlags, set, &d.noted, how); err != nil {
		return err
	}
	return d.end()
}

// detectAll calls the plugin with the points of a piece, one series after the other.
func (d *detecting) detectAll(ctx context.Context, p *input.Piece) error {
	c := d.command
	var order []*watched
	var last *watched
	var checked []byte // of the keys
	for i, point := range p.Points {
		key, message := p.Key(i), ""
		if !isSame(key, checked) {
			checked, message = key, badKey(key, c.GroupBy)
		}
		if !c.Unit.Valid(point.Timestamp) {
			message = c.Unit.Explain(point.Timestamp)
		}
		if message != "" {
			return &input.DataError{Position: p.Locate(i), Message: message}
		}
		if last == nil || last.key != string(key) {
			if last = d.watched[string(key)]; last == nil {
				if len(d.watched) == mostWatched {
					return &input.DataError{Position: p.Locate(i), Message: fmt.Sprintf("there are more than %s of %s, each of which needs a detector's state", count(mostWatched, "value"), c.GroupBy)}
				}
				last = &watched{key: string(key)}
				d.watched[last.key] = last
			}
		}
		if len(last.next) == 0 {
			order = append(order, last)
		}
		last.next = append(last.next, detector.Datapoint(point))
	}
	for _, w := range order {
		if err := d.detect(ctx, w); err != nil {
			return err
		}
		w.next = w.next[:0]
		if len(d.watched) > 1 {
			w.next = nil // others need the memory
		}
	}
	return nil
}

// detect calls the plugin with the next points of a series.
func (d *detecting) detect(ctx context.Context, w *watched) error {
	for points := w.next; len(points) > 0; {
		n := min(len(points), detectedAtOnce)
		for _, p := range points[:n] {
			if w.points > 0 && p.Timestamp <= w.previous {
				d.notAfter++
			}
			w.previous = p.Timestamp
			w.points++
			if d.series != nil {
				d.series.Add(d.command.seconds(p.Timestamp), p.Value)
			}
		}
		result, err := d.plugin.Detect(ctx, w.state, points[:n])
		if err != nil {
			return fmt.Errorf("%s, after %d points%s: %w", d.command.pluginName(), w.points-uint64(n), d.of(w.key), advised(err))
		}
		w.state, w.open = result.State, result
		w.open.State, w.open.Findings = nil, nil
		d.points += uint64(n)
		if err := d.keep(result.Findings, w.key, false); err != nil {
			return err
		}
		points = points[n:]
	}
	return nil
}

// of says of which series something is, if there are several.
func (d *detecting) of(key string) string {
	if d.command.GroupBy == "" {
		return ""
	}
	parts, _ := input.SplitKey(key, len(splitNames(d.command.GroupBy)))
	return " of " + printable(strings.Join(parts, ", "))
}

// end adds what goes on at the end of the input, and orders findings by time.
func (d *detecting) end() error {
	for _, w := range d.watched {
		if last, ok := w.open.Open.Get(); ok {
			if err := d.keep([]detector.Finding{last}, w.key, true); err != nil {
				return err
			}
		}
	}
	if d.command.GroupBy != "" {
		slices.SortStableFunc(d.found, func(a, b found) int { return cmp.Or(cmp.Compare(a.First, b.First), cmp.Compare(a.key, b.key)) })
	}
	return nil
}

// keep adds findings of a series that reach the threshold. What a plugin returns may be anything.
func (d *detecting) keep(findings []detector.Finding, key string, open bool) error {
	for _, f := range findings {
		if !(f.Score >= 0 && f.Score <= 1) {
			return fmt.Errorf("%s reports a score of %v; expected 0 to 1", d.command.pluginName(), f.Score)
		}
		if float64(f.Score) < d.command.Threshold {
			continue
		}
		for _, t := range []uint64{f.First, f.Last} {
			if !d.command.Unit.Valid(t) {
				return fmt.Errorf("%s reports a finding at the timestamp %d, which no point has", d.command.pluginName(), t)
			}
		}
		if len(d.found) == mostFindings {
			return fmt.Errorf("more than %d findings in %d points: raise --threshold", mostFindings, d.points)
		}
		d.found = append(d.found, found{f, key, open})
	}
	return nil
}
