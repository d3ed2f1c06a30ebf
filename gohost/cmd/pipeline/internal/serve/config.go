package serve

import (
	"crypto/ed25519"
	"crypto/tls"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"time"

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
	// MaxRequests bounds how many requests are answered at the same time.
	MaxRequests int

	// HeaderTimeout and ReadTimeout are how long the head of a request, and all
	// of it, may take to arrive; RequestTimeout how long the answer may take to
	// be computed, WriteTimeout how long it may take to be fetched, and
	// IdleTimeout how long a connection may stay without a request.
	HeaderTimeout, ReadTimeout, RequestTimeout, WriteTimeout, IdleTimeout time.Duration

	// ShutdownDelay is how long the service goes on after it has said (/readyz)
	// that it will end, so that balancers notice; ShutdownTimeout how long the
	// requests that are left then may take.
	ShutdownDelay, ShutdownTimeout time.Duration

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
		HeaderTimeout:   5 * time.Second,
		ReadTimeout:     30 * time.Second,
		RequestTimeout:  30 * time.Second,
		WriteTimeout:    30 * time.Second,
		IdleTimeout:     2 * time.Minute,
		ShutdownTimeout: 30 * time.Second,
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
		{"HeaderTimeout", c.HeaderTimeout > 0},
		{"ReadTimeout", c.ReadTimeout > 0},
		{"RequestTimeout", c.RequestTimeout > 0},
		{"WriteTimeout", c.WriteTimeout > 0},
		{"IdleTimeout", c.IdleTimeout > 0},
		{"ShutdownTimeout", c.ShutdownTimeout > 0},
		{"ShutdownDelay", c.ShutdownDelay >= 0},
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

// CheckOpen refuses to serve everybody at an address that others can reach.
func CheckOpen(address string) error {
	name, _, err := net.SplitHostPort(address)
	if err != nil {
		return fmt.Errorf("the address %q: %w", address, err)
	}
	if ip := net.ParseIP(name); name == "localhost" || ip != nil && ip.IsLoopback() {
		return nil
	}
	return errors.New("without keys everybody who reaches the address may call the service: listen on a loopback address, or give a file of keys")
}
