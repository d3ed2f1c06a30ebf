package sources

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync/atomic"
	"time"
)

// A Set is the files of a run, in order of their names, so that nothing depends on the order in
// which they were named.
type Set struct {
	files []file
	// Repeated is how many files were found again by another name, and left out.
	Repeated int

	done atomic.Int64
}

type file struct {
	name string
	size int64       // -1 if it is unknown
	info fs.FileInfo // nil for what is no regular file
}

// Len returns the number of files.
func (s *Set) Len() int { return len(s.files) }

// Names returns the names of the files, in order.
func (s *Set) Names() []string {
	names := make([]string, len(s.files))
	for i, f := range s.files {
		names[i] = f.name
	}
	return names
}

// Size returns the number of bytes of all files, or -1 if it is unknown.
func (s *Set) Size() int64 {
	total := int64(0)
	for _, f := range s.files {
		if f.size < 0 {
			return -1
		}
		total += f.size
	}
	return total
}

// Done returns the number of bytes read so far, before decompression.
func (s *Set) Done() int64 { return s.done.Load() }

// Name returns how messages name the set.
func (s *Set) Name() string {
	if len(s.files) == 1 {
		return Named(s.files[0].name)
	}
	return fmt.Sprintf("%d files", len(s.files))
}

// Named returns how messages name a file.
func Named(name string) string {
	if name == "-" {
		return "standard input"
	}
	return name
}

// Other returns a set of something that is no file, for its name.
func Other(name string) *Set { return &Set{files: []file{{name: name, size: -1}}} }

// Find finds the files that names stand for: "-" for standard input, a directory for the files in
// it and below it, and a pattern for the files that match. In patterns, * and ? match any characters
// of a name and ** any directories. Neither takes hidden files, or follows links to directories.
// A name that exists is no pattern.
//
// A file that two names stand for is an error, since it would count twice. One that a directory or a
// pattern has by several links is taken once.
func Find(names []string) (*Set, error) {
	s := &Set{}
	owner := map[string]string{} // by the path without links
	hard := hardLinks{}
	for _, name := range names {
		found, err := find(name)
		if err != nil {
			return nil, err
		}
		for _, f := range found {
			path := hard.path(realPath(f.name), f.info)
			before, taken := owner[path]
			switch {
			case !taken:
				owner[path] = name
				s.files = append(s.files, f)
			case before != name || len(found) == 1:
				return nil, fmt.Errorf("%s is named twice, by %s and by %s, and would count twice", Named(f.name), Named(before), Named(name))
			default:
				s.Repeated++
			}
		}
	}
	slices.SortFunc(s.files, func(a, b file) int { return strings.Compare(a.name, b.name) })
	return s, nil
}

// Twice returns the name of a file that is standard input, too, if both are in the set, or "".
func (s *Set) Twice(stdin fs.FileInfo) string {
	if !slices.ContainsFunc(s.files, func(f file) bool { return f.name == "-" }) {
		return ""
	}
	for _, f := range s.files {
		if info, err := os.Stat(f.name); f.name != "-" && err == nil && os.SameFile(info, stdin) {
			return f.name
		}
	}
	return ""
}

// hardLinks are the files by what all links to one have in common.
type hardLinks map[stamp][]hardLink

type stamp struct {
	size    int64
	changed time.Time
}

type hardLink struct {
	path string
	info fs.FileInfo
}

// path returns the path by which a file was found first: two names may be links to one file, and none of them the
// original.
func (l hardLinks) path(path string, info fs.FileInfo) string {
	if info == nil {
		return path
	}
	key := stamp{info.Size(), info.ModTime()}
	for _, link := range l[key] {
		if link.path != path && os.SameFile(link.info, info) {
			return link.path
		}
	}
	l[key] = append(l[key], hardLink{path, info})
	return path
}

// realPath returns the path of a file without links, by which it is recognised.
func realPath(name string) string {
	if name == "-" {
		return name
	}
	if path, err := filepath.EvalSymlinks(name); err == nil {
		name = path
	}
	if path, err := filepath.Abs(name); err == nil {
		name = path
	}
	return name
}

func find(name string) ([]file, error) {
	if name == "-" {
		return []file{{name: name, size: -1}}, nil
	}
	info, err := os.Stat(name)
	switch {
	case err == nil && info.IsDir():
		found, err := below(name)
		if err == nil && len(found) == 0 {
			err = fmt.Errorf("the directory %s has no files", name)
		}
		return found, err
	case err == nil:
		return []file{fileOf(name, info)}, nil
	case !errors.Is(err, fs.ErrNotExist) || !isPattern(name):
		return nil, err
	}
	found, err := matching(name)
	if err == nil && len(found) == 0 {
		err = fmt.Errorf("no file matches %s", name)
	}
	return found, err
}

func fileOf(name string, info fs.FileInfo) file {
	if info.Mode().IsRegular() {
		return file{name, info.Size(), info}
	}
	return file{name: name, size: -1}
}

// below returns the files of a directory and of those in it.
func below(dir string) (found []file, err error) {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return nil, err
	}
	for _, e := range entries {
		path := filepath.Join(dir, e.Name())
		switch {
		case isHidden(e.Name()):
		case e.IsDir():
			more, err := below(path)
			if err != nil {
				return nil, err
			}
			found = append(found, more...)
		default:
			if found, err = addRegular(found, path); err != nil {
				return nil, err
			}
		}
	}
	return found, nil
}

// addRegular adds a regular file, or a link to one. Pipes and the like are not meant by a directory or a
// pattern: to open one may wait forever.
func addRegular(found []file, path string) ([]file, error) {
	info, err := os.Stat(path)
	if err != nil {
		return nil, err
	}
	if info.Mode().IsRegular() {
		found = append(found, fileOf(path, info))
	}
	return found, nil
}

func isHidden(name string) bool { return strings.HasPrefix(name, ".") }

func isPattern(name string) bool { return strings.ContainsAny(name, "*?[") }

// matching returns the files that match a pattern.
func matching(pattern string) ([]file, error) {
	parts := strings.Split(filepath.ToSlash(pattern), "/")
	dir := ""
	if parts[0] == "" {
		dir, parts = "/", parts[1:]
	}
	for _, part := range parts {
		if _, err := filepath.Match(part, ""); err != nil {
			return nil, fmt.Errorf("%s is no valid pattern: %q: %w", pattern, part, err)
		}
	}
	found, err := match(nil, dir, parts)
	if err != nil {
		return nil, err
	}
	// With two ** there are two ways to a file.
	slices.SortFunc(found, func(a, b file) int { return strings.Compare(a.name, b.name) })
	return slices.CompactFunc(found, func(a, b file) bool { return a.name == b.name }), nil
}

// match adds the files below dir that match the parts of a pattern.
func match(found []file, dir string, parts []string) ([]file, error) {
	part, rest := parts[0], parts[1:]
	if !isPattern(part) {
		path := filepath.Join(dir, part)
		info, err := os.Stat(path)
		switch {
		case errors.Is(err, fs.ErrNotExist):
			return found, nil
		case err != nil:
			return nil, err
		case len(rest) > 0 && info.IsDir():
			return match(found, path, rest)
		case len(rest) == 0:
			return addRegular(found, path)
		}
		return found, nil
	}
	entries, err := os.ReadDir(filepath.Clean(dir))
	if err != nil {
		return nil, err
	}
	if part == "**" {
		if len(rest) == 0 {
			rest = []string{"*"}
		}
		if found, err = match(found, dir, rest); err != nil {
			return nil, err
		}
	}
	for _, e := range entries {
		path := filepath.Join(dir, e.Name())
		fits, _ := filepath.Match(part, e.Name())
		switch {
		case isHidden(e.Name()) && !strings.HasPrefix(part, "."):
		case part == "**":
			if e.IsDir() {
				found, err = match(found, path, parts)
			}
		case !fits:
		case len(rest) == 0:
			found, err = addRegular(found, path)
		case isDir(e, path):
			found, err = match(found, path, rest)
		}
		if err != nil {
			return nil, err
		}
	}
	return found, nil
}

// isDir reports whether an entry is a directory, or a link to one: a part of a pattern names it.
func isDir(e fs.DirEntry, path string) bool {
	if e.Type()&fs.ModeSymlink == 0 {
		return e.IsDir()
	}
	info, err := os.Stat(path)
	return err == nil && info.IsDir()
}
