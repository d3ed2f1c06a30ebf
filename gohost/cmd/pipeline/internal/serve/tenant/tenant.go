package tenant

import (
	"math"
	"slices"
	"sync/atomic"
	"time"

	"golang.org/x/time/rate"
)

// A Tenant is a caller of the service.
type Tenant struct {
	// Name is for logs and metrics.
	Name string
	// Admin may upload, activate, roll back and unload versions of the plugins
	// that MayAdmin names.
	Admin bool
	// Monitor may see the status page and the metrics, which are of all plugins.
	// An Admin of all plugins may, too.
	Monitor bool
	// MaxBodyBytes bounds the body of a request; 0 leaves it to the service.
	MaxBodyBytes int64
	// MaxConcurrent bounds how many of its requests are under way; 0 leaves it to
	// the service.
	MaxConcurrent int

	plugins []string
	usage   *usage
}

// usage is what a tenant is using. It outlives a reload of the file.
type usage struct {
	limiter  *rate.Limiter
	inFlight atomic.Int64
}

func newTenant(e entry, used *usage) *Tenant {
	limit, burst := rate.Inf, e.Burst
	if e.RequestsPerSecond > 0 {
		limit = rate.Limit(e.RequestsPerSecond)
		if burst == 0 { // a second's worth
			burst = max(1, int(math.Ceil(min(e.RequestsPerSecond, math.MaxInt32))))
		}
	}
	if used == nil {
		used = &usage{limiter: rate.NewLimiter(limit, burst)}
	}
	used.limiter.SetBurst(burst)
	used.limiter.SetLimit(limit)
	return &Tenant{
		Name: e.Name, Admin: e.Admin, Monitor: e.Monitor || e.Admin && e.ofAll(), MaxBodyBytes: e.MaxBodyBytes,
		MaxConcurrent: e.MaxConcurrent, plugins: e.Plugins, usage: used,
	}
}

// MayCall reports whether the tenant may call the plugin.
func (t *Tenant) MayCall(plugin string) bool {
	return slices.Contains(t.plugins, plugin) || slices.Contains(t.plugins, AllPlugins)
}

// MayAdmin reports whether the tenant may change the plugin: an admin may change
// those that it may call. One for which the file names no plugin may change them
// all, and call none.
func (t *Tenant) MayAdmin(plugin string) bool {
	return t.Admin && (len(t.plugins) == 0 || t.MayCall(plugin))
}

// ofAll reports whether the rights of an admin are for all plugins.
func (e entry) ofAll() bool { return len(e.Plugins) == 0 || slices.Contains(e.Plugins, AllPlugins) }

// Take counts a request against the tenant's rate. It returns how long to wait
// before the next try when there are too many, or 0.
func (t *Tenant) Take(now time.Time) time.Duration {
	r := t.usage.limiter.ReserveN(now, 1)
	wait := r.DelayFrom(now)
	if wait > 0 {
		r.CancelAt(now)
	}
	return wait
}

// Enter begins a request, and reports false when the tenant has as many under
// way as it may. Each that was begun must Leave.
func (t *Tenant) Enter() bool {
	if n := t.usage.inFlight.Add(1); t.MaxConcurrent > 0 && n > int64(t.MaxConcurrent) {
		t.usage.inFlight.Add(-1)
		return false
	}
	return true
}

// Leave ends a request.
func (t *Tenant) Leave() { t.usage.inFlight.Add(-1) }
