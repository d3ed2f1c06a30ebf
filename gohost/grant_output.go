package gohost

import (
	"bytes"
	"context"
	"log/slog"
	"strings"
	"sync"
	"time"
)

// OutputLimits bound what a module may say ([GrantOutput]). Zero values stand
// for the defaults.
type OutputLimits struct {
	// LineBytes is the longest line; the rest of a longer one is dropped. The
	// default is 1024.
	LineBytes int
	// LinesPerSecond is how many lines all instances together may write, with
	// bursts of as many; the rest is dropped. The default is 10.
	LinesPerSecond int
}

const (
	defaultLineBytes      = 1024
	defaultLinesPerSecond = 10
)

// GrantOutput gives the module its standard output and error: each line becomes
// a message of the engine's logger ([WithLogger]) at level Info or Warn, as the
// attribute "line", so that no output can pass for a message of the host. The
// number of lines that were dropped is in the next message. A logger that blocks,
// blocks the call.
func GrantOutput(limits OutputLimits) Grant {
	g := Grant{name: "output", imports: outputImports}
	if limits.LineBytes < 0 || limits.LinesPerSecond < 0 {
		return g // which WithGrants refuses
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
			return &lineWriter{limit: limits.LineBytes, rate: rate, engine: c.engine, stream: stream, level: level}
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

// take reports whether a line may be written, and if so how many were dropped
// since the last one.
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

// lineWriter is one output of one instance.
type lineWriter struct {
	limit  int
	rate   *lineRate
	engine *Engine
	stream string
	level  slog.Level

	line []byte // what was written of the current line
	cut  bool   // and more, which was dropped
}

// Write takes all of p. It writes what is whole as lines, and never waits.
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
			slog.String("module", w.engine.name),
			slog.String("stream", w.stream),
			slog.String("line", strings.ToValidUTF8(string(w.line), "\uFFFD")),
		}
		if w.cut {
			attrs = append(attrs, slog.Bool("cut", true))
		}
		if dropped > 0 {
			attrs = append(attrs, slog.Int("dropped", dropped))
		}
		w.engine.config.logger.LogAttrs(context.Background(), w.level, "output of a guest", attrs...)
	}
	w.line, w.cut = w.line[:0], false
}
