package store

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"example.org/compute-pipeline/gohost/internal/plugindir"
	"example.org/compute-pipeline/gohost/plugin"
	"example.org/compute-pipeline/gohost/plugin/watch"
)

// start loads the directory. A module that cannot be loaded is logged, reported in the
// status, and skipped.
func (s *Store[B]) start(ctx context.Context, watched bool) error {
	if err := s.readUnfinished(); err != nil {
		return err
	}
	names, err := plugindir.Names(s.dir)
	if err != nil {
		return fmt.Errorf("the plugins directory: %w", err)
	}
	for _, name := range names {
		if plugin.CheckName(name) == nil && !s.isReserved(name) {
			s.expected.set(name, "")
		}
	}
	if watched {
		if s.watcher, err = watch.Start(ctx, s.Registry, s.dir, s.handLoads(ctx)...); err != nil {
			return err
		}
	} else {
		_ = s.loadByHand(ctx, func(string) bool { return true }) // logged already
	}
	entries, err := os.ReadDir(filepath.Join(s.dir, uploadsDir))
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("the plugins directory: %w", err)
	}
	for _, e := range entries {
		switch {
		case strings.HasPrefix(e.Name(), removedPrefix), strings.HasPrefix(e.Name(), ".") && strings.HasSuffix(e.Name(), ".tmp"):
			s.remove(ctx, filepath.Join(s.dir, uploadsDir, e.Name()))
		case strings.HasPrefix(e.Name(), refusedPrefix):
			s.readRefused(ctx, strings.TrimPrefix(e.Name(), refusedPrefix))
		case plugin.CheckName(e.Name()) == nil:
			if err := s.bringUp(ctx, e.Name()); err != nil {
				s.logger.ErrorContext(ctx, "uploaded versions of a plugin were skipped", "plugin", e.Name(), "error", err)
			}
		}
	}
	return nil
}

// stored is an uploaded module, or the one that was put into the directory by hand.
type stored struct {
	hash, path string
	at         time.Time
}

// storedOf returns the stored modules of a plugin, newest first.
func (s *Store[B]) storedOf(name string) ([]stored, error) {
	entries, err := os.ReadDir(s.uploads(name))
	if err != nil {
		return nil, err
	}
	var list []stored
	for _, e := range entries {
		hash, ok := strings.CutSuffix(e.Name(), plugindir.Module)
		if !ok || !hexHash.MatchString(hash) {
			continue
		}
		m := stored{hash: hash, path: filepath.Join(s.uploads(name), e.Name())}
		if info, err := e.Info(); err == nil {
			m.at = info.ModTime()
		}
		list = append(list, m)
	}
	slices.SortFunc(list, func(a, b stored) int { return cmp.Or(b.at.Compare(a.at), strings.Compare(a.hash, b.hash)) })
	return list, nil
}

// bringUp loads the uploads of a plugin, and activates the version that was active.
func (s *Store[B]) bringUp(ctx context.Context, name string) error {
	all, err := s.storedOf(name)
	if err != nil {
		return err
	}
	was, known, err := readState(filepath.Join(s.uploads(name), activeFile))
	if err == nil && !known && len(all) > 0 {
		err = errors.New("the file is gone")
	}
	if err != nil {
		return s.recover(ctx, name, all, err)
	}
	byHand := s.byHand(ctx, name)
	if byHand != "" && byHand != was.byHand {
		// Another module was put into the directory since then, and should serve.
		was.active, was.before = "", ""
	}
	if !was.old {
		s.sweep(ctx, name, was.kept)
	}
	all = slices.DeleteFunc(all, func(m stored) bool { return !was.keeps(m.hash) })
	var failed error
	for _, m := range slices.Backward(all) {
		if m.hash != was.active && m.hash != was.before {
			failed = errors.Join(failed, s.loadStored(ctx, name, m, plugin.WithStandby()))
		}
	}
	// The previous one comes first, so that a rollback finds it.
	for _, hash := range []string{was.before, was.active} {
		if hash != "" {
			failed = errors.Join(failed, s.activateStored(ctx, name, all, hash))
		}
	}
	if was.active == "" {
		return failed
	}
	s.expected.set(name, "")
	if st, err := s.Registry.Status(name); err != nil || st.Active.Hash != was.active {
		candidates := slices.Clone(was.kept)
		if was.old {
			for _, m := range all {
				candidates = append(candidates, m.hash)
			}
		}
		candidates = slices.DeleteFunc(append(candidates, byHand), func(hash string) bool { return hash == "" || hash == was.active })
		if err == nil && st.Active.Hash == was.before && was.before != "" {
			candidates = nil // it is active already
		}
		_ = slices.ContainsFunc(candidates, func(hash string) bool {
			_, err := s.Registry.Activate(ctx, name, hash)
			return err == nil
		})
		s.degrade(ctx, name, fmt.Sprintf("version %s, which served before, cannot be loaded", short(was.active)))
	}
	return failed
}

// recover loads the modules of a plugin whose active version is unknown, uploaded or put
// into the directory by hand, and activates the newest that loads.
func (s *Store[B]) recover(ctx context.Context, name string, all []stored, why error) error {
	s.logger.ErrorContext(ctx, "the active version of a plugin is unknown", "plugin", name, "error", why)
	s.expected.set(name, "")
	failed := fmt.Errorf("the file %s: %w", activeFile, why)
	if info, err := os.Stat(s.handPath(name)); err == nil {
		if hash := s.byHand(ctx, name); hash != "" {
			all = append(all, stored{hash: hash, at: info.ModTime()})
			slices.SortStableFunc(all, func(a, b stored) int { return b.at.Compare(a.at) })
		}
	}
	serves := slices.IndexFunc(all, func(m stored) bool {
		if m.path == "" { // loaded already, if it could be
			_, err := s.Registry.Activate(ctx, name, m.hash)
			return err == nil
		}
		err := s.loadStored(ctx, name, m)
		failed = errors.Join(failed, err)
		return err == nil
	})
	s.degrade(ctx, name, "the version that was active is unknown: "+why.Error())
	for _, m := range slices.Backward(all[serves+1:]) {
		if serves >= 0 && m.path != "" {
			failed = errors.Join(failed, s.loadStored(ctx, name, m, plugin.WithStandby()))
		}
	}
	return failed
}

// degrade records why a plugin does not serve the version that it should.
func (s *Store[B]) degrade(ctx context.Context, name, why string) {
	st, err := s.Registry.Status(name)
	if err != nil || st.Active.Hash == "" {
		s.logger.ErrorContext(ctx, "a plugin does not serve", "plugin", name, "reason", why+"; no other version can be loaded")
		return
	}
	why += "; the version " + short(st.Active.Hash) + " serves"
	s.degraded.set(name, why)
	s.logger.ErrorContext(ctx, "a plugin serves another version than it should", "plugin", name, "version", st.Active.Hash, "reason", why)
}

// activateStored activates a version that is stored, or was loaded from the module that
// was put into the directory by hand.
func (s *Store[B]) activateStored(ctx context.Context, name string, all []stored, hash string) error {
	for _, m := range all {
		if m.hash == hash {
			return s.loadStored(ctx, name, m)
		}
	}
	_, err := s.Registry.Activate(ctx, name, hash)
	return err
}

// Retry loads the failed modules of a plugin again, including those during whose load an
// earlier process died. If no version of the plugin serves, it activates the one that
// should; otherwise the loaded versions stay on standby.
func (s *Store[B]) Retry(ctx context.Context, name string) (Status, error) {
	if err := s.mayChange(name); err != nil {
		return Status{}, err
	}
	release, err := s.locks.acquire(ctx, name, true)
	if err != nil {
		return Status{}, err
	}
	defer release()
	ctx = (&operation{retry: true}).in(ctx)
	var list []Failure
	for _, f := range s.failures.list(name) {
		if _, err := os.Stat(f.File); errors.Is(err, fs.ErrNotExist) {
			s.failures.loaded(name, f.File) // it is no longer in the directory
			continue
		}
		list = append(list, f)
	}
	st, err := s.Registry.Status(name)
	if err == nil && st.Active.Hash != "" {
		err = s.loadAgain(ctx, name, list)
	} else if err = s.bringUpAll(ctx, name, list); err == nil {
		s.degraded.clear(name)
	}
	if err != nil {
		return Status{}, err
	}
	return s.Status(name)
}

// loadAgain loads the modules that failed, on standby.
func (s *Store[B]) loadAgain(ctx context.Context, name string, list []Failure) (failed error) {
	for _, f := range list {
		var err error
		if f.File == s.handPath(name) {
			err = s.loadByHand(ctx, only(name), plugin.WithStandby())
		} else {
			err = s.loadStored(ctx, name, stored{hash: f.SHA256, path: f.File}, plugin.WithStandby())
		}
		failed = errors.Join(failed, err)
	}
	return failed
}

func only(name string) func(string) bool { return func(other string) bool { return other == name } }

// bringUpAll repeats the start for one plugin.
func (s *Store[B]) bringUpAll(ctx context.Context, name string, list []Failure) (failed error) {
	hand := slices.ContainsFunc(list, func(f Failure) bool { return f.File == s.handPath(name) })
	if hand {
		failed = s.loadByHand(ctx, only(name))
	}
	if _, err := os.Stat(s.uploads(name)); err == nil {
		return errors.Join(failed, s.bringUp(ctx, name))
	}
	if !hand {
		return fmt.Errorf("plugin %q: %w", name, plugin.ErrNotFound)
	}
	return failed
}

// short returns the name of a version in logs.
func short(hash string) string { return hash[:min(len(hash), 12)] }
