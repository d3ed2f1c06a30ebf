package main

import (
	"context"
	"crypto/tls"
	"fmt"
	"log/slog"
	"math"
	"os"
	"os/signal"
	"runtime"
	"sync/atomic"
	"syscall"
	"time"

	"example.org/compute-pipeline/gohost"
	"example.org/compute-pipeline/gohost/cmd/pipeline/internal/serve"
	"example.org/compute-pipeline/gohost/cmd/pipeline/internal/serve/memory"
	"example.org/compute-pipeline/gohost/grade"
	"example.org/compute-pipeline/gohost/plugin"
)

type serveCommand struct {
	Listen          string   `default:"127.0.0.1:8080" placeholder:"ADDR" help:"Address to listen on (default ${default})."`
	Plugins         string   `placeholder:"DIR" help:"Directory of plugins: NAME.wasm, NAME.wasm.sig, NAME.manifest, NAME.manifest.sig, NAME.json; models are in its folders classifiers, detectors and embedders; uploads are stored there too."`
	Watch           bool     `help:"Reload modules that change in the directory."`
	Keys            string   `placeholder:"FILE" help:"File of tenants, their keys (hashed) and limits. Without it anyone may call plugins, and nobody may change them."`
	PublicKeys      string   `placeholder:"FILE" help:"Public keys (PEM, ed25519). With them, modules must be signed."`
	RequireManifest bool     `help:"Require a signed manifest for each module, which binds name, version and hash."`
	Grades          []string `placeholder:"GRADE,..." help:"Accepted grades of manifests, which are any words (default: all)."`
	RequireGrade    string   `enum:"exact,stable" default:"stable" placeholder:"GRADE" help:"Grade of answers that plugins must claim: exact, or stable, which any may (default ${default}). The self-test holds each to what it claims. The engine is exact."`
	ReadyPartial    bool     `help:"Report ready (/readyz) even if a plugin of the directory could not be loaded."`
	TLSCert         string   `group:"HTTPS" name:"tls-cert" placeholder:"FILE" help:"Certificate chain (PEM) for HTTPS."`
	TLSKey          string   `group:"HTTPS" name:"tls-key" placeholder:"FILE" help:"Its private key (PEM)."`

	MaxBody        int           `group:"Requests" default:"8" placeholder:"MIB" help:"Max size of a request body, in MiB (default ${default})."`
	MaxRequests    int           `group:"Requests" default:"128" placeholder:"N" help:"Max number of requests that compute at the same time (default ${default}). A tenant and a plugin have at most half of them, unless a tenant has max_concurrent."`
	MaxConnections int           `group:"Requests" default:"2048" placeholder:"N" help:"Max number of connections (default ${default}). One more closes the one that has been idle longest."`
	MemoryBudget   int           `group:"Requests" default:"0" placeholder:"MIB" help:"Memory that all requests hold together, in MiB (default: three quarters of what the limit of the control group, or the machine, and the plugins leave). A tenant and a plugin have half of it; the rest waits, or gets 503."`
	QueueTimeout   time.Duration `group:"Requests" default:"5s" placeholder:"D" help:"Max time that a request waits for room before its body is read, and again before it computes (default ${default})."`
	HeaderTimeout  time.Duration `group:"Requests" default:"5s" placeholder:"D" help:"Max time for the header of a request to arrive (default ${default})."`
	ReadTimeout    time.Duration `group:"Requests" default:"30s" placeholder:"D" help:"Max time for the body of a request to arrive (default ${default})."`
	RequestTimeout time.Duration `group:"Requests" default:"30s" placeholder:"D" help:"What a request may take besides --read-timeout and twice --queue-timeout (default ${default}): the four together are the max time from its header to the beginning of its response. --call-timeout bounds each call of a plugin."`
	WriteTimeout   time.Duration `group:"Requests" default:"30s" placeholder:"D" help:"Max time for the client to read a response (default ${default})."`
	IdleTimeout    time.Duration `group:"Requests" default:"2m" placeholder:"D" help:"Time that an idle connection stays open (default ${default})."`

	Instances    int           `group:"Plugins" default:"0" placeholder:"N" help:"Max number of calls of a plugin that run at the same time (default: one per processor, or fewer, so that a plugin uses at most an eighth of the memory)."`
	Memory       int           `group:"Plugins" default:"0" placeholder:"MIB" help:"Max memory of an instance, in MiB (default: 256, or less, so that a plugin uses at most an eighth of the memory)."`
	CallTimeout  time.Duration `group:"Plugins" default:"10s" placeholder:"D" help:"Max time of a call of a plugin (default ${default})."`
	Fuel         uint64        `group:"Plugins" default:"0" placeholder:"UNITS" help:"Max fuel of a call of a plugin; a unit is about one instruction (default: unlimited)."`
	ModelFuel    uint64        `group:"Plugins" default:"1000000000" placeholder:"UNITS" help:"Max fuel of a call of a model: a classifier or detector (default ${default}; 0: unlimited)."`
	EmbedderFuel uint64        `group:"Plugins" default:"20000000000" placeholder:"UNITS" help:"Max fuel of a call of an embedder, whose work grows with the text (default ${default}; 0: unlimited)."`
	MaxWaiters   int           `group:"Plugins" default:"1024" placeholder:"N" help:"Max number of calls of a plugin that wait for an instance; more are rejected (default ${default})."`
	History      int           `group:"Plugins" default:"2" placeholder:"N" help:"Number of versions that a plugin keeps besides the active one (default ${default})."`
	CacheDir     string        `group:"Plugins" env:"PIPELINE_CACHE_DIR" placeholder:"DIR" help:"Directory for compiled modules, for a faster start (default: none for plugins)."`
	grantFlags

	CompileMemory *int `group:"Plugins" placeholder:"MIB" help:"Memory of the process that compiles a module, in MiB from 64 (default: a quarter of the memory, from 256 to 1024), in addition to the service's own. One runs at a time; two with 8 GiB and four processors. 0 compiles in the service's process, without a limit."`

	ShutdownDelay   time.Duration `group:"Shutdown" default:"5s" placeholder:"D" help:"Time to keep serving after /readyz returns 503, so that load balancers notice (default ${default})."`
	ShutdownTimeout time.Duration `group:"Shutdown" default:"30s" placeholder:"D" help:"Max time to finish the remaining requests after that (default ${default})."`
	LogFormat       string        `group:"Log" enum:"text,json" default:"text" help:"Format of the log on standard error: ${enum}."`
	LogLevel        slog.Level    `group:"Log" default:"info" placeholder:"LEVEL" help:"debug, info, warn or error (default ${default}). Each request is logged at info, a failed one at error."`
}

// Bounds of the default memory of a process that compiles, in MiB.
const (
	minCompileMemory = 256
	maxCompileMemory = 1024
)

// compileProcess returns the limits of a process that compiles, for a service with this
// much memory, and how many run at the same time: max two, so that the memory for
// compiling does not grow with the number of processors.
func (c *serveCommand) compileProcess(total int64) (process gohost.CompileProcess, compilers int) {
	// Less than the service's limit of a whole load, so that the error of a module that
	// takes too long to compile says so.
	process.CPUTime, process.Timeout = time.Minute, 90*time.Second
	process.MemoryMiB = min(maxCompileMemory, max(minCompileMemory, int(total/4/memory.MiB)))
	if c.CompileMemory != nil {
		process.MemoryMiB = *c.CompileMemory
	}
	if total < 8<<30 {
		return process, 1
	}
	return process, min(2, max(1, runtime.GOMAXPROCS(0)/2))
}

// Help implements kong.HelpProvider.
func (*serveCommand) Help() string {
	return `Serves the functions of the contract as JSON over HTTP, for the embedded engine (the plugin "engine") and for each plugin of the directory. It serves models too, which are plugins of other worlds: classifiers, detectors (the embedded one is "anomaly") and embedders, in the folders classifiers, detectors and embedders of the directory. /openapi.json describes the API, /healthz and /readyz are for probes (/readyz returns 503 if a plugin of the directory could not be loaded); /metrics (Prometheus) and the status page at / need a key with the right to monitor.

SIGTERM or an interrupt shuts it down in order: it finishes accepted requests, and each response tells its client to close the connection. SIGHUP reloads the file of keys and the certificate; the log reports the result for each.

Memory: the service reads the limit of its control group, or else the memory of the machine. It reserves an eighth for compiled code, stacks and compiling. Instances of a plugin use --instances x --memory. The rest is for the Go heap, which it limits (unless GOMEMLIMIT is set), and three quarters of that are for requests. A request counts with its body while that arrives, then with the max memory of its points and its response, until the response is written. A request that does not fit waits for --queue-timeout, and then gets 503 with Retry-After; one that can never fit gets 413. Operators (administration, metrics, the status page) have slots and memory of their own.

Without keys it accepts only requests to localhost and loopback addresses (Host), so that no web page can reach it by another name.

--grant applies to plugins whose NAME.json has no grants of its own; with --import-none, a plugin with grants is not loaded. NAME.json has limits and grants, all optional:

  {"max_instances": 4, "memory_mib": 64, "max_result_mib": 64, "heap_mib": 256, "calls_per_instance": 10000, "max_waiters": 100, "call_timeout": "2s", "drain_timeout": "30s", "fuel": 1000000000, "max_module_bytes": 1048576, "breaker": {"failures": 5, "ratio": 0.5, "lost": 0.75, "window": "10s", "cooldown": "5s"}, "grants": ["clock", "random=seed:7", "output", "files=/srv/data"]}

A body may be encoded with gzip or zstd (Content-Encoding); limits apply to its decoded size.

The file of keys:

  {"tenants": [
    {"name": "dashboards", "keys": ["sha256:<64 hexadecimal digits>"], "plugins": ["engine"],
     "requests_per_second": 50, "burst": 100, "max_concurrent": 8, "max_body_bytes": 1048576},
    {"name": "operator", "keys": ["sha256:..."], "plugins": ["*"], "admin": true}]}

An admin may change the plugins that its entry lists, or all if it lists none. The status page and /metrics need "monitor": true, or an admin of all plugins.

A key and its hash:

  key=$(openssl rand -hex 32); echo "$key sha256:$(printf %s "$key" | sha256sum | cut -c1-64)"

Examples:

  pipeline serve
  pipeline serve --listen :8080 --plugins /var/lib/pipeline --keys /etc/pipeline/keys.json
  curl -H "Authorization: Bearer $key" -H "Content-Type: application/json" \
    --data-binary @temps.json http://localhost:8080/v1/plugins/engine/aggregate
  curl -H "Authorization: Bearer $key" -H "Content-Type: application/json" \
    --data-binary @temps.json http://localhost:8080/v1/detectors/anomaly/detect
  curl -H "Authorization: Bearer $key" --data-binary @photo.raw \
    "http://localhost:8080/v1/classifiers/magika/classify?top=3"`
}

// Run serves until the context ends, and then shuts down.
func (c *serveCommand) Run(ctx context.Context, std streams) error {
	options := &slog.HandlerOptions{Level: c.LogLevel}
	var handler slog.Handler = slog.NewTextHandler(std.err, options)
	if c.LogFormat == "json" {
		handler = slog.NewJSONHandler(std.err, options)
	}
	logger := slog.New(handler)
	config, err := c.config(logger)
	if err != nil {
		return err
	}
	if c.Keys == "" {
		if err := serve.CheckOpen(c.Listen); err != nil {
			return usageError{err}
		}
	}
	certificate, err := c.certificate()
	if err != nil {
		return err
	}
	if certificate != nil {
		config.Certificate = certificate.current
	}
	server, err := serve.New(ctx, config)
	if err != nil {
		return err
	}
	defer onHangup(logger, c.reloads(server.Reload, certificate))()
	listener, err := serve.Listen(ctx, c.Listen)
	if err != nil {
		return server.Abandon(err)
	}
	return server.Run(ctx, listener)
}

func (c *serveCommand) config(logger *slog.Logger) (serve.Config, error) {
	config := serve.Defaults()
	config.PluginsDir, config.KeysFile, config.CacheDir = c.Plugins, c.Keys, c.CacheDir
	config.WatchPlugins = c.Watch
	config.MaxBodyBytes, config.MaxRequests, config.MaxConnections = int64(c.MaxBody)<<20, c.MaxRequests, c.MaxConnections
	config.MemoryBudget, config.QueueTimeout = int64(c.MemoryBudget)<<20, c.QueueTimeout
	limit := memory.NewLimit()
	config.HeapLimit, config.SetHeapLimit = limit.Explicit(), limit.Set
	instances, each := memory.Instances(config.MemoryTotal, runtime.GOMAXPROCS(0), c.Instances, c.Memory)
	config.HeaderTimeout, config.ReadTimeout, config.RequestTimeout = c.HeaderTimeout, c.ReadTimeout, c.RequestTimeout
	config.WriteTimeout, config.IdleTimeout = c.WriteTimeout, c.IdleTimeout
	config.ShutdownDelay, config.ShutdownTimeout = c.ShutdownDelay, c.ShutdownTimeout
	config.History, config.Logger = c.History, logger
	config.ModelFuel = int64(min(c.ModelFuel, math.MaxInt64))
	config.EmbedderFuel = int64(min(c.EmbedderFuel, math.MaxInt64))
	config.Limits = plugin.Limits{MaxInstances: instances, MemoryMiB: each, CallTimeout: c.CallTimeout, Fuel: int64(min(c.Fuel, math.MaxInt64)), MaxWaiters: c.MaxWaiters}
	if c.MaxWaiters == 0 {
		config.Limits.MaxWaiters = plugin.NoWaiters
	}
	config.RequireManifest, config.Grades, config.ReadyPartial = c.RequireManifest, c.Grades, c.ReadyPartial
	config.RequireGrade = grade.Grade(c.RequireGrade)
	if process, compilers := c.compileProcess(config.MemoryTotal); process.MemoryMiB != 0 {
		if err := process.Check(); err != nil {
			return config, badUse("--compile-memory: %w", err)
		}
		config.PluginOptions = append(config.PluginOptions, plugin.WithCompileProcess(process),
			plugin.WithCompilers(compilers))
	}
	grants, err := c.grants()
	if err != nil {
		return config, err
	}
	if config.PluginOptions = append(config.PluginOptions, plugin.WithDefaultGrants(grants...)); c.ImportNone {
		config.PluginOptions = append(config.PluginOptions, plugin.WithoutGrants())
	}
	if c.PublicKeys != "" {
		text, err := os.ReadFile(c.PublicKeys)
		if err != nil {
			return config, usageError{plainPathError(err)}
		}
		if config.PublicKeys, err = plugin.ParsePublicKeys(text); err != nil {
			return config, fmt.Errorf("%s: %w", c.PublicKeys, err)
		}
	}
	if err := config.Check(); err != nil {
		return config, usageError{err}
	}
	return config, nil
}

// reload is a file that can be read again while the service runs.
type reload struct {
	what, file string
	read       func() error
}

// reloads returns the files to read again after a SIGHUP.
func (c *serveCommand) reloads(keys func() error, certificate *certificateFiles) []reload {
	var list []reload
	if c.Keys != "" {
		list = append(list, reload{"the file of keys", c.Keys, keys})
	}
	if certificate != nil {
		list = append(list, reload{"the certificate", c.TLSCert, certificate.load})
	}
	return list
}

// onHangup reads the files again after each SIGHUP, and logs the result for each file, until
// stop is called.
func onHangup(logger *slog.Logger, list []reload) (stop func()) {
	signals := make(chan os.Signal, 1)
	done := make(chan struct{})
	signal.Reset(syscall.SIGHUP) // it does not end the program
	signal.Notify(signals, syscall.SIGHUP)
	go func() { // ends with stop
		for {
			select {
			case <-done:
				return
			case <-signals:
			}
			for _, r := range list {
				if err := r.read(); err != nil {
					logger.Error("could not read again; the previous content stays in use", "what", r.what, "file", r.file, "error", err)
					continue
				}
				logger.Info("read again", "what", r.what, "file", r.file)
			}
			if len(list) == 0 {
				logger.Info("nothing to read again: there is no file of keys and no certificate")
			}
		}
	}()
	return func() {
		signal.Stop(signals)
		close(done)
	}
}

// certificateFiles is a certificate that can be read again.
type certificateFiles struct {
	cert, key string
	loaded    atomic.Pointer[tls.Certificate]
}

// certificate returns the certificate, or nil for HTTP.
func (c *serveCommand) certificate() (*certificateFiles, error) {
	if c.TLSCert == "" && c.TLSKey == "" {
		return nil, nil
	}
	if c.TLSCert == "" || c.TLSKey == "" {
		return nil, badUse("HTTPS needs both --tls-cert and --tls-key")
	}
	f := &certificateFiles{cert: c.TLSCert, key: c.TLSKey}
	return f, f.load()
}

func (f *certificateFiles) load() error {
	pair, err := tls.LoadX509KeyPair(f.cert, f.key)
	if err != nil {
		return fmt.Errorf("the certificate: %w", err)
	}
	f.loaded.Store(&pair)
	return nil
}

func (f *certificateFiles) current() (*tls.Certificate, error) { return f.loaded.Load(), nil }
