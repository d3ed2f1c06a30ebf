// Package guard protects the routes that are not public. It finds the tenant of a
// request's key, checks that the tenant may do this now, with a body of this size, and
// reads the body.
package guard

import (
	"context"
	"fmt"
	"net/http"
	"strings"
	"time"

	"example.org/compute-pipeline/gohost/cmd/pipeline/internal/serve/admission"
	"example.org/compute-pipeline/gohost/cmd/pipeline/internal/serve/problem"
	"example.org/compute-pipeline/gohost/cmd/pipeline/internal/serve/tenant"
)

// A Right is the right that a route needs.
type Right int

// The rights.
const (
	Known   Right = iota // be a tenant
	Call                 // call the functions of the plugin in the path
	Monitor              // see the status page and the metrics
	Admin                // change the plugin in the path, or see those that may be changed
)

// PluginParam is the part of a path that names a plugin.
const PluginParam = "plugin"

// A Guard checks requests.
type Guard struct {
	Tenants *tenant.Tenants
	// MaxBodyBytes is the max size of a call's body, unless the tenant's own limit is
	// lower; MaxModuleBytes that of an admin's, unless the memory for operators is
	// less.
	MaxBodyBytes, MaxModuleBytes int64
	// Admission has the gates that requests pass.
	Admission *admission.Control
	// Unshared is the plugin without a limit of its share: the embedded engine, which
	// cannot hang.
	Unshared string
	// ReadTimeout is the max time to read a body.
	ReadTimeout time.Duration
	// Decided is called for each request, with a problem if it is rejected, and the
	// cause if there is one. The tenant is nil if the key is unknown.
	Decided func(ctx context.Context, t *tenant.Tenant, refused *problem.Problem, err error)
}

type contextKey struct{}

// TenantOf returns the tenant of the context's request, or nil.
func TenantOf(ctx context.Context) *tenant.Tenant {
	t, _ := ctx.Value(contextKey{}).(*tenant.Tenant)
	return t
}

// Enter admits a request once its body has arrived, or returns the problem. The caller of
// an admitted request must call leave. Its context has the tenant and the visit, and its
// body is a *body.Body.
func (g *Guard) Enter(w http.ResponseWriter, r *http.Request, right Right) (ctx context.Context, leave func(), refused *problem.Problem) {
	t, refused := g.admit(r, right)
	if refused == nil && !t.Enter() {
		refused = problem.TooManyRequests.New("this tenant has as many concurrent requests as it may").RetryAfter(time.Second)
	}
	if refused != nil {
		unread(w, r)
		g.Decided(r.Context(), t, refused, nil)
		return nil, nil, refused
	}
	visit, err := g.visit(w, r, t, right)
	if err != nil {
		unread(w, r)
		t.Leave()
		refused = problem.Of(err)
		g.Decided(r.Context(), t, refused, err)
		return nil, nil, refused
	}
	g.Decided(r.Context(), t, nil, nil)
	leave = func() {
		visit.End()
		t.Leave()
	}
	return context.WithValue(visit.With(r.Context()), contextKey{}, t), leave, nil
}

// Handler guards h.
func (g *Guard) Handler(right Right, h http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		ctx, leave, refused := g.Enter(w, r, right)
		if refused != nil {
			refused.Write(w)
			return
		}
		defer leave()
		h.ServeHTTP(w, r.WithContext(ctx))
	})
}

func (g *Guard) admit(r *http.Request, right Right) (*tenant.Tenant, *problem.Problem) {
	key := presented(r, right)
	if key == "" && !g.Tenants.Open() {
		p := problem.NoKey.New("expected an API key: Authorization: Bearer KEY")
		return nil, p.Challenge(right == Monitor)
	}
	t := g.Tenants.Find(key)
	if t == nil {
		p := problem.UnknownKey.New("the API key is unknown")
		return nil, p.Challenge(right == Monitor)
	}
	if refused := allowed(t, right, r.PathValue(PluginParam)); refused != nil {
		return t, refused
	}
	if wait := t.Take(time.Now()); wait > 0 {
		return t, problem.RateLimit.New("more requests per second than this tenant may send").RetryAfter(wait)
	}
	if limit := g.bodyLimit(t, right); r.ContentLength > limit {
		return t, problem.Of(&http.MaxBytesError{Limit: limit})
	}
	return t, nil
}

func allowed(t *tenant.Tenant, right Right, plugin string) *problem.Problem {
	switch {
	case right == Admin && !t.Admin:
		return problem.NotAdmin.New("this tenant may not change plugins")
	case right == Admin && plugin != "" && !t.MayAdmin(plugin):
		return problem.PluginNotAllowed.New(fmt.Sprintf("this tenant may not change the plugin %q", plugin))
	case right == Monitor && !t.Monitor:
		return problem.NotMonitor.New("this tenant may not see the status page and the metrics")
	case right == Call && !t.MayCall(plugin):
		return problem.PluginNotAllowed.New(fmt.Sprintf("this tenant may not call the plugin %q", plugin))
	}
	return nil
}

// presented returns the key of a request. A browser can send it only as a password
// (Basic). That is accepted only for routes that show something, since a browser also
// sends it with requests from other sites.
func presented(r *http.Request, right Right) string {
	scheme, key, _ := strings.Cut(r.Header.Get("Authorization"), " ")
	if strings.EqualFold(scheme, "Bearer") {
		return strings.TrimSpace(key)
	}
	if _, password, ok := r.BasicAuth(); ok && right == Monitor {
		return password
	}
	return ""
}

func (g *Guard) bodyLimit(t *tenant.Tenant, right Right) int64 {
	switch {
	case right == Admin:
		return min(g.MaxModuleBytes, g.Admission.MaxOperatorBody())
	case t.MaxBodyBytes > 0:
		return min(t.MaxBodyBytes, g.MaxBodyBytes)
	default:
		return g.MaxBodyBytes
	}
}
