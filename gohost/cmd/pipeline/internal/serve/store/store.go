// Package store holds the plugins of the service: those that are part of the program, as the
// embedded engine, the modules that an operator has put into the plugins directory, and
// uploads. Uploads are stored in that directory too, so that the next start serves the same
// versions.
//
// Each world has a store. The directory of one:
//
//	NAME.wasm              a module put there by hand; NAME is the plugin
//	NAME.wasm.sig          its signature, 64 bytes or their base64
//	NAME.manifest          its manifest (plugin.Manifest)
//	NAME.manifest.sig      the manifest's signature
//	NAME.json              limits and grants of the plugin, uploaded or not (plugin.Settings)
//	.uploads/NAME/         uploads of the plugin:
//	  HASH.wasm, HASH.wasm.sig, HASH.manifest, HASH.manifest.sig
//	                             a version, by its SHA-256
//	  active                     the active version: see type state
//	.uploads/.loading-HASH a module that is being loaded: see type unfinished
//	.uploads/.seen-NAME    the highest version of a manifest: see type seen
//	.uploads/.refused-NAME why the last upload was refused: see type Refusal
//
// The service writes only in .uploads, where each file appears whole or not at all. The
// rest of the directory is in the form that package watch reads.
//
// A change is stored before it takes effect; see commit. So the response to a request is
// reliable: after success the next start serves the new version; after an error this
// process and the next start serve the previous one.
package store

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"sync/atomic"
	"time"

	"example.org/compute-pipeline/gohost"
	"example.org/compute-pipeline/gohost/cmd/pipeline/internal/atomicfile"
	"example.org/compute-pipeline/gohost/internal/plugindir"
	"example.org/compute-pipeline/gohost/plugin"
	"example.org/compute-pipeline/gohost/plugin/watch"
	"example.org/compute-pipeline/gohost/sandbox"
)

// Errors of operations, in addition to those of package plugin.
var (
	// ErrReserved: the plugin [Engine] cannot be changed.
	ErrReserved = errors.New("the embedded engine, which is part of the program")
	// ErrNoDirectory: a change needs a plugins directory.
	ErrNoDirectory = errors.New("the service was started without a plugins directory, so it cannot store versions")
)

// Engine is the name of the plugin that is the embedded engine.
const Engine = "engine"

// Store is a registry of plugins with a directory.
type Store[B any] struct {
	*plugin.Registry[B]
	world    World
	embedded Embedded // has no name if nothing is embedded
	dir      string   // or ""
	logger   *slog.Logger
	system   atomicfile.System
	watcher  *watch.Watcher // or nil

	locks        locks
	hands        hands
	handPatience time.Duration
	unfinished   unfinished
	failures     failures
	refusals     refusals
	started      atomic.Bool // the directory was loaded
	logged       logged
	degraded     reasons // plugins that serve another version than they should
	expected     reasons // plugins that should serve since the start
}

// Directory describes the plugins directory.
type Directory struct {
	Path  string // empty if there is none
	Watch bool   // load modules when they change
	// System makes all changes. The default is the machine's file system; tests use
	// others.
	System atomicfile.System
}

// Open returns the store of the engine's world: the embedded engine, which cannot be
// changed, and the modules in the directory, if one is given.
func Open(ctx context.Context, dir Directory, logger *slog.Logger, options ...plugin.Option) (*Store[gohost.Functions], error) {
	// The engine reads the bodies of all tenants. A tenant whose body exceeds a limit
	// must not open the breaker for the others.
	limits := plugin.Limits{Breaker: plugin.BreakerLimits{Off: true}}
	embedded := Embedded{Name: Engine, Limits: limits, Reserved: true}
	return OpenWorld(ctx, Pipeline, gohost.Binding(), embedded, dir, logger, options...)
}

// Embedded is the plugin that is the embedded module of a binding.
type Embedded struct {
	Name     string // may be empty
	Limits   plugin.Limits
	Reserved bool // it cannot be changed
}

// OpenWorld loads the embedded module and the modules in the directory, if one is given. A
// module that cannot be loaded is logged and skipped: it must not prevent the others from
// serving.
func OpenWorld[B any](ctx context.Context, world World, binding sandbox.Binding[B], embedded Embedded, dir Directory, logger *slog.Logger, options ...plugin.Option) (_ *Store[B], err error) {
	if dir.Path != "" {
		// Failures are found by the absolute paths that the watcher reports.
		if dir.Path, err = filepath.Abs(dir.Path); err != nil {
			return nil, fmt.Errorf("the plugins directory: %w", err)
		}
	}
	s := &Store[B]{world: world, embedded: embedded, dir: dir.Path, logger: logger, system: dir.System, handPatience: handPatience}
	if s.system == nil {
		s.system = atomicfile.OS{}
	}
	s.Registry, err = plugin.NewRegistry(binding, append(options, plugin.WithLogger(logger), plugin.WithGate(s.gate),
		plugin.WithCommit(s.commit), plugin.WithHooks(plugin.Hooks{OnLoad: s.onLoad}))...)
	if err != nil {
		return nil, err
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, s.Close(context.WithoutCancel(ctx)))
		}
	}()
	if embedded.Name != "" {
		if err := s.loadEmbedded(ctx); err != nil {
			return nil, err
		}
	}
	if s.dir == "" {
		return s, nil
	}
	if world != Pipeline {
		if err := s.system.Mkdir(s.dir); err != nil && !errors.Is(err, fs.ErrExist) {
			// Nothing can be in it, and nothing stored.
			logger.WarnContext(ctx, "the directory of a world cannot be made, so it takes no uploads", "world", world, "error", err)
			s.dir = ""
			return s, ctx.Err()
		}
	}
	if info, err := os.Stat(s.dir); err != nil {
		return nil, fmt.Errorf("the plugins directory: %w", err)
	} else if !info.IsDir() {
		return nil, fmt.Errorf("the plugins directory: %s is not a directory", s.dir)
	}
	if err := s.start(ctx, dir.Watch); err != nil {
		return nil, err
	}
	s.started.Store(true)
	return s, ctx.Err()
}

func (s *Store[B]) loadEmbedded(ctx context.Context) error {
	_, err := s.Load(ctx, s.embedded.Name, plugin.Embedded(), plugin.WithLimits(s.embedded.Limits))
	return err
}

// Close closes the watcher and the registry.
func (s *Store[B]) Close(ctx context.Context) error {
	var err error
	if s.watcher != nil {
		err = s.watcher.Close(ctx)
	}
	err = errors.Join(err, s.Registry.Close(ctx))
	s.removeStale(ctx)
	s.hands.wait(ctx)
	return err
}

// An Upload is a version to load.
type Upload struct {
	Wasm              []byte
	Signature         []byte // or nil
	Manifest          []byte // its text, or nil
	ManifestSignature []byte
	SHA256            string // the expected hash, in hexadecimal, or ""
	Activate          bool   // otherwise it stays on standby
	AllowOlder        bool   // accept a manifest with an older version than the highest
}

// Upload loads and checks a version, stores it, and then activates it.
func (s *Store[B]) Upload(ctx context.Context, name string, u Upload) (plugin.Version, error) {
	options, err := s.uploadOptions(ctx, name, u)
	if err != nil {
		return plugin.Version{}, err
	}
	var v plugin.Version
	err = s.operate(ctx, name, &operation{upload: &u}, func(ctx context.Context) error {
		if v, err = s.Load(ctx, name, plugin.Bytes(u.Wasm), options...); err != nil {
			s.refuse(context.WithoutCancel(ctx), name, err)
		}
		return err
	})
	return v, err
}

func (s *Store[B]) uploadOptions(ctx context.Context, name string, u Upload) ([]plugin.LoadOption, error) {
	if err := s.mayChange(name); err != nil {
		return nil, err
	}
	options, err := plugindir.Signatures{Module: u.Signature, Manifest: u.Manifest, ManifestSignature: u.ManifestSignature}.OptionsIn(s.dir, name)
	if err != nil {
		return nil, err
	}
	options = append(options, s.order(ctx, name))
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

// Activate activates a version of the plugin.
func (s *Store[B]) Activate(ctx context.Context, name, hash string) (v plugin.Version, err error) {
	err = s.operate(ctx, name, &operation{}, func(ctx context.Context) error {
		v, err = s.Registry.Activate(ctx, name, hash)
		return err
	})
	return v, err
}

// Rollback activates the previously active version.
func (s *Store[B]) Rollback(ctx context.Context, name string) (v plugin.Version, err error) {
	err = s.operate(ctx, name, &operation{}, func(ctx context.Context) error {
		v, err = s.Registry.Rollback(ctx, name)
		return err
	})
	return v, err
}

// Unload removes a plugin and its uploads, including those that could not be loaded. A
// module that was put into the directory by hand stays there for the next start. The embedded one
// is part of the program: it serves again, as it does after a start.
func (s *Store[B]) Unload(ctx context.Context, name string) error {
	op := &operation{}
	again := context.WithoutCancel(ctx) // not a part of the operation, whose changes are stored
	return s.operate(ctx, name, op, func(ctx context.Context) error {
		_, none := os.Stat(s.uploads(name))
		err := s.Registry.Unload(ctx, name)
		if errors.Is(err, plugin.ErrNotFound) && (none == nil || len(s.failures.list(name)) > 0) {
			err = s.drop(ctx, name)
			op.committed = err == nil
		}
		if op.committed {
			s.forget(ctx, name)
			s.failures.forget(name)
			s.degraded.clear(name)
			s.expected.clear(name)
			s.forgive(ctx, name)
			if name == s.embedded.Name {
				err = errors.Join(err, s.loadEmbedded(again))
			}
		}
		return err
	})
}

// operate calls f with the plugin's lock held. The context that f gets connects the
// registry's changes with the operation.
func (s *Store[B]) operate(ctx context.Context, name string, op *operation, f func(context.Context) error) error {
	if err := s.mayChange(name); err != nil {
		return err
	}
	release, err := s.locks.acquire(ctx, name, op.upload != nil)
	if err != nil {
		return err
	}
	defer release()
	return f(op.in(ctx))
}

// Reset closes the plugin's circuit breaker.
func (s *Store[B]) Reset(name string) error {
	p, err := s.Plugin(name)
	if err != nil {
		return err
	}
	p.Reset()
	return nil
}

// isReserved reports whether a name is that of the plugin that cannot be changed.
func (s *Store[B]) isReserved(name string) bool {
	return s.embedded.Reserved && name == s.embedded.Name
}

func (s *Store[B]) mayChange(name string) error {
	if err := plugin.CheckName(name); err != nil {
		return err
	}
	if s.isReserved(name) {
		return fmt.Errorf("the plugin %q is %w", name, ErrReserved)
	}
	if s.dir == "" {
		return ErrNoDirectory
	}
	return nil
}
