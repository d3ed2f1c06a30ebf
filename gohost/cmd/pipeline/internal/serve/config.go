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
	"example.org/compute-pipeline/gohost/plugin"
)

// Config says how to serve. Defaults has values for what is not zero by meaning.
type Config struct {
	// PluginsDir is described in package host; empty for the engine alone.
	PluginsDir string
	// WatchPlugins loads modules again that change in the directory.
	WatchPlugins bool
	// KeysFile is described in package tenant. Without it everybody may call
	// everything and change nothing.
	KeysFile string
	// PublicKeys check signatures of modules; with any, modules need one.
	PublicKeys []ed25519.PublicKey
	// RequireManifest also asks for signed manifests (plugin.Manifest), and Grades,
	// if there are any, are those that may be in them.
	RequireManifest bool
	Grades          []string
	// ReadyPartial has /readyz say yes although a plugin could not be brought up.
	ReadyPartial bool
	// CacheDir keeps compiled modules.
	CacheDir string
	// Limits are those of plugins that have no file of limits.
	Limits plugin.Limits
	// History is how many versions a plugin keeps besides the active one, at
	// least one: an upload stands by before it is activated.
	History int

	// PluginOptions are further ones of the registry of plugins.
	PluginOptions []plugin.Option

	// MaxBodyBytes bounds the body of a request, MaxHeaderBytes its head.
	MaxBodyBytes   int64
	MaxHeaderBytes int
	// MaxConnections bounds the connections. One more has the one closed that is
	// without a request for the longest time.
	MaxConnections int
	// MaxRequests bounds how many requests compute at the same time, with their
	// body there. A tenant, and a plugin, has half of them at the most, unless the
	// tenant's max_concurrent says otherwise.
	MaxRequests int
	// QueueTimeout is how long a request waits until its body may arrive, and
	// again until it may compute.
	QueueTimeout time.Duration

	// MemoryTotal is the memory of the service, MemoryBudget what requests hold of
	// it at the most: 0 follows from the total, what plugins can take and
	// HeapLimit, which is a limit of the Go runtime that was set before, or 0.
	MemoryTotal, MemoryBudget, HeapLimit int64
	// SetHeapLimit sets the limit of the Go runtime; nil leaves it alone.
	SetHeapLimit func(bytes int64)

	// HeaderTimeout and ReadTimeout are how long the head of a request, and its
	// body, may take to arrive; RequestTimeout how long the answer may take to be
	// computed, WriteTimeout how long it may take to be fetched, and IdleTimeout
	// how long a connection may stay without a request.
	HeaderTimeout, ReadTimeout, RequestTimeout, WriteTimeout, IdleTimeout time.Duration

	// ShutdownDelay is how long the service goes on after it has said (/readyz)
	// that it will end, so that balancers notice; ShutdownTimeout how long the
	// requests that are left then may take. For IdleGrace since it was told to
	// end, a connection without a request stays open for the client's next one,
	// whose answer then tells the client to close it.
	ShutdownDelay, ShutdownTimeout, IdleGrace time.Duration

	// Certificate of the service, for HTTPS; nil for HTTP.
	Certificate func() (*tls.Certificate, error)

	Logger *slog.Logger
}

// Defaults returns the configuration of a service that is told nothing.
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
		MemoryTotal:     memory.Total(),
		Logger:          slog.New(slog.DiscardHandler),
	}
}

// Check refuses values that make no sense.
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
		{"Logger", c.Logger != nil},
	} {
		if !f.ok {
			return fmt.Errorf("the configuration's %s makes no sense", f.name)
		}
	}
	if (c.RequireManifest || len(c.Grades) > 0) && len(c.PublicKeys) == 0 {
		return errors.New("the configuration's RequireManifest and Grades need PublicKeys")
	}
	return c.Limits.Check()
}

// computeTimeout is how long a request may take from the end of its head to the
// beginning of its answer.
func (c Config) computeTimeout() time.Duration {
	return 2*c.QueueTimeout + c.ReadTimeout + c.RequestTimeout
}

// CheckOpen refuses to serve everybody at an address that others can reach.
func CheckOpen(address string) error {
	name, _, err := net.SplitHostPort(address)
	if err != nil {
		return fmt.Errorf("the address %q: %w", address, err)
	}
	if isLoopback(name) {
		return nil
	}
	return errors.New("without keys everybody who reaches the address may call the service: listen on a loopback address, or give a file of keys")
}

// isLoopback reports whether a host of an address is this machine.
func isLoopback(name string) bool {
	ip := net.ParseIP(name)
	return strings.EqualFold(name, "localhost") || ip != nil && ip.IsLoopback()
}
