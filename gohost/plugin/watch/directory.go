package watch

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"sync"

	"example.org/compute-pipeline/gohost"
	"example.org/compute-pipeline/gohost/internal/plugindir"
	"example.org/compute-pipeline/gohost/plugin"
)

// Registry is what the directory's plugins are loaded into: a *plugin.Registry of any
// binding.
type Registry interface {
	Load(ctx context.Context, name string, src plugin.Source, opts ...plugin.LoadOption) (plugin.Version, error)
	Unload(ctx context.Context, name string) error
}

// directory loads the plugins of a directory, and records their state.
type directory struct {
	registry Registry
	path     string // absolute
	config   config

	work      sync.WaitGroup  // removals that run
	reporting sync.Mutex      // held while an error is reported
	known     map[string]seen // by plugin
	polls     int             // number of checks without a notification
}

func openDirectory(reg Registry, path string, opts []Option) (*directory, error) {
	c, err := newConfig(opts)
	if err != nil {
		return nil, err
	}
	if path, err = filepath.Abs(path); err != nil {
		return nil, err
	}
	return &directory{registry: reg, path: path, config: c, known: map[string]seen{}}, nil
}

// seen is the state of a plugin's files at the last load.
type seen struct {
	files plugindir.Files
	// failures counts consecutive loads that failed for a reason that may be
	// temporary; the next load is at poll retryAt.
	failures int
	retryAt  int
}

// maxBackoff is the max number of polls until a load is tried again.
const maxBackoff = 64

// failed returns the state after a load failed with err at this poll.
func (s seen) failed(err error, polls int) seen {
	if !mayPass(err) {
		s.failures = 0
		return s
	}
	s.failures++
	s.retryAt = polls + min(1<<min(s.failures-1, 10), maxBackoff)
	return s
}

// due reports whether to retry a failed load without a change.
func (s seen) due(polls int) bool { return s.failures > 0 && polls >= s.retryAt }

// mayPass reports whether an error may be temporary, because it does not depend on the files.
func mayPass(err error) bool {
	if errors.Is(err, plugin.ErrNotYet) {
		return true
	}
	return !slices.ContainsFunc([]error{
		gohost.ErrClosed, gohost.ErrInvalidInput, gohost.ErrContract, gohost.ErrABI, gohost.ErrTrap, gohost.ErrLimit,
		plugin.ErrHash, plugin.ErrSignature, plugin.ErrManifest, plugin.ErrGrade, plugin.ErrHeldBack, plugin.ErrSelfTest,
	}, func(class error) bool { return errors.Is(err, class) })
}

// Sync loads the plugins of the directory once. Its error joins the errors of plugins
// that could not be loaded, which are also passed to [WithOnError]. It removes no plugin
// from the registry.
func Sync(ctx context.Context, reg Registry, dir string, opts ...Option) error {
	d, err := openDirectory(reg, dir, opts)
	if err != nil {
		return fmt.Errorf("watch.Sync: %w", err)
	}
	var failed []error
	onError := d.config.onError
	d.config.onError = func(name string, err error) {
		failed = append(failed, err)
		onError(name, err)
	}
	if err := d.look(ctx, nil); err != nil {
		return fmt.Errorf("watch.Sync: %w", err)
	}
	return errors.Join(append(failed, ctx.Err())...)
}

// look loads the plugins that have changed or had a notification.
func (d *directory) look(ctx context.Context, touched map[string]bool) error {
	names, err := plugindir.Names(d.path)
	if err != nil {
		return err
	}
	there := map[string]bool{}
	for _, name := range names {
		if ctx.Err() != nil {
			return nil
		}
		there[name] = true
		if d.config.filter(name) {
			d.lookAt(ctx, name, touched[name])
		}
	}
	for name := range d.known {
		if !there[name] {
			d.gone(ctx, name)
		}
	}
	return nil
}

// lookAt loads one plugin if its files have changed.
func (d *directory) lookAt(ctx context.Context, name string, touched bool) {
	now, err := plugindir.Stat(d.path, name)
	before, known := d.known[name]
	same := known && now.Same(before.files) && !touched
	if same && (before.failures > 0 || err == nil) && !before.due(d.polls) {
		return
	}
	if err == nil {
		err = d.load(ctx, name)
	}
	after := seen{files: now}
	if same {
		after = before
	}
	if err == nil {
		after.failures = 0
	} else {
		d.report(name, err)
		after = after.failed(err, d.polls)
	}
	d.known[name] = after
}

func (d *directory) load(ctx context.Context, name string) error {
	if err := plugin.CheckName(name); err != nil {
		return err
	}
	base := filepath.Join(d.path, name)
	opts, err := d.config.loadOptions(name)
	var more []plugin.LoadOption
	if err == nil {
		more, err = plugindir.Options(d.path, name, base)
	}
	if err != nil {
		return fmt.Errorf("plugin %q: %w", name, err)
	}
	_, err = d.registry.Load(ctx, name, plugin.File(base+plugindir.Module), append(opts, more...)...)
	return err
}

// gone handles a plugin whose module is no longer in the directory.
func (d *directory) gone(ctx context.Context, name string) {
	delete(d.known, name)
	if !d.config.unload {
		return
	}
	// The plugin is removed at once. Its calls may still run, and the next change must
	// not wait for them.
	d.work.Go(func() {
		err := d.registry.Unload(ctx, name)
		if err != nil && !errors.Is(err, plugin.ErrNotFound) && ctx.Err() == nil {
			d.report(name, err)
		}
	})
}

func (d *directory) report(name string, err error) {
	d.reporting.Lock()
	defer d.reporting.Unlock()
	d.config.onError(name, err)
}
