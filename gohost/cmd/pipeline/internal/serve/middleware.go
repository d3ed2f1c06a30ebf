package serve

import (
	"context"
	"crypto/rand"
	"fmt"
	"log"
	"log/slog"
	"net"
	"net/http"
	"regexp"
	"runtime/debug"
	"slices"
	"strings"
	"time"

	"example.org/compute-pipeline/gohost/cmd/pipeline/internal/serve/problem"
	"example.org/compute-pipeline/gohost/cmd/pipeline/internal/serve/tenant"
)

// requestIDHeader identifies a request in the logs of all services it passes.
const requestIDHeader = "X-Request-Id"

// goodRequestID matches the identifiers that are accepted from clients.
var goodRequestID = regexp.MustCompile(`^[A-Za-z0-9._:-]{1,64}$`)

// record collects facts about a request for the log.
type record struct {
	id     string
	tenant string
	code   string // of the problem
	err    error  // its cause
}

type recordKey struct{}

func recordOf(ctx context.Context) *record {
	r, _ := ctx.Value(recordKey{}).(*record)
	return r
}

// answer is the outermost handler: it gives each request an identifier, bounds its time,
// logs and counts it, and turns a panic into a problem.
func (s *Server) answer(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		start := time.Now()
		rec := &record{id: r.Header.Get(requestIDHeader)}
		if !goodRequestID.MatchString(rec.id) {
			rec.id = rand.Text()
		}
		header := w.Header()
		header.Set(requestIDHeader, rec.id)
		header.Set("X-Content-Type-Options", "nosniff")
		ctx, cancel := context.WithTimeout(context.WithValue(r.Context(), recordKey{}, rec), s.config.computeTimeout())
		defer cancel()
		r = r.WithContext(ctx)
		out := &responseWriter{ResponseWriter: w, begins: func() {
			if s.draining.Load() {
				// The client's next request should go to another server.
				header.Set("Connection", "close")
			}
			// Only connections of tests have no deadlines.
			_ = http.NewResponseController(w).SetWriteDeadline(time.Now().Add(s.config.WriteTimeout))
		}}
		s.answering.Add(1)
		defer s.answering.Add(-1)
		s.metrics.Begin()
		defer func() {
			if recovered := recover(); recovered != nil {
				s.recovered(out, r, rec, recovered)
			}
			s.log(out, r, rec, time.Since(start))
		}()
		next.ServeHTTP(out, r)
	})
}

func (s *Server) recovered(w *responseWriter, r *http.Request, rec *record, recovered any) {
	rec.err = fmt.Errorf("panic: %v\n%s", recovered, debug.Stack())
	if w.status == 0 {
		problem.Internal.New("the service failed; the log has the cause").Write(w)
		return
	}
	// A truncated response must not look complete.
	if c, _, err := http.NewResponseController(w).Hijack(); err == nil {
		_ = c.Close()
	}
	s.config.Logger.ErrorContext(r.Context(), "a response was aborted", "id", rec.id)
}

func (s *Server) log(w *responseWriter, r *http.Request, rec *record, took time.Duration) {
	status := w.status
	if rec.code == "client-gone" {
		status = problem.StatusClientGone
	}
	route := r.Pattern
	if _, path, ok := strings.Cut(route, " "); ok {
		route = path
	}
	s.metrics.End(route, rec.tenant, status, took)
	level := slog.LevelInfo
	switch {
	case status == http.StatusServiceUnavailable: // there can be many
		level = slog.LevelWarn
	case status >= 500:
		level = slog.LevelError
	}
	if !s.config.Logger.Enabled(r.Context(), level) {
		return
	}
	address, _, err := net.SplitHostPort(r.RemoteAddr)
	if err != nil {
		address = r.RemoteAddr
	}
	attributes := []slog.Attr{
		slog.String("id", rec.id), slog.String("tenant", rec.tenant), slog.String("from", address),
		slog.String("method", r.Method), slog.String("path", r.URL.Path), slog.Int("status", status),
		slog.Int64("in", r.ContentLength), slog.Int64("out", w.written), slog.Duration("took", took),
	}
	if rec.code != "" {
		attributes = append(attributes, slog.String("code", rec.code))
	}
	if rec.err != nil {
		attributes = append(attributes, slog.Any("error", rec.err))
	}
	s.config.Logger.LogAttrs(r.Context(), level, "request", attributes...)
}

// failed records for the log why a request was not served.
func (s *Server) failed(ctx context.Context, p *problem.Problem, err error) {
	rec := recordOf(ctx)
	rec.code, rec.err = p.Code, err
}

// decided records the tenant of a request, and why it is rejected, if it is.
func (s *Server) decided(ctx context.Context, t *tenant.Tenant, refused *problem.Problem, err error) {
	rec := recordOf(ctx)
	rec.err = err
	if t != nil {
		rec.tenant = t.Name
	}
	if refused != nil {
		rec.code = refused.Code
		s.metrics.Refused(rec.tenant, refused.Code)
	}
}

// atHome rejects, if there are no keys, requests to a name that is not this machine's. A
// page in a browser on this machine could send them from a name of its own that resolves
// to this address (DNS rebinding).
func (s *Server) atHome(next http.Handler) http.Handler {
	if !s.tenants.Open() {
		return next
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		name, _, err := net.SplitHostPort(r.Host)
		if err != nil { // without a port
			name = strings.TrimSuffix(strings.TrimPrefix(r.Host, "["), "]")
		}
		if isLoopback(name) {
			next.ServeHTTP(w, r)
			return
		}
		s.metrics.Refused("", problem.WrongHost.Code)
		recordOf(r.Context()).code = problem.WrongHost.Code
		problem.WrongHost.New(fmt.Sprintf("the header Host is %q; a service without keys serves only this machine: expected localhost or a loopback address", r.Host)).Write(w)
	})
}

// notFound answers requests without a route: with 405 if the path has another method.
func notFound(mux *http.ServeMux) http.Handler {
	methods := []string{http.MethodGet, http.MethodHead, http.MethodPost, http.MethodPut, http.MethodDelete}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		allowed := slices.DeleteFunc(slices.Clone(methods), func(method string) bool {
			other := &http.Request{Method: method, URL: r.URL, Host: r.Host}
			_, pattern := mux.Handler(other)
			return pattern == "/"
		})
		if len(allowed) == 0 {
			problem.NoRoute.New(fmt.Sprintf("there is nothing at %s; see /openapi.json", r.URL.Path)).Write(w)
			return
		}
		list := strings.Join(allowed, ", ")
		problem.MethodNotAllowed.New(fmt.Sprintf("%s is not a method of %s; expected %s", r.Method, r.URL.Path, list)).Allow(list).Write(w)
	})
}

// responseWriter records the status and size of the response.
type responseWriter struct {
	http.ResponseWriter
	begins  func() // called when the response begins
	status  int
	written int64
}

func (w *responseWriter) WriteHeader(status int) {
	if w.status == 0 {
		w.status = status
		w.begins()
	}
	w.ResponseWriter.WriteHeader(status)
}

func (w *responseWriter) Write(p []byte) (int, error) {
	if w.status == 0 {
		w.WriteHeader(http.StatusOK)
	}
	n, err := w.ResponseWriter.Write(p)
	w.written += int64(n)
	return n, err
}

// Unwrap returns the original writer, for http.ResponseController.
func (w *responseWriter) Unwrap() http.ResponseWriter { return w.ResponseWriter }

// errorLog receives what net/http cannot report otherwise, such as failed handshakes,
// which are mostly the clients' fault.
func errorLog(logger *slog.Logger) *log.Logger {
	return slog.NewLogLogger(logger.Handler(), slog.LevelDebug)
}
