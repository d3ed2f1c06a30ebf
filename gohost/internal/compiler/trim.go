package compiler

import (
	"cmp"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"time"
)

const (
	// maxCode is about thirty times what a Python interpreter takes.
	maxCode = 2 << 30
	// usedEvery is how often the use of code is noted.
	usedEvery = time.Hour
	// staleAfter is the age of a file that nobody writes any more.
	staleAfter = time.Hour
)

// noteUse notes that code is used, for trim. The directory may be read-only.
func noteUse(path string) {
	if info, err := os.Stat(path); err == nil && time.Since(info.ModTime()) > usedEvery {
		now := time.Now()
		_ = os.Chtimes(path, now, now)
	}
}

// trim removes the code that was not used for the longest time, down to the max size, and
// the entries of code that is gone. It keeps the code that was added, whatever its size and
// time: the clock of files may be behind. What it cannot remove, the next trim tries again.
func (c Cache) trim(added string) {
	type code struct {
		file string
		info fs.FileInfo
	}
	var all []code
	left := cmp.Or(c.Max, maxCode)
	for _, dir := range names(c.Dir, "wazero-") {
		for _, name := range names(filepath.Join(c.Dir, dir), "") {
			f := code{file: dir + "/" + name}
			var err error
			f.info, err = os.Lstat(c.path(f.file))
			switch {
			case err != nil || !f.info.Mode().IsRegular():
			case f.file == added:
				left -= f.info.Size()
			case filepath.Ext(name) == ".tmp": // wazero writes it, or has been killed
				if time.Since(f.info.ModTime()) > staleAfter {
					_ = os.Remove(c.path(f.file))
				}
			default:
				all = append(all, f)
			}
		}
	}
	slices.SortFunc(all, func(a, b code) int { return b.info.ModTime().Compare(a.info.ModTime()) })
	removed := false
	for _, f := range all {
		if left -= f.info.Size(); left < 0 {
			removed = os.Remove(c.path(f.file)) == nil || removed
		}
	}
	if removed {
		c.trimIndex()
	}
}

// trimIndex removes the entries of code that is gone. Code comes before its entry, so an
// entry without code is not one that another process is about to complete.
func (c Cache) trimIndex() {
	for _, name := range names(filepath.Join(c.Dir, indexDir), "") {
		path := filepath.Join(c.Dir, indexDir, name)
		text, err := readEntry(path)
		if err != nil {
			continue
		}
		if e, ok := parseEntry(text); ok {
			if _, err := os.Lstat(c.path(e.file)); os.IsNotExist(err) {
				_ = os.Remove(path)
			}
		}
	}
}
