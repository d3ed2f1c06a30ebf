package main

import (
	"bufio"
	"context"
	"encoding/csv"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"
	"time"

	"example.org/compute-pipeline/gohost/cmd/pipeline/internal/wav"
	"example.org/compute-pipeline/gohost/inference/detector"
)

// Sound has so many samples a second. Its points are one such time after the other, from 0.
const (
	soundRate   = 16_000
	soundSample = time.Second / soundRate
)

// A heard is a stretch of sound in which a detector finds one kind of event.
type heard struct {
	From  time.Duration
	To    time.Duration // the end of the last sample
	Kind  uint32
	Score float32 // the largest
}

// hearing is what is found in a sound.
type hearing struct {
	length time.Duration
	found  []heard // the last one may go on
}

// soundFlags are those of sound.
type soundFlags struct {
	PCM        bool          `group:"Sound" name:"pcm" help:"The input is sound without a header: 16,000 Hz, one channel, signed integers of 16 bits, little-endian. WAV files are recognised."`
	Join       time.Duration `group:"Sound" default:"100ms" placeholder:"TIME" help:"Join stretches with a pause of at most this (default ${default})."`
	MinStretch time.Duration `group:"Sound" default:"250ms" placeholder:"TIME" help:"Leave out shorter stretches (default ${default})."`
}

func (f *soundFlags) check() error {
	if f.Join < 0 || f.MinStretch < 0 {
		return badUse("--join and --min-stretch: expected times that are not negative")
	}
	return nil
}

// sound returns the sound in the input, or nil if it is of another kind, and the input from its
// beginning.
func (c *detectCommand) sound(src io.Reader) (*wav.Reader, io.Reader, error) {
	in := bufio.NewReader(src)
	if c.PCM {
		return wav.NewRaw(in), in, c.checkSound()
	}
	if head, _ := in.Peek(12); !wav.Is(head) { // an error comes again with the next read
		return nil, in, nil
	}
	if err := c.checkSound(); err != nil {
		return nil, nil, err
	}
	r, err := wav.NewReader(in, soundRate)
	return r, in, err
}

// checkSound rejects flags that sound does not go with.
func (c *detectCommand) checkSound() error {
	switch {
	case c.Plugin == "":
		return badUse("the input is sound, and the embedded plugin is for measurements: give a detector for sound, --plugin silero.wasm")
	case c.Plot != "":
		return badUse("--plot: sound is not plotted")
	}
	return nil
}

// hear finds all events of a sound. Its memory does not grow with the length of that.
func (d *detecting) hear(ctx context.Context, r *wav.Reader, bar *progress) error {
	d.heard = &hearing{}
	samples := make([]float64, detectedAtOnce)
	points := make([]detector.Datapoint, 0, detectedAtOnce)
	for ended := false; !ended; {
		if err := ctx.Err(); err != nil {
			return err
		}
		n, err := r.Read(samples)
		if ended = errors.Is(err, io.EOF); err != nil && !ended {
			return err
		}
		bar.update()
		points = points[:0]
		for i, value := range samples[:n] {
			points = append(points, detector.Datapoint{Timestamp: uint64(soundSample) * (d.points + uint64(i)), Value: value})
		}
		result, err := d.plugin.Detect(ctx, d.state, points)
		if err != nil {
			return fmt.Errorf("%s, after %s: %w", d.command.pluginName(), clock(d.heard.length), advised(err))
		}
		d.state = result.State
		d.points += uint64(n)
		d.heard.length = time.Duration(d.points) * soundSample
		if last, ok := result.Open.Get(); ok && ended {
			result.Findings = append(result.Findings, last)
		}
		if err := d.keepHeard(result.Findings); err != nil {
			return err
		}
	}
	d.dropShort()
	return nil
}

// keepHeard adds findings that reach the threshold, and joins those that are close. What a
// plugin returns may be anything.
func (d *detecting) keepHeard(found []detector.Finding) error {
	for _, f := range found {
		if !(f.Score >= 0 && f.Score <= 1) {
			return fmt.Errorf("%s reports a score of %v; expected 0 to 1", d.command.pluginName(), f.Score)
		}
		if f.First > f.Last || f.Last >= uint64(d.heard.length) {
			return fmt.Errorf("%s reports a finding from %d to %d ns, and the sound has %d so far", d.command.pluginName(), f.First, f.Last, d.heard.length)
		}
		if float64(f.Score) < d.command.Threshold {
			continue
		}
		next := heard{time.Duration(f.First), time.Duration(f.Last) + soundSample, f.Kind, f.Score}
		if n := len(d.heard.found); n > 0 {
			last := &d.heard.found[n-1]
			if last.Kind == next.Kind && next.From >= last.From && next.From-last.To <= d.command.Join {
				last.To, last.Score = max(last.To, next.To), max(last.Score, next.Score)
				continue
			}
			d.dropShort()
		}
		if len(d.heard.found) == mostFindings {
			return fmt.Errorf("more than %d findings in %s: raise --threshold", mostFindings, clock(d.heard.length))
		}
		d.heard.found = append(d.heard.found, next)
	}
	return nil
}

// dropShort drops the last stretch, which is complete, if it is too short.
func (d *detecting) dropShort() {
	if n := len(d.heard.found); n > 0 && d.heard.found[n-1].To-d.heard.found[n-1].From < d.command.MinStretch {
		d.heard.found = d.heard.found[:n-1]
	}
}

// seconds returns a time in seconds, rounded once: Duration.Seconds rounds twice.
func seconds(d time.Duration) float64 { return float64(d) / float64(time.Second) }

// heardRow is a stretch as it is printed, with times in seconds from the beginning.
type heardRow struct {
	From  float64 `json:"from"`
	To    float64 `json:"to"`
	Kind  string  `json:"kind"`
	Score float32 `json:"score"`
}

// writeHeard writes the stretches in the format that was chosen.
func (d *detecting) writeHeard(w io.Writer) error {
	rows := make([]heardRow, len(d.heard.found))
	for i, h := range d.heard.found {
		rows[i] = heardRow{seconds(h.From), seconds(h.To), d.kind(detector.Finding{Kind: h.Kind}), h.Score}
	}
	switch d.command.Output {
	case "json":
		out := json.NewEncoder(w)
		out.SetIndent("", "  ")
		return out.Encode(map[string]any{"detector": d.cardRow(), "seconds": seconds(d.heard.length), "findings": rows})
	case "csv":
		out := csv.NewWriter(w)
		_ = out.Write([]string{"from", "to", "kind", "score"}) // Error has the error
		text := func(s float64) string { return strconv.FormatFloat(s, 'f', -1, 64) }
		for _, r := range rows {
			_ = out.Write([]string{text(r.From), text(r.To), r.Kind, strconv.FormatFloat(float64(r.Score), 'g', -1, 32)})
		}
		out.Flush()
		return out.Error()
	}
	if len(rows) == 0 {
		return nil
	}
	width := len("kind")
	for _, r := range rows {
		width = max(width, len([]rune(r.Kind)))
	}
	from := max(len("from"), len(clock(d.heard.length)))
	if _, err := fmt.Fprintf(w, "%*s  %*s  %-*s  score\n", from, "from", from, "to", width, "kind"); err != nil {
		return err
	}
	for i, r := range rows {
		h := d.heard.found[i]
		if _, err := fmt.Fprintf(w, "%*s  %*s  %-*s  %.3f\n", from, clock(h.From), from, clock(h.To), width, r.Kind, r.Score); err != nil {
			return err
		}
	}
	return nil
}

// heardSummary returns what was found in a line.
func (d *detecting) heardSummary() string {
	var total time.Duration
	for _, h := range d.heard.found {
		total += h.To - h.From
	}
	var line strings.Builder
	fmt.Fprintf(&line, "%s %s: %s of sound, %s", printable(d.card.Name), printable(d.card.Version), clock(d.heard.length), counted(uint64(len(d.heard.found)), "finding"))
	if len(d.heard.found) > 0 {
		fmt.Fprintf(&line, " of %s together", clock(total))
	}
	return line.String()
}

// clock returns a time as 1:02:03.456, or without hours as 2:03.456.
func clock(d time.Duration) string {
	ms := d.Milliseconds()
	minutes, rest := ms/60_000, ms%60_000
	text := fmt.Sprintf("%d:%02d.%03d", minutes%60, rest/1000, rest%1000)
	if hours := minutes / 60; hours > 0 {
		text = fmt.Sprintf("%d:%02d:%02d.%03d", hours, minutes%60, rest/1000, rest%1000)
	}
	return text
}
