//go:build unix

package compiler

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"syscall"
)

// Private checks who can write to a directory of code. It returns an error if everybody
// can, and a warning if anyone besides this user and root can.
func Private(dir string) (warning string, err error) {
	info, err := os.Stat(dir)
	if err != nil {
		return "", err
	}
	mode := info.Mode().Perm()
	if mode&0o002 != 0 {
		return "", fmt.Errorf("all users can write to it (mode %#o), and what is in it is run: make it private (chmod 700)", mode)
	}
	stat, ok := info.Sys().(*syscall.Stat_t)
	if !ok {
		return "", errors.New("its owner is unknown")
	}
	switch uid := int(stat.Uid); {
	case uid != os.Geteuid() && uid != 0:
		return fmt.Sprintf("it belongs to another user (%d)", uid), nil
	case mode&0o020 != 0:
		return fmt.Sprintf("its group can write to it (mode %#o)", mode), nil
	}
	return "", nil
}

// owned returns an error if anyone besides this user and root can change what is in a
// directory, or can put another in its place. The path has no symbolic links.
func owned(dir string) error {
	for first := true; ; first = false {
		info, err := os.Lstat(dir)
		switch {
		case err != nil:
			return err
		case !info.IsDir():
			return fmt.Errorf("%s is not a directory", dir)
		case first || info.Mode()&os.ModeSticky == 0: // in a sticky one nobody can rename what belongs to others
			err = privateFile(info)
		default:
			err = ownedByUs(info)
		}
		if err != nil {
			return fmt.Errorf("%s: %w", dir, err)
		}
		parent := filepath.Dir(dir)
		if parent == dir {
			return nil
		}
		dir = parent
	}
}

// privateFile returns an error if anyone besides this user and root can write to a file.
func privateFile(info fs.FileInfo) error {
	if err := ownedByUs(info); err != nil {
		return err
	}
	if mode := info.Mode().Perm(); mode&0o022 != 0 {
		return fmt.Errorf("other users can write to it (mode %#o)", mode)
	}
	return nil
}

// ownedByUs returns an error if a file belongs to anyone besides this user and root.
func ownedByUs(info fs.FileInfo) error {
	stat, ok := info.Sys().(*syscall.Stat_t)
	if !ok {
		return errors.New("its owner is unknown")
	}
	if uid := int(stat.Uid); uid != os.Geteuid() && uid != 0 {
		return fmt.Errorf("it belongs to another user (%d)", uid)
	}
	return nil
}
