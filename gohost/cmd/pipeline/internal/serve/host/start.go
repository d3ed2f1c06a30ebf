package host

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

	"example.org/compute-pipeline/gohost/plugin"
)

// start loads all that is in the directory. A module that cannot be loaded is
// logged, shown and left out.
func (h *Host) start(ctx context.Context, watch bool) error {
	if err := h.readUnfinished(); err != nil {
		return err
	}
	names, err := h.handNames()
	if err != nil {
		return err
	}
	for _, name := range names {
		if plugin.CheckName(name) == nil && name != Engine {
			h.expected.set(name, "")
		}
	}
	if watch {
		if err := h.watch(ctx); err != nil {
			return err
		}
	} else {
		for _, name := range names {
			_ = h.loadByHand(ctx, name) // it has been logged
		}
	}
	entries, err := os.ReadDir(filepath.Join(h.dir, uploadsDir))
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("the plugins directory: %w", err)
	}
	for _, e := range entries {
		switch {
		case strings.HasPrefix(e.Name(), removedPrefix), strings.HasPrefix(e.Name(), ".") && strings.HasSuffix(e.Name(), ".tmp"):
			h.remove(ctx, filepath.Join(h.dir, uploadsDir, e.Name()))
		case plugin.CheckName(e.Name()) == nil:
			if err := h.bringUp(ctx, e.Name()); err != nil {
				h.logger.ErrorContext(ctx, "uploaded versions of a plugin were left out", "plugin", e.Name(), "error", err)
			}
		}
	}
	return nil
}

// stored is a module among the uploads, or the one that was put there by hand.
type stored struct {
	hash, path string
	at         time.Time
}

// storedOf are the modules that are stored for a plugin, the newest first.
func (h *Host) storedOf(name string) ([]stored, error) {
	entries, err := os.ReadDir(h.uploads(name))
	if err != nil {
		return nil, err
	}
	var list []stored
	for _, e := range entries {
		hash, ok := strings.CutSuffix(e.Name(), moduleSuffix)
		if !ok || !hexHash.MatchString(hash) {
			continue
		}
		s := stored{hash: hash, path: filepath.Join(h.uploads(name), e.Name())}
		if info, err := e.Info(); err == nil {
			s.at = info.ModTime()
		}
		list = append(list, s)
	}
	slices.SortFunc(list, func(a, b stored) int { return cmp.Or(b.at.Compare(a.at), strings.Compare(a.hash, b.hash)) })
	return list, nil
}

// bringUp loads what was uploaded for a plugin, and makes that active which was.
func (h *Host) bringUp(ctx context.Context, name string) error {
	all, err := h.storedOf(name)
	if err != nil {
		return err
	}
	s, known, err := readState(filepath.Join(h.uploads(name), activeFile))
	if err == nil && !known && len(all) > 0 {
		err = errors.New("the file is gone")
	}
	if err != nil {
		return h.recover(ctx, name, all, err)
	}
	byHand := h.byHand(ctx, name)
	if byHand != "" && byHand != s.byHand {
		// Another module was put into the directory since: that is to serve.
		s.active, s.before = "", ""
	}
	if !s.old {
		h.sweep(ctx, name, s.kept)
	}
	all = slices.DeleteFunc(all, func(m stored) bool { return !s.keeps(m.hash) })
	var failed error
	for _, m := range slices.Backward(all) {
		if m.hash != s.active && m.hash != s.before {
			failed = errors.Join(failed, h.loadStored(ctx, name, m, plugin.WithStandby()))
		}
	}
	// The one before first, so that a rollback finds it.
	for _, hash := range []string{s.before, s.active} {
		if hash != "" {
			failed = errors.Join(failed, h.activateStored(ctx, name, all, hash))
		}
	}
	if s.active == "" {
		return failed
	}
	h.expected.set(name, "")
	if st, err := h.Registry.Status(name); err != nil || st.Active.Hash != s.active {
		candidates := slices.Clone(s.kept)
		if s.old {
			for _, m := range all {
				candidates = append(candidates, m.hash)
			}
		}
		candidates = slices.DeleteFunc(append(candidates, byHand), func(hash string) bool { return hash == "" || hash == s.active })
		if err == nil && st.Active.Hash == s.before && s.before != "" {
			candidates = nil // it is active already
		}
		_ = slices.ContainsFunc(candidates, func(hash string) bool {
			_, err := h.Registry.Activate(ctx, name, hash)
			return err == nil
		})
		h.degrade(ctx, name, fmt.Sprintf("the version %s, which served before, cannot be loaded", short(s.active)))
	}
	return failed
}

// recover loads what is there for a plugin of which it is not known what was
// active, and makes the newest module active that can be loaded: of those that
// were uploaded and the one that was put there by hand.
func (h *Host) recover(ctx context.Context, name string, all []stored, why error) error {
	h.logger.ErrorContext(ctx, "which version of a plugin was active is not known", "plugin", name, "error", why)
	h.expected.set(name, "")
	failed := fmt.Errorf("the file %s: %w", activeFile, why)
	if info, err := os.Stat(h.handPath(name)); err == nil {
		if hash := h.byHand(ctx, name); hash != "" {
			all = append(all, stored{hash: hash, at: info.ModTime()})
			slices.SortStableFunc(all, func(a, b stored) int { return b.at.Compare(a.at) })
		}
	}
	serves := slices.IndexFunc(all, func(m stored) bool {
		if m.path == "" { // loaded already, if that was possible
			_, err := h.Registry.Activate(ctx, name, m.hash)
			return err == nil
		}
		err := h.loadStored(ctx, name, m)
		failed = errors.Join(failed, err)
		return err == nil
	})
	h.degrade(ctx, name, "which version was active is not known: "+why.Error())
	for _, m := range slices.Backward(all[serves+1:]) {
		if serves >= 0 && m.path != "" {
			failed = errors.Join(failed, h.loadStored(ctx, name, m, plugin.WithStandby()))
		}
	}
	return failed
}

// degrade says why a plugin does not serve what it should.
func (h *Host) degrade(ctx context.Context, name, why string) {
	st, err := h.Registry.Status(name)
	if err != nil || st.Active.Hash == "" {
		h.logger.ErrorContext(ctx, "a plugin does not serve", "plugin", name, "reason", why+"; no other version can be loaded")
		return
	}
	why += "; the version " + short(st.Active.Hash) + " serves"
	h.degraded.set(name, why)
	h.logger.ErrorContext(ctx, "a plugin serves another version than it should", "plugin", name, "version", st.Active.Hash, "reason", why)
}

// loadStored loads an uploaded version, which must be what its name says.
func (h *Host) loadStored(ctx context.Context, name string, m stored, more ...plugin.LoadOption) error {
	// It was taken once, so its place in the order does not matter any more.
	options := append([]plugin.LoadOption{plugin.WithSHA256(m.hash), plugin.WithAllowOlder()}, more...)
	err := h.loadFile(ctx, name, m.path, options...)
	if err != nil {
		h.failed(name, m.path, m.hash, err)
	}
	return err
}

// activateStored makes a version active which is stored, or else was loaded from
// what was put into the directory by hand.
func (h *Host) activateStored(ctx context.Context, name string, all []stored, hash string) error {
	for _, m := range all {
		if m.hash == hash {
			return h.loadStored(ctx, name, m)
		}
	}
	_, err := h.Registry.Activate(ctx, name, hash)
	return err
}

// Retry loads once more what failed to be loaded for a plugin, also what an
// earlier process died in. Where no version of the plugin serves, what should is
// made active; otherwise what was loaded stands by.
func (h *Host) Retry(ctx context.Context, name string) (Status, error) {
	if err := h.mayChange(name); err != nil {
		return Status{}, err
	}
	giveBack, err := h.turns.take(ctx, name, true)
	if err != nil {
		return Status{}, err
	}
	defer giveBack()
	ctx = (&operation{retry: true}).in(ctx)
	list := h.failures.list(name)
	st, err := h.Registry.Status(name)
	if err == nil && st.Active.Hash != "" {
		err = h.loadAgain(ctx, name, list)
	} else if err = h.bringUpAll(ctx, name, list); err == nil {
		h.degraded.clear(name)
	}
	if err != nil {
		return Status{}, err
	}
	return h.Status(name)
}

// loadAgain loads the modules that failed, to stand by.
func (h *Host) loadAgain(ctx context.Context, name string, list []Failure) (failed error) {
	for _, f := range list {
		var err error
		switch {
		case f.File == h.handPath(name):
			err = h.loadByHand(ctx, name, plugin.WithStandby())
		default:
			err = h.loadStored(ctx, name, stored{hash: f.SHA256, path: f.File}, plugin.WithStandby())
		}
		if errors.Is(err, fs.ErrNotExist) { // it is not in the directory any more
			h.failures.loaded(name, f.File)
			err = nil
		}
		failed = errors.Join(failed, err)
	}
	return failed
}

// bringUpAll does what the start does, for one plugin.
func (h *Host) bringUpAll(ctx context.Context, name string, list []Failure) (failed error) {
	hand := slices.ContainsFunc(list, func(f Failure) bool { return f.File == h.handPath(name) })
	if hand {
		failed = h.loadByHand(ctx, name)
	}
	if _, err := os.Stat(h.uploads(name)); err == nil {
		return errors.Join(failed, h.bringUp(ctx, name))
	}
	if !hand {
		return fmt.Errorf("plugin %q: %w", name, plugin.ErrNotFound)
	}
	return failed
}

// short is how logs name a version.
func short(hash string) string { return hash[:min(len(hash), 12)] }
