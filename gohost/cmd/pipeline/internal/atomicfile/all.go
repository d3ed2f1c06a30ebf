package atomicfile

import (
	"bytes"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
)

// Named is a file for [WriteAll].
type Named struct {
	Name string
	Data []byte
}

// WriteAll writes files into a directory, each whole, and all or none: if one cannot
// take its place, those that have are put back. A link is replaced, not followed. If the
// process ends in between, some may have taken their places.
func WriteAll(system System, dir string, files []Named) (err error) {
	var changes []change
	defer func() {
		if err != nil && !errors.Is(err, ErrNotDurable) {
			for _, c := range changes {
				err = errors.Join(err, c.undo(system))
			}
		}
	}()
	for _, f := range files {
		c := change{name: filepath.Join(dir, f.Name)}
		if c.old, err = os.ReadFile(c.name); err == nil {
			c.existed = true
		} else if !errors.Is(err, fs.ErrNotExist) {
			return err
		}
		if c.temporary, err = writeTemporary(system, c.name, bytes.NewReader(f.Data)); err != nil {
			return err
		}
		changes = append(changes, c)
	}
	for i := range changes {
		c := &changes[i]
		if err := system.Rename(c.temporary, c.name); err != nil {
			return err
		}
		c.temporary = ""
	}
	if len(files) == 0 {
		return nil
	}
	return syncDir(system, changes[0].name)
}

// A change is a file that is to take a place, or has.
type change struct {
	name      string
	temporary string // "" once it has taken its place
	old       []byte // what was there before
	existed   bool
}

func (c *change) undo(system System) error {
	switch {
	case c.temporary != "":
		return system.Remove(c.temporary)
	case c.existed:
		return WriteIn(system, c.name, c.old)
	}
	return system.Remove(c.name)
}
