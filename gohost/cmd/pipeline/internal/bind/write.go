package bind

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"example.org/compute-pipeline/gohost/cmd/pipeline/internal/atomicfile"
)

// Write writes the files of a package to a directory, which it creates if there is none.
// It removes generated files that the package does not have any more, and overwrites no
// file that was not generated.
func Write(dir string, files []File) error {
	if err := os.MkdirAll(dir, 0o777); err != nil {
		return err
	}
	stale, err := filepath.Glob(filepath.Join(dir, "*_gen.go"))
	if err != nil {
		return err
	}
	keep := map[string]bool{}
	for _, f := range files {
		path := filepath.Join(dir, f.Name)
		keep[path] = true
		generated, err := isGenerated(path)
		if err == nil && !generated {
			err = fmt.Errorf("%s was not generated, and is not overwritten", path)
		}
		if err != nil && !errors.Is(err, fs.ErrNotExist) {
			return err
		}
	}
	for _, f := range files {
		if err := atomicfile.Write(filepath.Join(dir, f.Name), f.Content); err != nil {
			return err
		}
	}
	for _, path := range stale {
		generated, err := isGenerated(path)
		if err != nil {
			return err
		}
		if generated && !keep[path] {
			if err := os.Remove(path); err != nil {
				return err
			}
		}
	}
	return nil
}

func isGenerated(path string) (bool, error) {
	content, err := os.ReadFile(path)
	return bytes.HasPrefix(content, []byte(header)), err
}
