package scaffold

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
)

// ErrNotEmpty is the error of a directory in which there is something.
var ErrNotEmpty = errors.New("the directory is not empty")

// Write writes files into a directory, all or none. It creates the directory if it does not
// exist; otherwise the directory must be empty. If the process ends in between, some of the
// files may be there.
func Write(dir string, files []File) (err error) {
	var made []string // in order
	defer func() {
		if err == nil {
			return
		}
		for _, name := range slices.Backward(made) {
			err = errors.Join(err, os.Remove(name))
		}
	}()
	mkdir := func(name string) error {
		err := os.Mkdir(name, 0o777)
		if err == nil {
			made = append(made, name)
		} else if errors.Is(err, fs.ErrExist) {
			return nil
		}
		return err
	}
	if err := mkdir(dir); err != nil {
		return err
	}
	entries, err := os.ReadDir(dir)
	if err != nil {
		return err
	}
	if len(entries) > 0 {
		return fmt.Errorf("%s: %w", dir, ErrNotEmpty)
	}
	for _, f := range files {
		name := filepath.Join(dir, filepath.FromSlash(f.Path))
		for _, parent := range parents(dir, name) {
			if err := mkdir(parent); err != nil {
				return err
			}
		}
		mode := fs.FileMode(0o666)
		if f.Executable {
			mode = 0o777
		}
		file, err := os.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_EXCL, mode)
		if err != nil {
			return err
		}
		made = append(made, name)
		_, err = file.Write(f.Data)
		if err := errors.Join(err, file.Close()); err != nil {
			return err
		}
	}
	return nil
}

// parents returns the directories between a directory and a file below it, outermost first.
func parents(dir, name string) (parents []string) {
	for at := filepath.Dir(name); at != filepath.Clean(dir); at = filepath.Dir(at) {
		parents = append(parents, at)
	}
	slices.Reverse(parents)
	return parents
}
