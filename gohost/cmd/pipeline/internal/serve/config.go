package serve

import (
	"crypto/ed25519"
	"crypto/tls"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"strings"
	"time"

	"example.org/compute-pipeline/gohost/cmd/pipeline/internal/serve/memory"
	"example.org/compute-pipeline/gohost/cmd/pipeline/internal/serve/store"
	"example.org/compute-pipeline/gohost/grade"
	"example.org/compute-pipeline/gohost/plugin"
)

// Config configures a service. Start with [Defaults].
type Config struct {
	// PluginsDir is described in package store. If it is empty, the service has only
	// the engine.
	PluginsDir string
	// WatchPlugins loads modules of the directory when they change.
	WatchPlugins bool
	// KeysFile is described in package tenant. Without it anyone may call all
	// plugins, and nobody may change them.
	KeysFile string
	// PublicKeys verify signatures of modules. If there are any, modules must be
	// signed.
	PublicKeys []ed25519.PublicKey
	// RequireManifest rejects modules without a signed manifest (plugin.Manifest).
	// Grades are the accepted grades of manifests; none means all.
	RequireManifest bool
	Grades          []string
	// RequireGrade is the grade of answers that plugins must claim at least.
	RequireGrade grade.Grade
	// ReadyPartial makes /readyz return 200 although a plugin could not be loaded.
	ReadyPartial bool
	// CacheDir is a directory for compiled modules, or empty.
	CacheDir string
	// Limits are the limits of plugins without a file of limits.
	Limits plugin.Limits
	// History is the number of versions that a plugin keeps besides the active one.
	// It is at least one, because an upload is on standby before it is activated.
	History int

	// ModelFuel is the max fuel of a call of a classifier or detector without a file of
	// limits, EmbedderFuel that of an embedder, whose work grows with the text. 0 means no
	// limit.
	ModelFuel, EmbedderFuel int64

	// PluginOptions are further options of the registries of plugins of all worlds, and
	// EngineOptions of that of the engine's world.
	PluginOptions, EngineOptions []plugin.Option

	// MaxBodyBytes is the max size of a request's body, MaxHeaderBytes of its header.
	MaxBodyBytes   int64
	MaxHeaderBytes int
	// MaxConnections is the max number of connections. One more closes the one that
	// has been idle longest.
	MaxConnections int
	// MaxRequests is the max number of requests that compute at the same time, after
	// their body has arrived. A tenant and a plugin have at most half of them, unless
	// the tenant has max_concurrent.
	MaxRequests int
	// QueueTimeout is the max time that a request waits before its body is read, and
	// again before it computes.
	QueueTimeout time.Duration

	// MemoryTotal is the memory of the service, MemoryBudget the max that requests
	// hold. If that is 0, it follows from the total, the memory of plugins, and
	// HeapLimit: the limit of the Go runtime that the user has set, or 0.
	MemoryTotal, MemoryBudget, HeapLimit int64
	// SetHeapLimit sets the limit of the Go runtime. It may be nil.
	SetHeapLimit func(bytes int64)

	// HeaderTimeout and ReadTimeout are the max times for a request's header and body
	// to arrive, WriteTimeout the max time for the client to read the response. The max
	// time from the end of the header to the beginning of the response is RequestTimeout,
	// ReadTimeout and twice QueueTimeout: what arriving and waiting do not take is for
	// computing. IdleTimeout is the time that an idle connection stays open.
	HeaderTimeout, ReadTimeout, RequestTimeout, WriteTimeout, IdleTimeout time.Duration

	// ShutdownDelay is the time that the service keeps serving after /readyz returns
	// 503, so that load balancers notice. ShutdownTimeout is the max time to finish the
	// remaining requests after that. For IdleGrace after the shutdown began, an idle
	// connection stays open for the client's next request, whose response then asks the
	// client to close it.
	ShutdownDelay, ShutdownTimeout, IdleGrace time.Duration

	// Certificate returns the certificate for HTTPS. If it is nil, the service uses
	// HTTP.
	Certificate func() (*tls.Certificate, error)

	Logger *slog.Logger
}

// Defaults returns the default configuration.
func Defaults() Config {
	return Config{
		History:         2,
		MaxBodyBytes:    8 << 20,
		MaxHeaderBytes:  64 << 10,
		MaxRequests:     128,
		MaxConnections:  2048,
		HeaderTimeout:   5 * time.Second,
		ReadTimeout:     30 * time.Second,
		RequestTimeout:  30 * time.Second,
		WriteTimeout:    30 * time.Second,
		IdleTimeout:     2 * time.Minute,
		QueueTimeout:    5 * time.Second,
		ShutdownDelay:   5 * time.Second,
		ShutdownTimeout: 30 * time.Second,
		IdleGrace:       time.Second,
		RequireGrade:    grade.Stable,
		ModelFuel:       1_000_000_000,
		EmbedderFuel:    20_000_000_000,
		MemoryTotal:     memory.Total(),
		Logger:          slog.New(slog.DiscardHandler),
	}
}

// Check returns an error if a value is out of range.
func (c Config) Check() error {
	for _, f := range []struct {
		name string
		ok   bool
	}{
		{"History", c.History > 0},
		{"MaxBodyBytes", c.MaxBodyBytes > 0},
		{"MaxHeaderBytes", c.MaxHeaderBytes > 0},
		{"MaxRequests", c.MaxRequests > 0},
		{"MaxConnections", c.MaxConnections > 0},
		{"HeaderTimeout", c.HeaderTimeout > 0},
		{"ReadTimeout", c.ReadTimeout > 0},
		{"RequestTimeout", c.RequestTimeout > 0},
		{"WriteTimeout", c.WriteTimeout > 0},
		{"IdleTimeout", c.IdleTimeout > 0},
		{"ShutdownTimeout", c.ShutdownTimeout > 0},
		{"ShutdownDelay", c.ShutdownDelay >= 0},
		{"IdleGrace", c.IdleGrace >= 0},
		{"QueueTimeout", c.QueueTimeout > 0},
		{"MemoryTotal", c.MemoryTotal > 0},
		{"MemoryBudget", c.MemoryBudget >= 0},
		{"ModelFuel", c.ModelFuel >= 0},
		{"EmbedderFuel", c.EmbedderFuel >= 0},
		{"Logger", c.Logger != nil},
	} {
		if !f.ok {
			return fmt.Errorf("the configuration's %s is missing or out of range", f.name)
		}
	}
	if (c.RequireManifest || len(c.Grades) > 0) && len(c.PublicKeys) == 0 {
		return errors.New("the configuration's RequireManifest and Grades need PublicKeys")
	}
	return c.Limits.Check()
}

// modelLimits returns the limits of models of a world without a file of limits.
func (c Config) modelLimits(world store.World) plugin.Limits {
	limits := c.Limits
	limits.Fuel = c.ModelFuel
	if world == store.Embedder {
		limits.Fuel = c.EmbedderFuel
	}
	return limits
}

// computeTimeout returns the max time from the end of a request's header to the beginning
// of its response.
func (c Config) computeTimeout() time.Duration {
	return 2*c.QueueTimeout + c.ReadTimeout + c.RequestTimeout
}

// CheckOpen returns an error if other machines can reach the address. It is for a service
// without keys.
func CheckOpen(address string) error {
	name, _, err := net.SplitHostPort(address)
	if err != nil {
		return fmt.Errorf("the address %q: %w", address, err)
	}
	if isLoopback(name) {
		return nil
	}
	return errors.New("without keys anyone who reaches the address could call the service: listen on a loopback address, or give a file of keys")
}

// isLoopback reports whether the host of an address is this machine.
func isLoopback(name string) bool {
	ip := net.ParseIP(name)
	return strings.EqualFold(name, "localhost") || ip != nil && ip.IsLoopback()
}
