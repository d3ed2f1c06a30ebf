package serve

import (
	"context"
	"fmt"
	"log/slog"

	"example.org/compute-pipeline/gohost/cmd/pipeline/internal/serve/problem"
)

// maxLogged is the max size of a value in the log, such as a plugin's error message.
const maxLogged = 8 << 10

// bounded is a log handler that cuts long values.
type bounded struct{ slog.Handler }

// Handle implements slog.Handler.
func (h bounded) Handle(ctx context.Context, r slog.Record) error {
	cut := slog.NewRecord(r.Time, r.Level, problem.Cut(r.Message, maxLogged), r.PC)
	r.Attrs(func(a slog.Attr) bool {
		cut.AddAttrs(cutAttr(a))
		return true
	})
	return h.Handler.Handle(ctx, cut)
}

// WithAttrs implements slog.Handler.
func (h bounded) WithAttrs(attrs []slog.Attr) slog.Handler {
	cut := make([]slog.Attr, len(attrs))
	for i, a := range attrs {
		cut[i] = cutAttr(a)
	}
	return bounded{h.Handler.WithAttrs(cut)}
}

// WithGroup implements slog.Handler.
func (h bounded) WithGroup(name string) slog.Handler { return bounded{h.Handler.WithGroup(name)} }

func cutAttr(a slog.Attr) slog.Attr {
	a.Value = a.Value.Resolve()
	switch a.Value.Kind() {
	case slog.KindString:
		a.Value = slog.StringValue(problem.Cut(a.Value.String(), maxLogged))
	case slog.KindGroup:
		inner := a.Value.Group()
		cut := make([]slog.Attr, len(inner))
		for i, b := range inner {
			cut[i] = cutAttr(b)
		}
		a.Value = slog.GroupValue(cut...)
	case slog.KindAny:
		switch v := a.Value.Any().(type) {
		case error:
			a.Value = slog.StringValue(problem.Cut(v.Error(), maxLogged))
		case fmt.Stringer:
			a.Value = slog.StringValue(problem.Cut(v.String(), maxLogged))
		}
	}
	return a
}
