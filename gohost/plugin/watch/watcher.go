package watch

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"github.com/fsnotify/fsnotify"

	"example.org/compute-pipeline/gohost/internal/plugindir"
)

// Watcher keeps a registry in sync with a directory until it is closed.
type Watcher struct {
	*directory

	notify *fsnotify.Watcher
	ctx    context.Context // ends with Close
	cancel context.CancelFunc

	// Owned by Start, and then by the goroutine run.
	watched fs.FileInfo     // the directory that notifications come from
	touched map[string]bool // plugins with a file that changed since the last check
	lost    bool            // the directory could not be read
}

// Start loads the plugins of the directory and begins to watch it. The context applies
// only to the loads during Start. Start fails if the directory cannot be read or
// watched, but not if a plugin cannot be loaded ([WithOnError]).
func Start(ctx context.Context, reg Registry, dir string, opts ...Option) (_ *Watcher, err error) {
	defer func() {
		if err != nil {
			err = fmt.Errorf("watch.Start: %w", err)
		}
	}()
	d, err := openDirectory(reg, dir, opts)
	if err != nil {
		return nil, err
	}
	w := &Watcher{directory: d, touched: map[string]bool{}}
	if w.notify, err = fsnotify.NewWatcher(); err != nil {
		return nil, err
	}
	// The parent's notifications report when the directory itself is replaced. Both are
	// watched before the first check, so that no change is missed.
	if err = w.notify.Add(filepath.Dir(d.path)); err == nil {
		err = w.watchDir()
	}
	if err == nil {
		err = w.look(ctx, nil)
	}
	if err == nil {
		err = ctx.Err()
	}
	if err != nil {
		return nil, errors.Join(err, w.notify.Close())
	}
	w.ctx, w.cancel = context.WithCancel(context.Background())
	w.work.Go(w.run)
	return w, nil
}

// Close stops watching; the plugins stay loaded. It waits for a running load until the
// context ends.
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
		return fmt.Errorf("close of the watch over %s, while a load runs: %w", w.path, ctx.Err())
	}
}

// run checks the directory after changes, and at each poll.
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
	var latest time.Time // when the changes are loaded in any case
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
		case err := <-w.notify.Errors: // notifications were lost, so everything may have changed
			w.report("", err)
			changed()
		case <-quiet.C:
			latest = time.Time{}
			w.lookAgain()
		case <-poll.C:
			w.polls++
			w.lookAgain()
		}
	}
}

// concerns records a change, and reports whether it matters.
func (w *Watcher) concerns(e fsnotify.Event) bool {
	if e.Name == w.path {
		return true
	}
	if filepath.Dir(e.Name) != w.path {
		return false
	}
	if name := plugindir.NameOf(e.Name); name != "" {
		w.touched[name] = true
	}
	return true // also ..data, a link through which all files may have changed
}

// watchDir watches the directory that the path leads to now.
func (w *Watcher) watchDir() error {
	info, err := os.Stat(w.path)
	if err != nil {
		w.watched = nil
		return err
	}
	if w.watched != nil && os.SameFile(info, w.watched) && watches(w.notify, w.path) {
		return nil
	}
	if watches(w.notify, w.path) {
		if err := w.notify.Remove(w.path); err != nil && !errors.Is(err, fsnotify.ErrNonExistentWatch) {
			return err
		}
	}
	if err := w.notify.Add(w.path); err != nil {
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

// lookAgain loads the plugins that have changed since the last check.
func (w *Watcher) lookAgain() {
	touched := w.touched
	w.touched = map[string]bool{}
	err := w.watchDir()
	if err == nil {
		err = w.look(w.ctx, touched)
	}
	if err != nil && !w.lost {
		w.report("", fmt.Errorf("the plugins stay as they are: %w", err))
	}
	w.lost = err != nil
}
