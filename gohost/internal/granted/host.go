// Package granted gives a guest what it was granted: output, clocks and waiting for them,
// random numbers, reading files. Packages wasi and wasi2 are the two forms in which guests
// ask for it, WASI preview 1 and WASI 0.2; what they may have, and what it costs, is here.
//
// A host function runs outside the guest's own metering, so it charges for itself.
// Before it does any work it charges the call's meter for the requested work, which
// also stops it when the call's context, time or budget has ended. Long work is done
// in chunks, each charged before. Counts and paths are bounded. Prices depend only on
// the arguments and on the contents of files, never on speed, so a call costs the
// same on every machine.
package granted

import (
	"context"
	"io"
	"io/fs"
	"time"

	"github.com/tetratelabs/wazero/api"

	"example.org/compute-pipeline/gohost/internal/fuel"
)

// Config is what an instance may use. A nil field is not available; output without a
// writer is discarded.
type Config struct {
	Stdout, Stderr io.Writer
	// Now returns the time, with a monotonic reading.
	Now    func() time.Time
	Random io.Reader
	// Files become the directory "/".
	Files fs.FS
}

// Host holds the granted resources of one instance. It is itself the context of the
// instance's metered calls, or a part of it, so that the host functions find it without an
// allocation.
type Host struct {
	context.Context // of the current call
	Config
	// Module is the guest that called the current function.
	Module api.Module

	meter *fuel.Meter // nil for a call that is not metered
	words lastWords
	// opened is the number of open files; roots that of the root directory opened; handles
	// that of handles of other things.
	opened, roots, handles int
}

// Key is under which a context has what is or embeds a [Host].
type Key struct{}

// Begin begins a call, and reports whether it is metered.
func (h *Host) Begin(ctx context.Context) bool {
	h.Context, h.meter = ctx, fuel.FromContext(ctx)
	h.words.reset()
	return h.meter != nil
}

// Leave ends a call. It keeps no reference to its context.
func (h *Host) Leave() { h.Context, h.meter = nil, nil }

// Granted returns the host, of what embeds it.
func (h *Host) Granted() *Host { return h }

// FromContext returns the host of a call, or nil.
func FromContext(ctx context.Context) *Host {
	if owner, ok := ctx.Value(Key{}).(interface{ Granted() *Host }); ok {
		return owner.Granted()
	}
	return nil
}

// TakeHandle counts a handle, and reports whether there may be one more.
func (h *Host) TakeHandle() bool {
	if h.handles == MaxHandles {
		return false
	}
	h.handles++
	return true
}

// ReleaseHandle ends what TakeHandle began.
func (h *Host) ReleaseHandle() { h.handles-- }
