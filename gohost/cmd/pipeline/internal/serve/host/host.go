// Package host holds the plugins that the service serves: the embedded engine,
// the modules that an operator has put into the plugins directory, and those
// that were uploaded, which are kept there too, so that the next start serves
// what this one did.
//
// The directory:
//
//	NAME.wasm              a module put there by hand; NAME is the plugin
//	NAME.wasm.sig          its signature, 64 bytes or their base64
//	NAME.json              limits of the plugin, uploaded or not
//	.uploads/NAME/         what was uploaded for the plugin:
//	  HASH.wasm, HASH.wasm.sig   each version by its SHA-256
//	  active                     what is active: see type remembered
//
// Only .uploads is written to. Each file in it appears whole or not at all. The
// rest of the directory is what package watch reads.
package host

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"os"
	"path/filepath"
	"sync"

	"example.org/compute-pipeline/gohost/cmd/pipeline/internal/serve/problem"
	"example.org/compute-pipeline/gohost/plugin"
	"example.org/compute-pipeline/gohost/plugin/watch"
)

// Engine is the name of the embedded engine among the plugins.
const Engine = "engine"

// Host is a registry of plugins with a directory.
type Host struct {
	*plugin.Registry
	dir     string // "" for none
	logger  *slog.Logger
	watcher *watch.Watcher // nil for none

	// files is held while something in .uploads changes. What is in there follows
	// the registry, so loads, which take long, do not hold it.
	files sync.Mutex
}

// Directory is the directory of plugins.
type Directory struct {
	Path  string // empty for none
	Watch bool   // load modules again that change in it
}

// Open loads the embedded engine and all that is in the directory, if one is
// given. A module that cannot be loaded is logged and left out: it must not keep
// the others from serving.
func Open(ctx context.Context, dir Directory, logger *slog.Logger, options ...plugin.Option) (_ *Host, err error) {
	registry, err := plugin.NewRegistry(append(options, plugin.WithLogger(logger))...)
	if err != nil {
		return nil, err
	}
	h := &Host{Registry: registry, dir: dir.Path, logger: logger}
	defer func() {
		if err != nil {
			err = errors.Join(err, h.Close(context.WithoutCancel(ctx)))
		}
	}()
	// The engine reads the bodies of all tenants. Each may run into a limit with
	// what it sends, and none may cut the others off by that.
	limits := plugin.Limits{Breaker: plugin.BreakerLimits{Off: true}}
	if _, err := h.Load(ctx, Engine, plugin.Embedded(), plugin.WithLimits(limits)); err != nil {
		return nil, err
	}
	if h.dir == "" {
		return h, nil
	}
	if info, err := os.Stat(h.dir); err != nil {
		return nil, fmt.Errorf("the plugins directory: %w", err)
	} else if !info.IsDir() {
		return nil, fmt.Errorf("the plugins directory: %s is not a directory", h.dir)
	}
	if dir.Watch {
		err = h.watch(ctx)
	} else {
		err = h.loadFiles(ctx)
	}
	if err != nil {
		return nil, err
	}
	if err := h.loadUploads(ctx); err != nil {
		return nil, err
	}
	return h, ctx.Err()
}

// Close ends the watching and the registry.
func (h *Host) Close(ctx context.Context) error {
	var err error
	if h.watcher != nil {
		err = h.watcher.Close(ctx)
	}
	return errors.Join(err, h.Registry.Close(ctx))
}

// An Upload is a version to be loaded.
type Upload struct {
	Wasm      []byte
	Signature []byte // nil for none
	SHA256    string // what the hash must be, in hexadecimal, or ""
	Activate  bool   // otherwise it is kept on standby
}

// Upload loads a version, which is checked in all respects, and stores it once
// it has passed. Only then it is activated.
func (h *Host) Upload(ctx context.Context, name string, u Upload) (plugin.Version, error) {
	if err := h.mayChange(name); err != nil {
		return plugin.Version{}, err
	}
	options, err := h.options(name, u.Signature)
	if err != nil {
		return plugin.Version{}, err
	}
	if u.SHA256 != "" {
		options = append(options, plugin.SHA256(u.SHA256))
	}
	v, err := h.Load(ctx, name, plugin.Bytes(u.Wasm), append(options, plugin.Standby())...)
	if err != nil {
		return plugin.Version{}, err
	}
	if err := h.store(name, v.Hash, u); err != nil {
		return plugin.Version{}, fmt.Errorf("storing plugin %q: %w", name, err)
	}
	if u.Activate {
		return h.Activate(ctx, name, v.Hash)
	}
	return v, h.remember(name)
}

// Activate makes a version of the plugin the one that new calls go to.
func (h *Host) Activate(ctx context.Context, name, hash string) (plugin.Version, error) {
	return h.swap(name, func() (plugin.Version, error) { return h.Registry.Activate(ctx, name, hash) })
}

// Rollback brings the version back that was active before.
func (h *Host) Rollback(ctx context.Context, name string) (plugin.Version, error) {
	return h.swap(name, func() (plugin.Version, error) { return h.Registry.Rollback(ctx, name) })
}

func (h *Host) swap(name string, change func() (plugin.Version, error)) (plugin.Version, error) {
	if err := h.mayChange(name); err != nil {
		return plugin.Version{}, err
	}
	v, err := change()
	// Also after an error: another change may have come in between.
	return v, errors.Join(err, h.remember(name))
}

// Unload ends a plugin and removes what was uploaded for it, also where that
// could not be loaded. A module that was put into the directory by hand stays
// there, for the next start.
func (h *Host) Unload(ctx context.Context, name string) error {
	if err := h.mayChange(name); err != nil {
		return err
	}
	_, none := os.Stat(h.uploads(name))
	err := h.Registry.Unload(ctx, name)
	if errors.Is(err, plugin.ErrNotFound) && none == nil {
		err = nil
	}
	return errors.Join(err, h.remember(name))
}

// Reset closes the plugin's circuit breaker.
func (h *Host) Reset(name string) error {
	p, err := h.Plugin(name)
	if err != nil {
		return err
	}
	p.Reset()
	return nil
}

func (h *Host) mayChange(name string) error {
	if err := plugin.CheckName(name); err != nil {
		return err
	}
	if name == Engine {
		return problem.New(http.StatusConflict, "reserved-name", fmt.Sprintf("the plugin %q is the embedded engine, which is part of the program", name))
	}
	if h.dir == "" {
		return problem.New(http.StatusConflict, "no-directory", "the service was started without a plugins directory, so it has nowhere to keep versions")
	}
	return nil
}

func (h *Host) uploads(name string) string { return filepath.Join(h.dir, uploadsDir, name) }
