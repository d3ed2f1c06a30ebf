package wit

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"example.org/compute-pipeline/gohost/internal/regular"
)

// Limits of what is read.
const (
	maxText    = 1 << 20  // bytes of all WIT together
	maxBinary  = 32 << 20 // bytes of all binary files together
	maxFiles   = 1_000
	maxEntries = 10_000 // of a directory
)

// A file is a file of a package: group 0 is the package that has the world, every
// other group one that it depends on.
type file struct {
	group    int
	path     string
	contents []byte
}

// read reads what a path leads to, in an order that depends on the names only.
func read(path string) ([]file, error) {
	info, err := os.Stat(path)
	if err != nil {
		return nil, err
	}
	var r reader
	if !info.IsDir() {
		err = r.file(path)
		return r.files, err
	}
	if err := r.directory(path); err != nil {
		return nil, err
	}
	deps := filepath.Join(path, "deps")
	entries, err := list(deps)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, err
	}
	for _, entry := range entries {
		r.group++
		if err := r.dependency(filepath.Join(deps, entry.Name())); err != nil {
			return nil, err
		}
	}
	return r.files, nil
}

// A reader keeps account of what has been read.
type reader struct {
	files        []file
	group        int
	text, binary int64 // bytes read
}

// dependency reads an entry of the directory deps. What is neither a directory nor
// WIT, by its name, is passed over.
func (r *reader) dependency(path string) error {
	info, err := os.Stat(path)
	if err != nil {
		return err
	}
	switch ext := filepath.Ext(path); {
	case info.IsDir():
		return r.directory(path)
	case ext == ".wit" || ext == ".wasm":
		return r.file(path)
	case ext == ".wat":
		return fmt.Errorf("%s: WebAssembly in text form cannot be read", path)
	}
	return nil
}

// directory reads the .wit files of a directory, which are one package.
func (r *reader) directory(path string) error {
	entries, err := list(path)
	if err != nil {
		return err
	}
	before := len(r.files)
	for _, entry := range entries {
		name := filepath.Join(path, entry.Name())
		if !strings.HasSuffix(name, ".wit") {
			continue
		}
		if info, err := os.Stat(name); err == nil && info.IsDir() {
			continue
		}
		if err := r.file(name); err != nil {
			return err
		}
	}
	if len(r.files) == before {
		return fmt.Errorf("%s: there are no .wit files in this directory", path)
	}
	return nil
}

// file reads a file, as text unless it begins as a WebAssembly binary.
func (r *reader) file(path string) error {
	if len(r.files) == maxFiles {
		return fmt.Errorf("%s: more than %d files", path, maxFiles)
	}
	var data bytes.Buffer
	if err := regular.Copy(&data, path, maxBinary); err != nil {
		return err
	}
	contents, err := declared(data.Bytes())
	if err != nil {
		return fmt.Errorf("%s: %w", path, err)
	}
	if bytes.HasPrefix(contents, []byte("\x00asm")) {
		r.binary += int64(len(contents))
	} else {
		r.text += int64(len(contents))
	}
	if r.text > maxText || r.binary > maxBinary {
		return fmt.Errorf("%s: %w: more than %d MiB of WIT or %d MiB of components", path, ErrLimit, maxText>>20, maxBinary>>20)
	}
	r.files = append(r.files, file{group: r.group, path: path, contents: contents})
	return nil
}

// list returns the entries of a directory by name.
func list(path string) (entries []fs.DirEntry, err error) {
	dir, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, dir.Close()) }()
	entries, err = dir.ReadDir(maxEntries + 1)
	if err != nil && !errors.Is(err, io.EOF) {
		return nil, err
	}
	if len(entries) > maxEntries {
		return nil, fmt.Errorf("%s: more than %d entries", path, maxEntries)
	}
	slices.SortFunc(entries, func(a, b fs.DirEntry) int { return strings.Compare(a.Name(), b.Name()) })
	return entries, nil
}

// Source is a file of WIT. Its path is relative to the directory that was read, with slashes.
type Source struct {
	Path     string
	Contents []byte
}

// Sources returns the files that [Describe] reads from a path.
func Sources(path string) ([]Source, error) {
	files, err := read(path)
	if err != nil {
		return nil, err
	}
	sources := make([]Source, len(files))
	for i, f := range files {
		relative, err := filepath.Rel(path, f.path)
		if err != nil {
			return nil, err
		}
		if relative == "." { // the path is a file
			relative = filepath.Base(path)
		}
		sources[i] = Source{Path: filepath.ToSlash(relative), Contents: f.contents}
	}
	return sources, nil
}
