package serve

import (
	"context"
	"fmt"
	"log/slog"
	"net/http"
	"sync/atomic"
	"time"

	"example.org/compute-pipeline/gohost/cmd/pipeline/internal/serve/admission"
	"example.org/compute-pipeline/gohost/cmd/pipeline/internal/serve/api"
	"example.org/compute-pipeline/gohost/cmd/pipeline/internal/serve/guard"
	"example.org/compute-pipeline/gohost/cmd/pipeline/internal/serve/metrics"
	"example.org/compute-pipeline/gohost/cmd/pipeline/internal/serve/page"
	"example.org/compute-pipeline/gohost/cmd/pipeline/internal/serve/store"
	"example.org/compute-pipeline/gohost/cmd/pipeline/internal/serve/tenant"
	"example.org/compute-pipeline/gohost/plugin"
)

// Server is the service.
type Server struct {
	config  Config
	store   *store.Store
	tenants *tenant.Tenants
	metrics *metrics.Metrics
	http    *http.Server
	router  *router

	admission *admission.Control
	planner   *planner

	connections connections
	draining    atomic.Bool  // it has been told to end
	answering   atomic.Int64 // requests
}

// New loads the plugins and gets ready to serve. Run or Abandon ends the server.
func New(ctx context.Context, config Config) (*Server, error) {
	if err := config.Check(); err != nil {
		return nil, err
	}
	config.Logger = slog.New(bounded{config.Logger.Handler()})
	s := &Server{config: config, metrics: metrics.New()}
	s.admission = admission.New(admission.Options{Requests: config.MaxRequests, Budget: firstBudget, Wait: config.QueueTimeout})
	s.planner = &planner{config: &s.config, control: s.admission}
	s.metrics.Gates(s.admission)
	var err error
	if s.tenants, err = openTenants(config.KeysFile); err != nil {
		return nil, err
	}
	directory := store.Directory{Path: config.PluginsDir, Watch: config.WatchPlugins}
	s.store, err = store.Open(ctx, directory, config.Logger, s.pluginOptions()...)
	if err != nil {
		return nil, err
	}
	s.metrics.Plugins.Observe(s.store.Registry)
	s.planner.observe(s.store.Registry)
	handler, err := s.routes()
	if err != nil {
		return nil, closing(err, s.store)
	}
	s.http = &http.Server{
		Handler:           handler,
		ReadHeaderTimeout: config.HeaderTimeout,
		ReadTimeout:       config.ReadTimeout,
		// Counted from the end of the head, so it spans all. An answer that begins
		// has config.WriteTimeout from then on.
		WriteTimeout:   config.computeTimeout() + config.WriteTimeout,
		IdleTimeout:    config.IdleTimeout,
		MaxHeaderBytes: config.MaxHeaderBytes,
		ErrorLog:       errorLog(config.Logger),
		ConnState:      s.connections.changed,
	}
	return s, nil
}

func openTenants(file string) (*tenant.Tenants, error) {
	if file == "" {
		return tenant.Anonymous(), nil
	}
	tenants, err := tenant.Open(file)
	if err != nil {
		return nil, fmt.Errorf("the file of keys: %w", err)
	}
	return tenants, nil
}

func (s *Server) pluginOptions() []plugin.Option {
	options := []plugin.Option{plugin.WithDefaultLimits(s.config.Limits), plugin.WithHistory(s.config.History), plugin.WithLoadTimeout(loadTimeout), plugin.WithHooks(s.metrics.Hooks()), plugin.WithHooks(s.planner.hooks())}
	if s.config.CacheDir != "" {
		options = append(options, plugin.WithCacheDir(s.config.CacheDir))
	}
	if len(s.config.PublicKeys) > 0 {
		options = append(options, plugin.WithPublicKeys(s.config.PublicKeys...), plugin.WithRequireSignature())
		if s.config.RequireManifest {
			options = append(options, plugin.WithRequireManifest())
		}
		if len(s.config.Grades) > 0 {
			options = append(options, plugin.WithGrades(s.config.Grades...))
		}
	}
	return append(options, s.config.PluginOptions...)
}

// loadTimeout is how long a module may take to load, so that the start, which
// loads one after the other, ends. What may be loaded at all takes seconds.
const loadTimeout = 2 * time.Minute

// firstBudget is what requests may take until the plugins are loaded: nobody
// asks before that.
const firstBudget = 64 << 20

// maxModuleBytes is the largest module that may be uploaded: what a plugin's
// file of limits allows is looked at later.
const maxModuleBytes = 64 << 20

func (s *Server) routes() (http.Handler, error) {
	mux := &router{ServeMux: http.NewServeMux()}
	s.router = mux
	door := &guard.Guard{
		Tenants: s.tenants, MaxBodyBytes: s.config.MaxBodyBytes, MaxModuleBytes: maxModuleBytes, Decided: s.decided,
		Admission: s.admission, Unshared: store.Engine, ReadTimeout: s.config.ReadTimeout,
	}
	if _, err := api.Register(mux, api.Options{Store: s.store, Guard: door, Failed: s.failed}); err != nil {
		return nil, err
	}
	mux.Handle("GET /{$}", door.Handler(guard.Monitor, page.New(s.store, s.metrics.Latencies)))
	mux.Handle("GET /metrics", door.Handler(guard.Monitor, s.metrics.Handler()))
	mux.HandleFunc("GET /healthz", func(w http.ResponseWriter, _ *http.Request) { plain(w, http.StatusOK, "ok") })
	mux.HandleFunc("GET /readyz", s.ready)
	mux.ServeMux.Handle("/", notFound(mux.ServeMux))
	return s.answer(s.atHome(mux)), nil
}

// A router is a mux that knows its routes.
type router struct {
	*http.ServeMux
	patterns []string
}

func (r *router) Handle(pattern string, h http.Handler) {
	r.patterns = append(r.patterns, pattern)
	r.ServeMux.Handle(pattern, h)
}

func (r *router) HandleFunc(pattern string, h func(http.ResponseWriter, *http.Request)) {
	r.Handle(pattern, http.HandlerFunc(h))
}

// ready says whether the service wants requests: not while it ends, and not
// while a plugin does not serve that was to serve when it started. So a release
// that cannot load a plugin gets no requests, and the one before keeps them. A
// plugin that serves another version than it should is said, and no reason to go
// without the others. Names are not for everybody who can reach the page.
func (s *Server) ready(w http.ResponseWriter, _ *http.Request) {
	if s.draining.Load() {
		plain(w, http.StatusServiceUnavailable, "shutting down")
		return
	}
	const says = "; the log, the status page and /v1/admin/plugins say which, and why"
	missing, degraded := s.store.Readiness()
	status, text := http.StatusOK, "ready"
	if len(missing) > 0 && !s.config.ReadyPartial {
		status, text = http.StatusServiceUnavailable, "not ready"
	}
	if len(missing) > 0 {
		text += fmt.Sprintf("; plugins that do not serve: %d", len(missing))
	}
	if len(degraded) > 0 {
		text += fmt.Sprintf("; plugins that serve another version than they should: %d", len(degraded))
	}
	if len(missing)+len(degraded) > 0 {
		text += says
	}
	plain(w, status, text)
}

func plain(w http.ResponseWriter, status int, text string) {
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	w.Header().Set("Cache-Control", "no-store")
	w.WriteHeader(status)
	_, _ = w.Write([]byte(text + "\n")) // a client that has gone cannot be told
}

// Reload reads the file of keys again. With an error the old keys stay.
func (s *Server) Reload() error { return s.tenants.Reload() }

// closeTimeout is how long plugins are waited for when no request is left.
const closeTimeout = 5 * time.Second
