package guard

import (
	"context"
	"fmt"
	"net/http"
	"strings"
	"time"

	"example.org/compute-pipeline/gohost/cmd/pipeline/internal/serve/admission"
	"example.org/compute-pipeline/gohost/cmd/pipeline/internal/serve/body"
	"example.org/compute-pipeline/gohost/cmd/pipeline/internal/serve/tenant"
)

// visit takes a place for the request and reads its body.
func (g *Guard) visit(w http.ResponseWriter, r *http.Request, t *tenant.Tenant, right Right) (_ *admission.Visit, err error) {
	hasBody := r.Method != http.MethodGet && r.Method != http.MethodHead
	encoding := strings.Join(r.Header.Values("Content-Encoding"), ", ")
	var announced int64
	if hasBody && encoding == "" {
		announced = max(r.ContentLength, 0)
	}
	visit, err := g.place(r.Context(), announced, t, right, label(r))
	if err != nil || !hasBody {
		return visit, err
	}
	defer func() {
		if err != nil {
			visit.End()
		}
	}()
	// The time starts here, since the request may have waited for its place.
	if err := http.NewResponseController(w).SetReadDeadline(time.Now().Add(g.ReadTimeout)); err != nil {
		return nil, fmt.Errorf("bounding the time of a body: %w", err)
	}
	limit := g.bodyLimit(t, right)
	arrived, err := body.Read(http.MaxBytesReader(w, r.Body, limit), body.Options{
		Encoding: encoding, Length: r.ContentLength, Limit: limit, Arrived: visit.Arrived,
	})
	if err != nil {
		return nil, err
	}
	r.Body = arrived
	return visit, nil
}

// label returns the name of a request's plugin beside those of other worlds, as metrics have it: engine,
// classifiers/magika.
func label(r *http.Request) string {
	name := r.PathValue(PluginParam)
	folder, _, _ := strings.Cut(strings.TrimPrefix(r.URL.Path, "/v1/"), "/")
	if name == "" || folder == "plugins" || folder == "admin" {
		return name
	}
	return folder + "/" + name
}

// place returns a visit among the arriving bodies, or among the operators.
func (g *Guard) place(ctx context.Context, bytes int64, t *tenant.Tenant, right Right, plugin string) (*admission.Visit, error) {
	if right == Admin || right == Monitor {
		return g.Admission.VisitAsOperator(ctx, bytes)
	}
	holders := admission.Holders{}
	if !g.Tenants.Open() { // otherwise there is only one
		holders.Tenant = admission.Holder{Name: "tenant " + t.Name, Slots: t.MaxConcurrent}
	}
	if right == Call && plugin != g.Unshared {
		holders.Plugin = admission.Holder{Name: "plugin " + plugin}
	}
	return g.Admission.Visit(ctx, bytes, holders)
}

// smallBody is the max size of a rejected body that is read to its end, so that the
// connection can be kept.
const smallBody = 64 << 10

// unread closes the connection after the response to a request whose body is not read.
// Otherwise the response would wait for the body.
func unread(w http.ResponseWriter, r *http.Request) {
	if r.ContentLength < 0 || r.ContentLength > smallBody {
		w.Header().Set("Connection", "close")
	}
}
