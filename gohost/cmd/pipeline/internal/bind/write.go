package bind

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"example.org/compute-pipeline/gohost/cmd/pipeline/internal/atomicfile"
	"example.org/compute-pipeline/gohost/internal/regular"
)

// Write writes the files of a package to a directory, which it creates if there is none:
// all of them or, if it fails, none. It overwrites only what was generated and removes
// nothing: where a generated file would stay that the package does not have any more,
// and which might not compile with it, it fails.
func Write(dir string, files []File) error {
	if err := writable(dir, files); err != nil {
		return err
	}
	if err := os.MkdirAll(dir, 0o777); err != nil {
		return err
	}
	contents := make([]atomicfile.Named, len(files))
	for i, f := range files {
		contents[i] = atomicfile.Named{Name: f.Name, Data: f.Content}
	}
	if err := atomicfile.WriteAll(atomicfile.OS{}, dir, contents); !errors.Is(err, atomicfile.ErrNotDurable) {
		return err
	}
	return nil // the files are in place
}

// writable returns why files must not be written to a directory.
func writable(dir string, files []File) error {
	entries, err := os.ReadDir(dir)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	for _, entry := range entries {
		name := entry.Name()
		path := filepath.Join(dir, name)
		ours := slices.ContainsFunc(files, func(f File) bool { return f.Name == name })
		if !ours && !strings.HasSuffix(name, "_gen.go") {
			continue
		}
		generated, err := isGenerated(path, entry)
		switch {
		case err != nil:
			return err
		case ours && !generated:
			return fmt.Errorf("%s was not generated, and is not overwritten", path)
		case !ours && generated:
			return fmt.Errorf("%s was generated for another world, or an earlier state of this one, and would stay: remove it first", path)
		}
	}
	return nil
}

// isGenerated reports whether a file, and not a link to one, was generated.
func isGenerated(path string, entry fs.DirEntry) (generated bool, err error) {
	if !entry.Type().IsRegular() {
		return false, nil
	}
	file, err := regular.Open(path)
	if err != nil {
		return false, err
	}
	defer func() { err = errors.Join(err, file.Close()) }()
	start := make([]byte, len(header))
	if _, err = io.ReadFull(file, start); errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
		return false, nil
	}
	return string(start) == header, err
}
