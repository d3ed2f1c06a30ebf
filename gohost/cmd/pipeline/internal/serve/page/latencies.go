package page

import (
	"context"
	"sync"
	"time"

	"example.org/compute-pipeline/gohost/cmd/pipeline/internal/serve/latency"
	"example.org/compute-pipeline/gohost/plugin"
)

// Latencies keeps how long the calls of each plugin took lately. A version does
// not have its own: the page shows what callers feel.
type Latencies struct{ byPlugin sync.Map } // of name to *latency.Recorder

// NewLatencies makes it; its OnCall is for plugin.Hooks.
func NewLatencies() *Latencies { return &Latencies{} }

// OnCall records a call.
func (l *Latencies) OnCall(_ context.Context, call plugin.CallEvent) {
	recorder, ok := l.byPlugin.Load(call.Plugin)
	if !ok {
		recorder, _ = l.byPlugin.LoadOrStore(call.Plugin, &latency.Recorder{})
	}
	recorder.(*latency.Recorder).Record(call.Start.Add(call.Duration), call.Duration)
}

func (l *Latencies) of(name string) latency.Quantiles {
	if recorder, ok := l.byPlugin.Load(name); ok {
		return recorder.(*latency.Recorder).Quantiles(time.Now())
	}
	return latency.Quantiles{}
}
