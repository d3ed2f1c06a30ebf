// Package atomicfile writes files whole or not at all.
package atomicfile

import (
	"crypto/rand"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
)

// ErrNotDurable is for a file that has taken its place, and might not be there
// any more after a loss of power.
var ErrNotDurable = errors.New("it is in place, but a loss of power might undo that")

// Write writes a file whole or not at all: to a temporary one beside it,
// which then takes its name. A link is kept, and the file behind it replaced. A
// device or pipe is not: that is an error.
func Write(name string, data []byte) error {
	if target, err := filepath.EvalSymlinks(name); err == nil {
		name = target
	}
	// Renaming would put the file in the place of a device or pipe.
	if info, err := os.Lstat(name); err == nil && !info.Mode().IsRegular() && info.Mode().Type() != fs.ModeSymlink {
		return fmt.Errorf("%s is %v, and not a regular file that could be replaced", name, info.Mode().Type())
	}
	if err := WriteIn(OS{}, name, data); !errors.Is(err, ErrNotDurable) {
		return err
	}
	return nil // the file is in place
}

// WriteIn is [Write] in a file system, but that it replaces whatever stands
// there, also a link itself, so that nothing is written elsewhere. It returns
// [ErrNotDurable] when all was done but for the last step, which makes the new
// name survive a loss of power. With any other error nothing has changed.
func WriteIn(system System, name string, data []byte) (err error) {
	temporary := filepath.Join(filepath.Dir(name), "."+filepath.Base(name)+"."+rand.Text()+".tmp")
	file, err := system.Create(temporary)
	if err != nil {
		return err
	}
	defer func() {
		if err != nil && !errors.Is(err, ErrNotDurable) {
			err = errors.Join(err, system.Remove(temporary))
		}
	}()
	_, err = file.Write(data)
	if err == nil {
		err = file.Sync()
	}
	if err = errors.Join(err, file.Close()); err != nil {
		return err
	}
	if err := system.Rename(temporary, name); err != nil {
		return err
	}
	if err := system.SyncDir(filepath.Dir(name)); err != nil {
		return fmt.Errorf("%s: %w: %w", name, ErrNotDurable, err)
	}
	return nil
}
