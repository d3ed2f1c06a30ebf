// Package atomicfile writes files whole or not at all.
package atomicfile

import (
	"bytes"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
)

// ErrNotDurable is the error of a file that was written, but that a loss of power might
// undo.
var ErrNotDurable = errors.New("it is in place, but a loss of power might undo that")

// Write writes a file whole or not at all: it writes a temporary file in the same directory,
// and renames it. If name is a link, Write replaces the file that it leads to. The permissions of a
// file that it replaces are kept. It returns an error for a device or pipe.
func Write(name string, data []byte) error { return WriteTo(OS{}, name, data) }

// WriteFrom is [Write] for content that need not be in memory.
func WriteFrom(name string, content io.WriterTo) error { return write(OS{}, name, content) }

// WriteTo is [Write] in a file system.
func WriteTo(system System, name string, data []byte) error {
	return write(system, name, bytes.NewReader(data))
}

func write(system System, name string, content io.WriterTo) error {
	if target, err := filepath.EvalSymlinks(name); err == nil {
		name = target
	}
	// Renaming would replace the device or pipe.
	info, err := os.Lstat(name)
	if err == nil && !info.Mode().IsRegular() && info.Mode().Type() != fs.ModeSymlink {
		return fmt.Errorf("%s is %v, not a regular file", name, info.Mode().Type())
	}
	if err == nil && info.Mode().IsRegular() {
		content = withMode{content, info.Mode().Perm()}
	}
	if err := writeIn(system, name, content); !errors.Is(err, ErrNotDurable) {
		return err
	}
	return nil // the file is in place
}

// withMode is content of a file with certain permissions.
type withMode struct {
	io.WriterTo
	mode fs.FileMode
}

func (c withMode) WriteTo(w io.Writer) (int64, error) {
	if file, ok := w.(interface{ Chmod(mode fs.FileMode) error }); ok {
		if err := file.Chmod(c.mode); err != nil { // before anybody can read what is secret
			return 0, err
		}
	}
	return c.WriterTo.WriteTo(w)
}

// WriteIn is like [Write] in a file system, but replaces a link itself, so that it never
// writes elsewhere. It returns [ErrNotDurable] if only the last step failed, which makes the
// new name survive a loss of power. After any other error nothing has changed.
func WriteIn(system System, name string, data []byte) error {
	return writeIn(system, name, bytes.NewReader(data))
}

func writeIn(system System, name string, content io.WriterTo) error {
	temporary, err := writeTemporary(system, name, content)
	if err != nil {
		return err
	}
	if err := system.Rename(temporary, name); err != nil {
		return errors.Join(err, system.Remove(temporary))
	}
	return syncDir(system, name)
}

// writeTemporary writes a file beside the one whose name it will take.
func writeTemporary(system System, name string, content io.WriterTo) (temporary string, err error) {
	temporary = filepath.Join(filepath.Dir(name), "."+filepath.Base(name)+"."+rand.Text()+".tmp")
	file, err := system.Create(temporary)
	if err != nil {
		return "", err
	}
	_, err = content.WriteTo(file)
	if err == nil {
		err = file.Sync()
	}
	if err = errors.Join(err, file.Close()); err != nil {
		return "", errors.Join(err, system.Remove(temporary))
	}
	return temporary, nil
}

// syncDir makes the name of a file survive a loss of power.
func syncDir(system System, name string) error {
	if err := system.SyncDir(filepath.Dir(name)); err != nil {
		return fmt.Errorf("%s: %w: %w", name, ErrNotDurable, err)
	}
	return nil
}
