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

func (s *Store) uploads(name string) string { return filepath.Join(s.dir, uploadsDir, name) }

// operation is what an operator has asked for. The registry's changes find it in
// their context.
type operation struct {
	upload *Upload // nil for none
	// retry: load what is in the directory once more, also what the process once
	// died in. It changes nothing that is written down.
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

// commit writes a change down before it takes effect ([plugin.WithCommit]). A
// load from the directory is none to be written down: the next start does it
// again.
//
// The order: the files of the version, the file active, the swap, and then the
// files of what was dropped are removed. The file active takes the place of the
// old one in one step, and that is the change: before it all is as it was, and
// after it nothing that goes wrong undoes it.
func (s *Store) commit(ctx context.Context, c plugin.Change) error {
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

// keep makes the files of a plugin what they are to be after the change.
func (s *Store) keep(ctx context.Context, c plugin.Change, u *Upload) error {
	dir := s.uploads(c.Plugin)
	active := filepath.Join(dir, activeFile)
	byHand := s.byHand(ctx, c.Plugin)
	if err := s.makeDir(dir); err != nil {
		return err
	}
	if _, err := os.Lstat(active); errors.Is(err, fs.ErrNotExist) {
		// Without it, what is stored now would look like what was lost.
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
		// What failed to load may do so later, until another version comes.
		for _, hash := range s.failures.stored(c.Plugin, dir) {
			if !slices.Contains(next.kept, hash) {
				next.kept = append(next.kept, hash)
			}
		}
	}
	if err := s.write(ctx, active, next.String()); err != nil {
		undo()
		return fmt.Errorf("remembering what is active: %w", err)
	}
	if u != nil {
		s.forget(ctx, c.Plugin)
	}
	s.degraded.clear(c.Plugin)
	s.sweep(ctx, c.Plugin, next.kept)
	return nil
}

// current is the state that the registry is in.
func (s *Store) current(name, byHand string) state {
	now := state{byHand: byHand}
	st, err := s.Registry.Status(name)
	if err != nil {
		return now // a plugin that is not there yet
	}
	now.active, now.before = st.Active.Hash, st.RollbackTo
	for _, v := range st.Versions {
		now.kept = append(now.kept, v.Hash)
	}
	return now
}

// writeVersion writes the files of a version; path is theirs without the suffix. The
// module comes last: without the others it could not be loaded again. The
// function that is returned removes those that were not there before.
func (s *Store) writeVersion(ctx context.Context, path string, u *Upload) (undo func(), err error) {
	var written []string
	undo = func() {
		for _, file := range written {
			if err := s.system.Remove(file); err != nil && !errors.Is(err, fs.ErrNotExist) {
				s.logger.WarnContext(ctx, "a file of an upload that failed stays behind", "file", file, "error", err)
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

// write writes a file whole or not at all. That a loss of power might undo it is
// logged and no error: it is in place, so a restart goes by it.
func (s *Store) write(ctx context.Context, path, text string) error {
	return s.durable(ctx, atomicfile.WriteIn(s.system, path, []byte(text)))
}

func (s *Store) durable(ctx context.Context, err error) error {
	if !errors.Is(err, atomicfile.ErrNotDurable) {
		return err
	}
	s.logger.ErrorContext(ctx, "a change took effect, but a loss of power might undo it", "error", err)
	return nil
}

func (s *Store) syncDir(ctx context.Context, dir string) {
	if err := s.system.SyncDir(dir); err != nil {
		s.logger.ErrorContext(ctx, "a change took effect, but a loss of power might undo it", "directory", dir, "error", err)
	}
}

// makeDir makes a directory in .uploads, and that one.
func (s *Store) makeDir(dir string) error {
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

// forget forgets the failures of what was uploaded for a plugin.
func (s *Store) forget(ctx context.Context, name string) {
	dir := s.uploads(name)
	for _, hash := range s.failures.stored(name, dir) {
		s.failures.loaded(name, filepath.Join(dir, hash+plugindir.Module))
		if hash != s.hands.lastOf(name) {
			s.pardon(ctx, hash)
		}
	}
}

// drop removes what was uploaded for a plugin: it takes the directory out of the
// way, in one step, and then removes it.
func (s *Store) drop(ctx context.Context, name string) error {
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

// remove removes what does not count any more. What cannot be removed now is by
// the next start.
func (s *Store) remove(ctx context.Context, path string) {
	if err := s.system.RemoveAll(path); err != nil {
		s.logger.WarnContext(ctx, "what is not needed any more could not be removed", "path", path, "error", err)
	}
}

// sweep removes the files of all versions but those that are kept.
func (s *Store) sweep(ctx context.Context, name string, kept []string) {
	dir := s.uploads(name)
	entries, err := os.ReadDir(dir)
	if err != nil {
		s.logger.WarnContext(ctx, "looking for what is not needed any more", "directory", dir, "error", err)
		return
	}
	for _, e := range entries {
		hash, _, _ := strings.Cut(e.Name(), ".")
		if e.Name() != activeFile && !slices.Contains(kept, hash) {
			s.remove(ctx, filepath.Join(dir, e.Name()))
		}
	}
}
