// Package host holds the plugins that the service serves: the embedded engine,
// the modules that an operator has put into the plugins directory, and those
// that were uploaded, which are kept there too, so that the next start serves
// what this one did.
//
// The directory:
//
//	NAME.wasm              a module put there by hand; NAME is the plugin
//	NAME.wasm.sig          its signature, 64 bytes or their base64
//	NAME.manifest          its manifest (plugin.Manifest)
//	NAME.manifest.sig      the manifest's signature
//	NAME.json              limits of the plugin, uploaded or not
//	.uploads/NAME/         what was uploaded for the plugin:
//	  HASH.wasm, HASH.wasm.sig, HASH.manifest, HASH.manifest.sig
//	                             each version by its SHA-256
//	  active                     what is active: see type state
//	.uploads/.loading-HASH a module that is being loaded: see type unfinished
//	.uploads/.seen-NAME    the highest version of a manifest: see type seen
//
// Only .uploads is written to. Each file in it appears whole or not at all. The
// rest of the directory is what package watch reads.
//
// A change is written down before it takes effect; see commit. So what a request
// was told holds: after success the next start serves the new version, and after
// an error both this process and the next start serve what was there before.
package host

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"os"
	"time"

	"example.org/compute-pipeline/gohost/cmd/pipeline/internal/atomicfile"
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
	system  atomicfile.System
	watcher *watch.Watcher // nil for none

	turns        turns
	hands        hands
	handPatience time.Duration
	unfinished   unfinished
	failures     failures
	degraded     reasons // plugins that serve another version than they should
	expected     reasons // plugins that were to serve when the service started
}

// Directory is the directory of plugins.
type Directory struct {
	Path  string // empty for none
	Watch bool   // load modules again that change in it
	// System is what changes are made with; nil for the machine's own. Tests have
	// others.
	System atomicfile.System
}

// Open loads the embedded engine and all that is in the directory, if one is
// given. A module that cannot be loaded is logged and left out: it must not keep
// the others from serving.
func Open(ctx context.Context, dir Directory, logger *slog.Logger, options ...plugin.Option) (_ *Host, err error) {
	h := &Host{dir: dir.Path, logger: logger, system: dir.System, handPatience: handPatience}
	if h.system == nil {
		h.system = atomicfile.OS{}
	}
	h.Registry, err = plugin.NewRegistry(append(options, plugin.WithLogger(logger), plugin.WithGate(h.gate),
		plugin.WithCommit(h.commit), plugin.WithHooks(plugin.Hooks{OnLoad: h.onLoad}))...)
	if err != nil {
		return nil, err
	}
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
	if err := h.start(ctx, dir.Watch); err != nil {
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
	err = errors.Join(err, h.Registry.Close(ctx))
	h.removeStale(ctx)
	h.hands.wait(ctx)
	return err
}

// An Upload is a version to be loaded.
type Upload struct {
	Wasm              []byte
	Signature         []byte // nil for none
	Manifest          []byte // its text; nil for none
	ManifestSignature []byte
	SHA256            string // what the hash must be, in hexadecimal, or ""
	Activate          bool   // otherwise it is kept on standby
	AllowOlder        bool   // take a manifest of an older version than was seen
}

// Upload loads a version, which is checked in all respects, stores it once it has
// passed, and then activates it.
func (h *Host) Upload(ctx context.Context, name string, u Upload) (plugin.Version, error) {
	options, err := h.uploadOptions(ctx, name, u)
	if err != nil {
		return plugin.Version{}, err
	}
	var v plugin.Version
	err = h.operate(ctx, name, &operation{upload: &u}, func(ctx context.Context) error {
		v, err = h.Load(ctx, name, plugin.Bytes(u.Wasm), options...)
		return err
	})
	return v, err
}

func (h *Host) uploadOptions(ctx context.Context, name string, u Upload) ([]plugin.LoadOption, error) {
	if err := h.mayChange(name); err != nil {
		return nil, err
	}
	options, err := h.options(name, u.Signature, u.Manifest, u.ManifestSignature)
	if err != nil {
		return nil, err
	}
	options = append(options, h.order(ctx, name))
	if u.AllowOlder {
		options = append(options, plugin.WithAllowOlder())
	}
	if u.SHA256 != "" {
		options = append(options, plugin.WithSHA256(u.SHA256))
	}
	if !u.Activate {
		options = append(options, plugin.WithStandby())
	}
	return options, nil
}

// Activate makes a version of the plugin the one that new calls go to.
func (h *Host) Activate(ctx context.Context, name, hash string) (v plugin.Version, err error) {
	err = h.operate(ctx, name, &operation{}, func(ctx context.Context) error {
		v, err = h.Registry.Activate(ctx, name, hash)
		return err
	})
	return v, err
}

// Rollback brings the version back that was active before.
func (h *Host) Rollback(ctx context.Context, name string) (v plugin.Version, err error) {
	err = h.operate(ctx, name, &operation{}, func(ctx context.Context) error {
		v, err = h.Registry.Rollback(ctx, name)
		return err
	})
	return v, err
}

// Unload ends a plugin and removes what was uploaded for it, also where that
// could not be loaded. A module that was put into the directory by hand stays
// there, for the next start.
func (h *Host) Unload(ctx context.Context, name string) error {
	op := &operation{}
	return h.operate(ctx, name, op, func(ctx context.Context) error {
		_, none := os.Stat(h.uploads(name))
		err := h.Registry.Unload(ctx, name)
		if errors.Is(err, plugin.ErrNotFound) && (none == nil || len(h.failures.list(name)) > 0) {
			err = h.drop(ctx, name)
			op.committed = err == nil
		}
		if op.committed {
			h.forget(ctx, name)
			h.failures.forget(name)
			h.degraded.clear(name)
			h.expected.clear(name)
		}
		return err
	})
}

// operate has f change a plugin in its turn. Its context tells the registry's
// changes which operation they are part of.
func (h *Host) operate(ctx context.Context, name string, op *operation, f func(context.Context) error) error {
	if err := h.mayChange(name); err != nil {
		return err
	}
	giveBack, err := h.turns.take(ctx, name, op.upload != nil)
	if err != nil {
		return err
	}
	defer giveBack()
	return f(op.in(ctx))
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
