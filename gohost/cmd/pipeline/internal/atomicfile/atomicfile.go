// Package atomicfile writes files whole or not at all.
package atomicfile

import (
	"crypto/rand"
	"errors"
	"fmt"
	"path/filepath"
)

// ErrNotDurable is for a file that has taken its place, and might not be there
// any more after a loss of power.
var ErrNotDurable = errors.New("it is in place, but a loss of power might undo that")

// Write writes a file whole or not at all: to a temporary one beside it,
// which then takes its name.
func Write(name string, data []byte) error {
	if err := WriteIn(OS{}, name, data); !errors.Is(err, ErrNotDurable) {
		return err
	}
	return nil // the file is in place
}

// WriteIn is [Write] in a file system. It returns [ErrNotDurable] when all was
// done but for the last step, which makes the new name survive a loss of power.
// With any other error nothing has changed.
func WriteIn(system System, name string, data []byte) (err error) {
	// A link is kept, and the file behind it replaced.
	if target, err := filepath.EvalSymlinks(name); err == nil {
		name = target
	}
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
