package store

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"example.org/compute-pipeline/gohost/cmd/pipeline/internal/atomicfile"
	"example.org/compute-pipeline/gohost/internal/plugindir"
	"example.org/compute-pipeline/gohost/plugin"
)

const (
	uploadsDir    = ".uploads"
	activeFile    = "active"
	removedPrefix = ".removed-"
)

func (s *Store[B]) uploads(name string) string { return filepath.Join(s.dir, uploadsDir, name) }

// operation is an operator's request. The registry's changes find it in their context.
type operation struct {
	upload *Upload // or nil
	// retry loads the directory again, including modules during whose load an earlier
	// process died. It does not change what is stored.
	retry     bool
	committed bool // it takes effect
}

type operationKey struct{}

func (o *operation) in(ctx context.Context) context.Context {
	return context.WithValue(ctx, operationKey{}, o)
}

func operationOf(ctx context.Context) *operation {
	o, _ := ctx.Value(operationKey{}).(*operation)
	return o
}

// commit stores a change before it takes effect ([plugin.WithCommit]). A load from the
// directory is not stored: the next start repeats it.
//
// The order is: write the files of the version, replace the file active, swap, remove the
// files of dropped versions. The file active is replaced in one step, and that step is the
// change: before it nothing has changed, and no later failure undoes it.
func (s *Store[B]) commit(ctx context.Context, c plugin.Change) error {
	op := operationOf(ctx)
	var err error
	switch {
	case op == nil || op.retry:
	case c.Removed:
		err = s.drop(ctx, c.Plugin)
	default:
		err = s.keep(ctx, c, op.upload)
	}
	if err != nil {
		return err
	}
	if op != nil {
		op.committed = true
	}
	if m := c.Version.Manifest; m != nil {
		s.saw(ctx, c.Plugin, m.Version, c.Version.Hash)
	}
	return nil
}

// keep writes the files of a plugin for the state after the change.
func (s *Store[B]) keep(ctx context.Context, c plugin.Change, u *Upload) error {
	dir := s.uploads(c.Plugin)
	active := filepath.Join(dir, activeFile)
	byHand := s.byHand(ctx, c.Plugin)
	if err := s.makeDir(dir); err != nil {
		return err
	}
	if _, err := os.Lstat(active); errors.Is(err, fs.ErrNotExist) {
		// Without it, the stored versions would look like a plugin whose file active was lost.
		if err := s.write(ctx, active, s.current(c.Plugin, byHand).String()); err != nil {
			return err
		}
	}
	undo := func() {}
	if u != nil {
		var err error
		if undo, err = s.writeVersion(ctx, filepath.Join(dir, c.Version.Hash), u); err != nil {
			undo()
			return err
		}
	}
	next := state{active: c.Active, before: c.RollbackTo, byHand: byHand, kept: c.Kept}
	if u == nil {
		// A version that failed to load may load later, until another one is activated.
		for _, hash := range s.failures.stored(c.Plugin, dir) {
			if !slices.Contains(next.kept, hash) {
				next.kept = append(next.kept, hash)
			}
		}
	}
	if err := s.write(ctx, active, next.String()); err != nil {
		undo()
		return fmt.Errorf("storing which version is active: %w", err)
	}
	if u != nil {
		s.forget(ctx, c.Plugin)
	}
	s.degraded.clear(c.Plugin)
	s.sweep(ctx, c.Plugin, next.kept)
	return nil
}

// current returns the current state of the registry.
func (s *Store[B]) current(name, byHand string) state {
	now := state{byHand: byHand}
	st, err := s.Registry.Status(name)
	if err != nil {
		return now // a new plugin
	}
	now.active, now.before = st.Active.Hash, st.RollbackTo
	for _, v := range st.Versions {
		now.kept = append(now.kept, v.Hash)
	}
	return now
}

// writeVersion writes the files of a version; path is their name without the suffix. The
// module comes last, because it cannot be loaded without the others. The returned
// function removes the files that did not exist before.
func (s *Store[B]) writeVersion(ctx context.Context, path string, u *Upload) (undo func(), err error) {
	var written []string
	undo = func() {
		for _, file := range written {
			if err := s.system.Remove(file); err != nil && !errors.Is(err, fs.ErrNotExist) {
				s.logger.WarnContext(ctx, "a file of a failed upload could not be removed", "file", file, "error", err)
			}
		}
	}
	for _, file := range []struct {
		suffix string
		data   []byte
	}{
		{plugindir.Signature, u.Signature},
		{plugindir.Manifest, u.Manifest},
		{plugindir.ManifestSignature, u.ManifestSignature},
		{plugindir.Module, u.Wasm},
	} {
		if file.data == nil {
			continue
		}
		file.suffix = path + file.suffix
		if _, err := os.Lstat(file.suffix); errors.Is(err, fs.ErrNotExist) {
			written = append(written, file.suffix)
		}
		if err := s.write(ctx, file.suffix, string(file.data)); err != nil {
			return undo, err
		}
	}
	return undo, nil
}

// write writes a file whole or not at all. If a loss of power might undo it, that is
// logged and not an error: a restart reads the file.
func (s *Store[B]) write(ctx context.Context, path, text string) error {
	return s.durable(ctx, atomicfile.WriteIn(s.system, path, []byte(text)))
}

func (s *Store[B]) durable(ctx context.Context, err error) error {
	if !errors.Is(err, atomicfile.ErrNotDurable) {
		return err
	}
	s.logger.ErrorContext(ctx, "a change took effect, but a loss of power might undo it", "error", err)
	return nil
}

func (s *Store[B]) syncDir(ctx context.Context, dir string) {
	if err := s.system.SyncDir(dir); err != nil {
		s.logger.ErrorContext(ctx, "a change took effect, but a loss of power might undo it", "directory", dir, "error", err)
	}
}

// makeDir creates a directory in .uploads, and .uploads itself.
func (s *Store[B]) makeDir(dir string) error {
	for _, d := range []string{filepath.Dir(dir), dir} {
		if _, err := os.Stat(d); err == nil {
			continue
		}
		if err := s.system.Mkdir(d); err != nil {
			return err
		}
		if err := s.system.SyncDir(filepath.Dir(d)); err != nil {
			return err
		}
	}
	return nil
}

// forget forgets the failures of a plugin's uploads.
func (s *Store[B]) forget(ctx context.Context, name string) {
	dir := s.uploads(name)
	for _, hash := range s.failures.stored(name, dir) {
		s.failures.loaded(name, filepath.Join(dir, hash+plugindir.Module))
		if hash != s.hands.lastOf(name) {
			s.pardon(ctx, hash)
		}
	}
}

// drop removes a plugin's uploads: it renames their directory, in one step, and then
// removes it.
func (s *Store[B]) drop(ctx context.Context, name string) error {
	dir := s.uploads(name)
	if _, err := os.Lstat(dir); errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	removed := filepath.Join(s.dir, uploadsDir, removedPrefix+rand.Text())
	if err := s.system.Rename(dir, removed); err != nil {
		return err
	}
	s.syncDir(ctx, filepath.Dir(removed))
	s.remove(ctx, removed)
	return nil
}

// remove removes a file or directory that is no longer needed. If that fails, the next
// start removes it.
func (s *Store[B]) remove(ctx context.Context, path string) {
	if err := s.system.RemoveAll(path); err != nil {
		s.logger.WarnContext(ctx, "a file that is no longer needed could not be removed", "path", path, "error", err)
	}
}

// sweep removes the files of versions that are not kept.
func (s *Store[B]) sweep(ctx context.Context, name string, kept []string) {
	dir := s.uploads(name)
	entries, err := os.ReadDir(dir)
	if err != nil {
		s.logger.WarnContext(ctx, "could not look for files that are no longer needed", "directory", dir, "error", err)
		return
	}
	for _, e := range entries {
		hash, _, _ := strings.Cut(e.Name(), ".")
		if e.Name() != activeFile && !slices.Contains(kept, hash) {
			s.remove(ctx, filepath.Join(dir, e.Name()))
		}
	}
}
