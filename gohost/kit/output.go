package kit

import (
	"context"
	"log/slog"
	"slices"
	"strconv"
	"sync"

	"example.org/compute-pipeline/gohost/internal/text"
)

const (
	// maxOutput is how many lines of a module's output are in the report: no more than
	// [sandbox.GrantOutput] allows at once by default, as others depend on the time.
	maxOutput = 10
	// maxLine is about the max size of such a line in bytes.
	maxLine = 200
)

// output handles the lines that a module prints, and drops other messages: it keeps the
// first lines for the report, and passes all on.
type output struct {
	slog.Handler

	mu    sync.Mutex
	lines []string
}

// Enabled implements [slog.Handler].
func (*output) Enabled(context.Context, slog.Level) bool { return true }

// Handle implements [slog.Handler].
func (o *output) Handle(ctx context.Context, record slog.Record) error {
	line, ok := "", false
	record.Attrs(func(a slog.Attr) bool {
		if ok = a.Key == "line"; ok {
			line = a.Value.String()
		}
		return !ok
	})
	if !ok {
		return nil
	}
	o.keep(line)
	if !o.Handler.Enabled(ctx, record.Level) {
		return nil
	}
	return o.Handler.Handle(ctx, record)
}

func (o *output) keep(line string) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if len(o.lines) < maxOutput {
		o.lines = append(o.lines, text.Cut(line, maxLine))
	}
}

// first returns the first lines.
func (o *output) first() []string {
	o.mu.Lock()
	defer o.mu.Unlock()
	return slices.Clone(o.lines)
}

// quoted returns the output for people: a module cannot make a terminal do anything.
func (r *Report) quoted() (lines string) {
	for _, line := range r.Output {
		lines += "  " + strconv.Quote(line) + "\n"
	}
	return lines
}
