package main

import (
	"context"
	"fmt"
	"io"
	"sync"

	"example.org/compute-pipeline/gohost/cmd/pipeline/internal/sources"
	"example.org/compute-pipeline/gohost/input"
)

// A taking notes what was taken of the inputs of a run, and what was left out.
type taking struct {
	mu      sync.Mutex
	counts  input.Counts
	guesses []input.Guess
	bad     int64
	policy  badFlag
	aside   *quarantine // nil without one
}

// newTaking notes what a reading takes. Of several files, bad records are those of all.
func newTaking(how *sources.Reading, policy badFlag) *taking {
	t := &taking{policy: policy}
	begin, read := how.Begin, how.Read
	how.Begin = func(r *input.Reader) error {
		t.guesses = r.Guesses()
		return begin(r)
	}
	how.Read = func(ctx context.Context, r *input.Reader, pieces int) error {
		err := read(ctx, r, pieces)
		t.mu.Lock()
		defer t.mu.Unlock()
		t.counts.Add(r.Counts())
		return err
	}
	if policy.max > 0 {
		how.InOrder = true
		how.Bad = t.leftOut
		how.Options.Bad.Record = func(b input.BadRecord) error { return t.leftOut("", b) }
	}
	if policy.file != "" {
		t.aside = &quarantine{name: policy.file}
	}
	return t
}

// leftOut counts a record that is left out.
func (t *taking) leftOut(file string, b input.BadRecord) error {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.bad == t.policy.max {
		return fmt.Errorf("%s (%d bad records were left out before, the max of --bad)", b.Message, t.policy.max)
	}
	t.bad++
	if t.aside != nil {
		return t.aside.add(file, b)
	}
	return nil
}

// note says what was guessed and left out.
func (t *taking) note(w io.Writer) {
	for _, g := range t.guesses {
		if g.Notable {
			fmt.Fprintf(w, "note: %s %s: %s\n", g.What, g.Value, g.Why)
		}
	}
	noteCounts(w, t.counts)
}

// noteCounts says what was left out.
func noteCounts(w io.Writer, counts input.Counts) {
	if n := counts.Missing; n > 0 {
		fmt.Fprintf(w, "note: %s left out: missing\n", count(uint64(n), "value"))
	}
	if n := counts.Bad; n > 0 {
		fmt.Fprintf(w, "note: %s left out: bad\n", count(uint64(n), "record"))
	}
}
