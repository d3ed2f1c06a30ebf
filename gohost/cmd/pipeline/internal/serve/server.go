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
	stores  api.Stores
	api     atomic.Pointer[api.Service] // nil until its routes are there
	tenants *tenant.Tenants
	metrics *metrics.Metrics
	http    *http.Server
	router  *router

	admission *admission.Control
	planner   *planner

	connections connections
	draining    atomic.Bool  // it is shutting down
	answering   atomic.Int64 // requests in flight
}

// New loads the plugins and returns a server. The caller must call Run or Abandon.
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
	if err = s.openStores(ctx); err != nil {
		return nil, s.closing(err)
	}
	s.metrics.Plugins.Observe(labelled{s.stores})
	s.planner.observe(s.stores)
	handler, err := s.routes()
	if err != nil {
		return nil, s.closing(err)
	}
	s.http = &http.Server{
		Handler:           handler,
		ReadHeaderTimeout: config.HeaderTimeout,
		ReadTimeout:       config.ReadTimeout,
		// This counts from the end of the header, so it covers everything. When a response
		// begins, it has config.WriteTimeout.
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

// pluginOptions returns the options of the registry of a world.
func (s *Server) pluginOptions(world store.World) []plugin.Option {
	options := []plugin.Option{plugin.WithHistory(s.config.History), plugin.WithLoadTimeout(loadTimeout), plugin.WithHooks(labelledHooks(world, s.metrics.Hooks())), plugin.WithHooks(s.planner.hooks()), plugin.WithHooks(s.shadowHooks(world))}
	if world == store.Pipeline {
		options = append(options, plugin.WithDefaultLimits(s.config.Limits), plugin.WithRequireGrade(s.config.RequireGrade))
		options = append(options, s.config.EngineOptions...)
	} else {
		options = append(options, plugin.WithDefaultLimits(s.config.modelLimits(world)))
	}
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

// shadowHooks end the shadow of a model when one of its versions is activated, also by a
// change in the plugins directory.
func (s *Server) shadowHooks(world store.World) plugin.Hooks {
	return plugin.Hooks{OnActivate: func(e plugin.ActivateEvent) {
		if service := s.api.Load(); service != nil {
			service.Activated(world, e.Plugin)
		}
	}}
}

// loadTimeout is the max time to load a module, so that the start, which loads one after
// another, ends. Modules within the limits take seconds.
const loadTimeout = 2 * time.Minute

// firstBudget is the memory of requests until the plugins are loaded. No request arrives
// before that.
const firstBudget = 64 << 20

// maxModuleBytes is the max size of an uploaded module. The plugin's own limit is checked
// later.
const maxModuleBytes = 64 << 20

func (s *Server) routes() (http.Handler, error) {
	mux := &router{ServeMux: http.NewServeMux()}
	s.router = mux
	door := &guard.Guard{
		Tenants: s.tenants, MaxBodyBytes: s.config.MaxBodyBytes, MaxModuleBytes: maxModuleBytes, Decided: s.decided,
		Admission: s.admission, Unshared: store.Engine, ReadTimeout: s.config.ReadTimeout,
	}
	service, err := api.Register(mux, api.Options{Stores: s.stores, Guard: door, Failed: s.failed, Held: s.planner.update})
	if err != nil {
		return nil, err
	}
	s.api.Store(service)
	mux.Handle("GET /{$}", door.Handler(guard.Monitor, page.New(s.stores, s.metrics.Latencies)))
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

// ready reports whether the service wants requests: not while it shuts down, and not while
// a plugin that should serve since the start does not. So a release that cannot load a
// plugin gets no requests, and the previous one keeps them. If a plugin serves another
// version than it should, the text says so, but the service is ready. The text has no
// names, because anyone can read it.
func (s *Server) ready(w http.ResponseWriter, _ *http.Request) {
	if s.draining.Load() {
		plain(w, http.StatusServiceUnavailable, "shutting down")
		return
	}
	const says = "; see the log, the status page or /v1/admin/plugins"
	missing, degraded := s.stores.Readiness()
	status, text := http.StatusOK, "ready"
	if missing > 0 && !s.config.ReadyPartial {
		status, text = http.StatusServiceUnavailable, "not ready"
	}
	if missing > 0 {
		text += fmt.Sprintf("; plugins that do not serve: %d", missing)
	}
	if degraded > 0 {
		text += fmt.Sprintf("; plugins that serve another version than they should: %d", degraded)
	}
	if missing+degraded > 0 {
		text += says
	}
	plain(w, status, text)
}

func plain(w http.ResponseWriter, status int, text string) {
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	w.Header().Set("Cache-Control", "no-store")
	w.WriteHeader(status)
	_, _ = w.Write([]byte(text + "\n")) // fails only if the client has disconnected
}

// Reload reads the file of keys again. After an error the old keys stay.
func (s *Server) Reload() error { return s.tenants.Reload() }

// closeTimeout is the max time to wait for plugins when no request is left.
const closeTimeout = 5 * time.Second
