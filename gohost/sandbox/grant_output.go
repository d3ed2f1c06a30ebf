package sandbox

import (
	"bytes"
	"context"
	"log/slog"
	"strings"
	"sync"
	"time"

	"example.org/compute-pipeline/gohost/internal/wasi2"
)

// OutputLimits limit a module's output ([GrantOutput]). A zero field means its
// default.
type OutputLimits struct {
	// LineBytes is the max length of a line. The rest of a longer line is dropped.
	// The default is 1024.
	LineBytes int
	// LinesPerSecond is the rate of lines that all instances together may write,
	// and also the size of a burst. Other lines are dropped. The default is 10.
	LinesPerSecond int
}

const (
	defaultLineBytes      = 1024
	defaultLinesPerSecond = 10
)

// GrantOutput grants standard output and standard error. Each line becomes a message
// to the module's logger ([WithLogger]) at level Info or Warn. The line is in the
// attribute "line", so output cannot pass for a message of the host. The next message
// reports the number of dropped lines. A logger that blocks also blocks the call.
func GrantOutput(limits OutputLimits) Grant {
	g := Grant{name: "output", imports: outputImports, gives: []wasi2.Capability{wasi2.Output}}
	if limits.LineBytes < 0 || limits.LinesPerSecond < 0 {
		return g // WithGrants rejects it
	}
	if limits.LineBytes == 0 {
		limits.LineBytes = defaultLineBytes
	}
	if limits.LinesPerSecond == 0 {
		limits.LinesPerSecond = defaultLinesPerSecond
	}
	rate := &lineRate{perSecond: float64(limits.LinesPerSecond), now: time.Now}
	g.configure = func(c *instanceConfig) {
		writer := func(stream string, level slog.Level) *lineWriter {
			return &lineWriter{limit: limits.LineBytes, rate: rate, module: c.module, stream: stream, level: level}
		}
		c.wasi.Stdout, c.wasi.Stderr = writer("stdout", slog.LevelInfo), writer("stderr", slog.LevelWarn)
	}
	return g
}

// lineRate is a token bucket for the lines of all instances.
type lineRate struct {
	perSecond float64
	now       func() time.Time

	mu      sync.Mutex
	tokens  float64
	last    time.Time
	dropped int
}

// take reports whether a line may be written, and how many lines were dropped since
// the last one that was.
func (r *lineRate) take() (dropped int, ok bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	now := r.now()
	if r.last.IsZero() {
		r.tokens = r.perSecond
	} else {
		r.tokens = min(r.perSecond, r.tokens+now.Sub(r.last).Seconds()*r.perSecond)
	}
	r.last = now
	if r.tokens < 1 {
		r.dropped++
		return 0, false
	}
	r.tokens--
	dropped, r.dropped = r.dropped, 0
	return dropped, true
}

// lineWriter is one output stream of one instance.
type lineWriter struct {
	limit  int
	rate   *lineRate
	module *Module
	stream string
	level  slog.Level

	line []byte // the current line so far
	cut  bool   // whether the rest of it was dropped
}

// Write logs the complete lines, keeps the rest, and never waits.
func (w *lineWriter) Write(p []byte) (int, error) {
	n := len(p)
	for len(p) > 0 {
		part, rest, ended := bytes.Cut(p, []byte{'\n'})
		if room := w.limit - len(w.line); len(part) > room {
			part, w.cut = part[:room], true
		}
		w.line = append(w.line, part...)
		if ended {
			w.flush()
		}
		p = rest
	}
	return n, nil
}

func (w *lineWriter) flush() {
	if dropped, ok := w.rate.take(); ok {
		attrs := []slog.Attr{
			slog.String("module", w.module.name),
			slog.String("stream", w.stream),
			slog.String("line", strings.ToValidUTF8(string(w.line), "\uFFFD")),
		}
		if w.cut {
			attrs = append(attrs, slog.Bool("cut", true))
		}
		if dropped > 0 {
			attrs = append(attrs, slog.Int("dropped", dropped))
		}
		w.module.config.logger.LogAttrs(context.Background(), w.level, "output of a guest", attrs...)
	}
	w.line, w.cut = w.line[:0], false
}
