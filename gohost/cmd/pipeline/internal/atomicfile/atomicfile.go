// Package atomicfile writes files whole or not at all.
package atomicfile

import (
	"crypto/rand"
	"errors"
	"os"
	"path/filepath"
)

// Write writes a file whole or not at all: to a temporary one beside it,
// which then takes its name.
func Write(name string, data []byte) (err error) {
	// A link is kept, and the file behind it replaced.
	if target, err := filepath.EvalSymlinks(name); err == nil {
		name = target
	}
	temporary := filepath.Join(filepath.Dir(name), "."+filepath.Base(name)+"."+rand.Text()+".tmp")
	// Not os.CreateTemp: its files are private, and this one is a result like
	// any other, to be made with the user's umask.
	file, err := os.OpenFile(temporary, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o666)
	if err != nil {
		return err
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, os.Remove(temporary))
		}
	}()
	_, err = file.Write(data)
	if err == nil {
		err = file.Sync()
	}
	if err = errors.Join(err, file.Close()); err != nil {
		return err
	}
	if err := os.Rename(temporary, name); err != nil {
		return err
	}
	syncDir(filepath.Dir(name))
	return nil
}

// syncDir makes a rename survive a loss of power. Not every system can do that,
// and the file is in place in any case, so it does not fail.
func syncDir(name string) {
	if dir, err := os.Open(name); err == nil {
		_ = dir.Sync()
		_ = dir.Close()
	}
}
