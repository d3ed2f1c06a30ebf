package host

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
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
	h.files.Lock()
	defer h.files.Unlock()
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

// remember makes the files of a plugin follow the registry: it writes down which
// version is active and which was before, and removes the files of versions that
// the registry has dropped.
func (h *Host) remember(name string) error {
	h.files.Lock()
	defer h.files.Unlock()
	dir := h.uploads(name)
	status, err := h.Status(name)
	if errors.Is(err, plugin.ErrNotFound) {
		return os.RemoveAll(dir)
	}
	if err != nil {
		return err
	}
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return err
	}
	byHand, err := h.byHand(name)
	if err != nil {
		return err
	}
	text := remembered{status.Active.Hash, status.RollbackTo, byHand}.String()
	if err := atomicfile.Write(filepath.Join(dir, activeFile), []byte(text)); err != nil {
		return fmt.Errorf("remembering what is active: %w", err)
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
	last, err := readRemembered(filepath.Join(dir, activeFile))
	if err != nil {
		return err
	}
	byHand, err := h.byHand(name)
	if err != nil {
		return err
	}
	if byHand != last.byHand {
		// Another module was put into the directory since: that is to serve.
		last = remembered{}
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
		if hash != last.active && hash != last.before {
			load(hash, plugin.Standby())
		}
	}
	// The one before first, so that a rollback finds it. What is not stored was
	// put into the directory by hand, and is loaded already.
	for _, hash := range []string{last.before, last.active} {
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

// remembered is the file active: three lines, each a SHA-256 or empty.
type remembered struct {
	active string // the version that calls go to
	before string // the one a rollback brings back
	byHand string // the module NAME.wasm, when the file was written
}

func (r remembered) String() string { return r.active + "\n" + r.before + "\n" + r.byHand + "\n" }

// readRemembered reads it; without a file nothing is remembered.
func readRemembered(path string) (remembered, error) {
	text, err := readSmall(path)
	if errors.Is(err, fs.ErrNotExist) {
		return remembered{}, nil
	}
	if err != nil {
		return remembered{}, err
	}
	lines := strings.Split(string(text), "\n")
	if len(lines) != 4 {
		return remembered{}, fmt.Errorf("%s: expected three lines", path)
	}
	return remembered{lines[0], lines[1], lines[2]}, nil
}

// byHand is the SHA-256 of the module that was put into the directory by hand,
// or empty.
func (h *Host) byHand(name string) (string, error) {
	file, err := os.Open(filepath.Join(h.dir, name+moduleSuffix))
	if errors.Is(err, fs.ErrNotExist) {
		return "", nil
	}
	if err != nil {
		return "", err
	}
	sum := sha256.New()
	_, err = io.Copy(sum, file)
	return hex.EncodeToString(sum.Sum(nil)), errors.Join(err, file.Close())
}
