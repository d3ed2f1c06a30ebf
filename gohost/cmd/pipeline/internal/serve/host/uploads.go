package host

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"example.org/compute-pipeline/gohost/cmd/pipeline/internal/atomicfile"
	"example.org/compute-pipeline/gohost/plugin"
)

const (
	uploadsDir = ".uploads"
	activeFile = "active"
)

// store keeps a version that has passed. The signature comes first: a module
// without its signature could not be loaded again.
func (h *Host) store(name, hash string, u Upload) error {
	dir := h.uploads(name)
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return err
	}
	path := filepath.Join(dir, hash+moduleSuffix)
	if u.Signature != nil {
		if err := atomicfile.Write(path+signatureSuffix, u.Signature); err != nil {
			return err
		}
	}
	return atomicfile.Write(path, u.Wasm)
}

// remember writes down which version is active and which was before, and
// removes the files of versions that the registry has dropped.
func (h *Host) remember(name string) error {
	status, err := h.Status(name)
	if err != nil {
		return err
	}
	dir := h.uploads(name)
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return err
	}
	if hash := status.Active.Hash; hash != "" {
		text := hash + "\n" + status.RollbackTo + "\n"
		if err := atomicfile.Write(filepath.Join(dir, activeFile), []byte(text)); err != nil {
			return fmt.Errorf("remembering what is active: %w", err)
		}
	}
	entries, err := os.ReadDir(dir)
	if err != nil {
		return err
	}
	for _, e := range entries {
		hash, _, _ := strings.Cut(e.Name(), ".")
		kept := slices.ContainsFunc(status.Versions, func(v plugin.Version) bool { return v.Hash == hash })
		if kept || e.Name() == activeFile {
			continue
		}
		if err := os.Remove(filepath.Join(dir, e.Name())); err != nil {
			return err
		}
	}
	return nil
}

// loadUploads brings back what was uploaded, and what was active.
func (h *Host) loadUploads(ctx context.Context) error {
	entries, err := os.ReadDir(filepath.Join(h.dir, uploadsDir))
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("the plugins directory: %w", err)
	}
	for _, e := range entries {
		if err := h.loadUploadsOf(ctx, e.Name()); err != nil {
			h.logger.ErrorContext(ctx, "uploaded versions of a plugin were left out", "plugin", e.Name(), "error", err)
		}
	}
	return nil
}

func (h *Host) loadUploadsOf(ctx context.Context, name string) error {
	dir := h.uploads(name)
	active, before, err := readActive(dir)
	if err != nil {
		return err
	}
	paths, err := filepath.Glob(filepath.Join(escaped(dir), "*"+moduleSuffix))
	if err != nil {
		return err
	}
	var failed error
	load := func(hash string, more ...plugin.LoadOption) {
		path := filepath.Join(dir, hash+moduleSuffix)
		if err := h.loadFile(ctx, name, path, append(more, plugin.SHA256(hash))...); err != nil {
			failed = errors.Join(failed, err)
		}
	}
	stored := map[string]bool{}
	for _, path := range paths {
		hash := strings.TrimSuffix(filepath.Base(path), moduleSuffix)
		stored[hash] = true
		if hash != active && hash != before {
			load(hash, plugin.Standby())
		}
	}
	// The one before first, so that a rollback finds it. What is not stored was
	// put into the directory by hand, and is loaded already.
	for _, hash := range []string{before, active} {
		switch {
		case stored[hash]:
			load(hash)
		case hash != "":
			if _, err := h.Registry.Activate(ctx, name, hash); err != nil {
				failed = errors.Join(failed, err)
			}
		}
	}
	return failed
}

// readActive returns the hashes in the file active, empty where there is none.
func readActive(dir string) (active, before string, err error) {
	text, err := readSmall(filepath.Join(dir, activeFile))
	if errors.Is(err, fs.ErrNotExist) {
		return "", "", nil
	}
	if err != nil {
		return "", "", err
	}
	active, rest, _ := strings.Cut(string(text), "\n")
	before, _, _ = strings.Cut(rest, "\n")
	return active, before, nil
}
