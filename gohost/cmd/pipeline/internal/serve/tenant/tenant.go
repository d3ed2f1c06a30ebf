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
	// Admin allows uploading, activating, rolling back and unloading versions of the
	// plugins for which MayAdmin returns true.
	Admin bool
	// Monitor allows the status page and the metrics, which show all plugins. So does
	// Admin for all plugins.
	Monitor bool
	// MaxBodyBytes is the max size of a request's body; 0 means the service's limit.
	MaxBodyBytes int64
	// MaxConcurrent is the max number of concurrent requests; 0 means the service's
	// limit.
	MaxConcurrent int

	plugins []string
	usage   *usage
}

// usage is the current usage of a tenant. It survives a reload of the file.
type usage struct {
	limiter  *rate.Limiter
	inFlight atomic.Int64
}

func newTenant(e entry, used *usage) *Tenant {
	limit, burst := rate.Inf, e.Burst
	if e.RequestsPerSecond > 0 {
		limit = rate.Limit(e.RequestsPerSecond)
		if burst == 0 { // one second
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

// MayAdmin reports whether the tenant may change the plugin. An admin may change the
// plugins that it may call. If the file lists no plugin for it, it may change all and call
// none.
func (t *Tenant) MayAdmin(plugin string) bool {
	return t.Admin && (len(t.plugins) == 0 || t.MayCall(plugin))
}

// ofAll reports whether the rights of an admin apply to all plugins.
func (e entry) ofAll() bool { return len(e.Plugins) == 0 || slices.Contains(e.Plugins, AllPlugins) }

// Take counts a request against the tenant's rate. If there are too many, it returns how
// long to wait before the next try, otherwise 0.
func (t *Tenant) Take(now time.Time) time.Duration {
	r := t.usage.limiter.ReserveN(now, 1)
	wait := r.DelayFrom(now)
	if wait > 0 {
		r.CancelAt(now)
	}
	return wait
}

// Enter begins a request. It returns false if the tenant has too many concurrent requests.
// Otherwise the request must call Leave.
func (t *Tenant) Enter() bool {
	if n := t.usage.inFlight.Add(1); t.MaxConcurrent > 0 && n > int64(t.MaxConcurrent) {
		t.usage.inFlight.Add(-1)
		return false
	}
	return true
}

// Leave ends a request.
func (t *Tenant) Leave() { t.usage.inFlight.Add(-1) }
