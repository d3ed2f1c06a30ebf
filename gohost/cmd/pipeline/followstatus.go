package main

import (
	"errors"
	"fmt"
	"io"
	"sync"
	"time"

	"example.org/compute-pipeline/gohost/input"
	"example.org/compute-pipeline/gohost/internal/epoch"
	"example.org/compute-pipeline/gohost/stream"
)

// reportEvery is how often a following reports its status.
const reportEvery = 10 * time.Second

// A followStatus says on standard error how a following gets on.
type followStatus struct {
	out  io.Writer
	off  bool
	unit epoch.Unit
	by   string // --group-by

	several bool // columns of values

	mu       sync.Mutex
	now      stream.Stats
	counts   input.Counts
	before   stream.Stats // of the last report
	most     int          // keys at a time
	reported time.Time
}

func newFollowStatus(out io.Writer, c *runCommand) *followStatus {
	return &followStatus{out: out, off: c.NoProgress, unit: c.Unit, by: c.GroupBy, several: len(c.ValueColumn) > 1, reported: time.Now()}
}

func (s *followStatus) continued(stats stream.Stats) {
	s.now, s.before = stats, stats
	if stats.Points > 0 {
		fmt.Fprintf(s.out, "goes on after %s\n", count(stats.Points, "point"))
	}
}

func (s *followStatus) update(stats stream.Stats, counts input.Counts) {
	s.mu.Lock()
	s.now, s.counts = stats, counts
	s.most = max(s.most, stats.Keys)
	s.mu.Unlock()
}

// report reports the rate since the last report, and the lag: how far the watermark is behind the clock.
func (s *followStatus) report(at time.Time) {
	s.mu.Lock()
	defer s.mu.Unlock()
	passed := at.Sub(s.reported)
	if s.off || passed < reportEvery {
		return
	}
	rate := float64(s.now.Points-s.before.Points) / passed.Seconds()
	fmt.Fprintf(s.out, "%s, %.0f/s, %s late, %s printed", count(s.now.Points, "point"), rate, grouped(s.now.Late), count(s.now.Results, "window"))
	if n := s.counts.Missing; n > 0 {
		fmt.Fprintf(s.out, ", %s missing", grouped(uint64(n)))
	}
	if n := s.counts.Bad; n > 0 {
		fmt.Fprintf(s.out, ", %s bad", grouped(uint64(n)))
	}
	if s.by != "" {
		fmt.Fprintf(s.out, ", %s", s.keys(s.now.Keys))
	}
	if s.unit.Valid(s.now.Watermark) && s.now.Points > 0 {
		fmt.Fprintf(s.out, ", lag %s", at.Sub(s.unit.Time(s.now.Watermark)).Round(time.Second))
	}
	fmt.Fprintln(s.out)
	s.before, s.reported = s.now, at
}

// end says what was printed, and what was not. The cause is that of the context's end.
func (s *followStatus) end(stats stream.Stats, err, cause error, saved string) {
	why := "the end"
	var signalled interrupted
	switch {
	case errors.As(cause, &signalled):
		why = "interrupted"
	case err != nil:
		why = "stopped by an error"
	}
	fmt.Fprintf(s.out, "%s: %s, %s late, %s printed", why, count(stats.Points, "point"), grouped(stats.Late), count(stats.Results, "window"))
	if s.by != "" {
		fmt.Fprintf(s.out, ", up to %s at a time", s.keys(max(s.most, stats.Keys)))
	}
	if stats.Open > 0 {
		fmt.Fprintf(s.out, "; %s not complete and not printed", are(stats.Open, "window"))
		if saved != "" {
			fmt.Fprintf(s.out, ", and in %s", saved)
		}
	}
	fmt.Fprintln(s.out)
}

// keys says how many series the stream has: with several columns of values one for each.
func (s *followStatus) keys(n int) string {
	if s.several {
		return fmt.Sprintf("%s series of %s", grouped(uint64(n)), s.by)
	}
	return fmt.Sprintf("%s of %s", count(uint64(n), "value"), s.by)
}

func count(n uint64, what string) string {
	if n == 1 {
		return "1 " + what
	}
	return grouped(n) + " " + what + "s"
}

func are(n int, what string) string {
	if n == 1 {
		return "1 " + what + " is"
	}
	return grouped(uint64(n)) + " " + what + "s are"
}

// grouped writes a number with commas between groups of three digits.
func grouped(n uint64) string {
	text := fmt.Sprint(n)
	for at := len(text) - 3; at > 0; at -= 3 {
		text = text[:at] + "," + text[at:]
	}
	return text
}
