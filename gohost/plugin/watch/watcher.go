package watch

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"sync"
	"time"

	"github.com/fsnotify/fsnotify"

	"example.org/compute-pipeline/gohost"
	"example.org/compute-pipeline/gohost/plugin"
)

// Watcher keeps a registry in step with a directory, until it is closed.
type Watcher struct {
	registry *plugin.Registry
	dir      string // absolute
	config   config

	notify *fsnotify.Watcher
	ctx    context.Context // ends with Close
	cancel context.CancelFunc
	work   sync.WaitGroup

	reporting sync.Mutex // held while an error is reported

	// Of the goroutine that runs; before, of Start.
	watched fs.FileInfo     // the directory that notifications come from
	known   map[string]seen // by plugin
	touched map[string]bool // plugins of which a file was changed since the last look
	lost    bool            // the directory could not be read
	polls   int             // how often it was looked through without a notification
}

// seen is how a plugin's files were when they were last acted on.
type seen struct {
	files files
	// failures counts the loads in a row that failed for a reason that may pass by
	// itself; the next is at this poll.
	failures int
	retryAt  int
}

// maxBackoff is after how many polls at most a load is tried again.
const maxBackoff = 64

// failed is what is known after a load has failed so, at this poll.
func (s seen) failed(err error, polls int) seen {
	if !mayPass(err) {
		s.failures = 0
		return s
	}
	s.failures++
	s.retryAt = polls + min(1<<min(s.failures-1, 10), maxBackoff)
	return s
}

// due reports whether a load that failed is to be tried again without a reason.
func (s seen) due(polls int) bool { return s.failures > 0 && polls >= s.retryAt }

// Start loads the plugins of the directory and goes on watching it. The context
// bounds the loads of Start alone. It fails when the directory cannot be read or
// watched; plugins that cannot be loaded do not make it fail ([WithOnError]).
func Start(ctx context.Context, reg *plugin.Registry, dir string, opts ...Option) (_ *Watcher, err error) {
	defer func() {
		if err != nil {
			err = fmt.Errorf("watch.Start: %w", err)
		}
	}()
	c, err := newConfig(opts)
	if err != nil {
		return nil, err
	}
	if dir, err = filepath.Abs(dir); err != nil {
		return nil, err
	}
	w := &Watcher{registry: reg, dir: dir, config: c, known: map[string]seen{}, touched: map[string]bool{}}
	if w.notify, err = fsnotify.NewWatcher(); err != nil {
		return nil, err
	}
	// The parent tells when the directory itself is replaced.
	if err = w.notify.Add(filepath.Dir(dir)); err == nil {
		if err = w.watchDir(); err == nil {
			_, err = names(dir)
		}
	}
	if err == nil {
		w.look(ctx)
		err = ctx.Err()
	}
	if err != nil {
		return nil, errors.Join(err, w.notify.Close())
	}
	w.ctx, w.cancel = context.WithCancel(context.Background())
	w.work.Go(w.run)
	return w, nil
}

// Close ends the watching; the plugins stay. It waits for a load that runs, as
// long as the context lets it.
func (w *Watcher) Close(ctx context.Context) error {
	w.cancel()
	done := make(chan struct{})
	go func() {
		w.work.Wait()
		close(done)
	}()
	select {
	case <-done:
		return nil
	case <-ctx.Done():
		return fmt.Errorf("close of the watch over %s, while a load runs: %w", w.dir, ctx.Err())
	}
}

// run looks at the directory when it has changed and been quiet, and now and
// then without a reason.
func (w *Watcher) run() {
	defer func() {
		if err := w.notify.Close(); err != nil {
			w.report("", err)
		}
	}()
	quiet := time.NewTimer(time.Hour)
	quiet.Stop()
	poll := time.NewTicker(w.config.poll)
	defer poll.Stop()
	var latest time.Time // when the changes are acted on in any case
	changed := func() {
		now := time.Now()
		if latest.IsZero() {
			latest = now.Add(10 * w.config.debounce)
		}
		quiet.Reset(min(w.config.debounce, latest.Sub(now)))
	}
	for {
		select {
		case <-w.ctx.Done():
			quiet.Stop()
			return
		case e := <-w.notify.Events:
			if w.concerns(e) {
				changed()
			}
		case err := <-w.notify.Errors: // some were lost, so everything may have changed
			w.report("", err)
			changed()
		case <-quiet.C:
			latest = time.Time{}
			w.look(w.ctx)
		case <-poll.C:
			w.polls++
			w.look(w.ctx)
		}
	}
}

// concerns takes notice of a change, and reports whether it matters.
func (w *Watcher) concerns(e fsnotify.Event) bool {
	if e.Name == w.dir {
		return true
	}
	if filepath.Dir(e.Name) != w.dir {
		return false
	}
	if name := nameOf(e.Name); name != "" {
		w.touched[name] = true
	}
	return true // also ..data, behind which all files may have changed
}

// watchDir follows the directory to where its name leads now.
func (w *Watcher) watchDir() error {
	info, err := os.Stat(w.dir)
	if err != nil {
		w.watched = nil
		return err
	}
	if w.watched != nil && os.SameFile(info, w.watched) && watches(w.notify, w.dir) {
		return nil
	}
	if watches(w.notify, w.dir) {
		if err := w.notify.Remove(w.dir); err != nil && !errors.Is(err, fsnotify.ErrNonExistentWatch) {
			return err
		}
	}
	if err := w.notify.Add(w.dir); err != nil {
		return err
	}
	w.watched = info
	return nil
}

func watches(n *fsnotify.Watcher, dir string) bool {
	for _, path := range n.WatchList() {
		if path == dir {
			return true
		}
	}
	return false
}

// look loads what has changed.
func (w *Watcher) look(ctx context.Context) {
	touched := w.touched
	w.touched = map[string]bool{}
	// Watched before it is read, so that no change falls between.
	err := w.watchDir()
	var present []string
	if err == nil {
		present, err = names(w.dir)
	}
	if err != nil {
		if !w.lost {
			w.report("", fmt.Errorf("the plugins stay as they are: %w", err))
		}
		w.lost = true
		return
	}
	w.lost = false
	there := map[string]bool{}
	for _, name := range present {
		if ctx.Err() != nil {
			return
		}
		there[name] = true
		w.lookAt(ctx, name, touched[name])
	}
	for name := range w.known {
		if !there[name] {
			w.gone(ctx, name)
		}
	}
}

// lookAt loads one plugin if its files have changed.
func (w *Watcher) lookAt(ctx context.Context, name string, touched bool) {
	now, err := stat(w.dir, name)
	before, known := w.known[name]
	same := known && now.sameAs(before.files) && !touched
	if same && (before.failures > 0 || err == nil) && !before.due(w.polls) {
		return
	}
	if err == nil {
		err = w.load(ctx, name, now)
	}
	after := seen{files: now}
	if same {
		after = before
	}
	if err == nil {
		after.failures = 0
	} else {
		w.report(name, err)
		after = after.failed(err, w.polls)
	}
	w.known[name] = after
}

func (w *Watcher) load(ctx context.Context, name string, now files) error {
	if err := plugin.CheckName(name); err != nil {
		return err
	}
	opts, err := now.loadOptions(w.dir, name)
	if err != nil {
		return fmt.Errorf("plugin %q: %w", name, err)
	}
	path := filepath.Join(w.dir, name+moduleSuffix)
	_, err = w.registry.Load(ctx, name, plugin.File(path), append(w.config.loadOptions(name), opts...)...)
	return err
}

func (w *Watcher) report(name string, err error) {
	w.reporting.Lock()
	defer w.reporting.Unlock()
	w.config.onError(name, err)
}

// mayPass reports whether an error says nothing about the files themselves.
func mayPass(err error) bool {
	if errors.Is(err, plugin.ErrNotYet) {
		return true
	}
	for _, class := range []error{
		gohost.ErrClosed, gohost.ErrInvalidInput, gohost.ErrContract, gohost.ErrABI, gohost.ErrTrap, gohost.ErrLimit,
		plugin.ErrHash, plugin.ErrSignature, plugin.ErrManifest, plugin.ErrHeldBack, plugin.ErrSelfTest,
	} {
		if errors.Is(err, class) {
			return false
		}
	}
	return true
}

// gone is called for a plugin whose module is not in the directory any more.
func (w *Watcher) gone(ctx context.Context, name string) {
	delete(w.known, name)
	if !w.config.unload {
		return
	}
	// The plugin is gone at once; its calls may run for as long as it lets them,
	// and the next change must not wait for that.
	w.work.Go(func() {
		err := w.registry.Unload(ctx, name)
		if err != nil && !errors.Is(err, plugin.ErrNotFound) && ctx.Err() == nil {
			w.report(name, err)
		}
	})
}
