package granted

import (
	"errors"
	"io"
	"io/fs"
	"path"
	"strings"

	"github.com/tetratelabs/wazero/experimental/sys"
	wasisys "github.com/tetratelabs/wazero/sys"
)

// ErrMany is the error of opening more than [MaxOpenFiles].
var ErrMany = errors.New("too many open files")

// File is an open file or directory.
type File struct {
	// Name is the path in the file system.
	Name  string
	IsDir bool
	// file is nil for the root, until it is used.
	file fs.File
	root bool
}

// Root returns the directory "/". A guest may have several; they are counted apart from
// other files, so that one is always there.
func Root() *File { return &File{Name: ".", IsDir: true, root: true} }

// Get returns the open file, and opens the root if it was not used yet.
func (h *Host) Get(f *File) (fs.File, error) {
	if f.file == nil {
		if h.roots >= MaxOpenFiles {
			return nil, ErrMany
		}
		h.Charge(SystemPrice + namePrice)
		file, err := h.Files.Open(f.Name)
		if err != nil {
			return nil, sys.EBADF
		}
		h.roots++
		f.file = file
	}
	return f.file, nil
}

// CloseFile closes a file.
func (h *Host) CloseFile(f *File) error {
	if !f.root {
		h.opened--
	}
	if f.file == nil {
		return nil
	}
	if f.root {
		h.roots--
	}
	return f.file.Close()
}

// Reopen opens a directory again, so that it is listed from the beginning and shows changes
// too.
func (h *Host) Reopen(f *File) error {
	h.chargePath(f.Name)
	file, err := h.Files.Open(f.Name)
	if err != nil {
		return err
	}
	_ = f.file.Close() // it was only read
	f.file = file
	return nil
}

// CleanPath returns the shortest equal of a path that a guest gave. One that begins above
// the directory that it is relative to, and a path from the root, are not permitted.
func CleanPath(name string) (string, error) {
	if len(name) > MaxPath {
		return "", sys.ENAMETOOLONG
	}
	name = path.Clean(name)
	if !fs.ValidPath(name) {
		return "", sys.EPERM
	}
	return name, nil
}

// PathAt returns the path in the file system of a path from CleanPath relative to a
// directory. It never leads out of the root; a link in the file system may.
func (h *Host) PathAt(dir *File, name string) (string, error) {
	if !dir.IsDir {
		return "", sys.ENOTDIR
	}
	if _, err := h.Get(dir); err != nil {
		return "", err
	}
	name = path.Join(dir.Name, name)
	if len(name) > MaxPath { // through directories opened in directories
		return "", sys.ENAMETOOLONG
	}
	return name, nil
}

// chargePath charges for looking up the names in a path.
func (h *Host) chargePath(name string) {
	h.Charge(SystemPrice + namePrice*uint64(1+strings.Count(name, "/")))
}

// Open opens only files and directories: a pipe would block the call until something
// writes to it.
func (h *Host) Open(name string) (*File, error) {
	if h.opened >= MaxOpenFiles {
		return nil, ErrMany
	}
	if fsys, ok := h.Files.(fs.StatFS); ok { // tells without opening
		h.chargePath(name)
		info, err := fsys.Stat(name)
		if err != nil {
			return nil, err
		}
		if !canBeOpened(info) {
			return nil, sys.EACCES
		}
	}
	h.chargePath(name)
	file, err := h.Files.Open(name)
	if err != nil {
		return nil, err
	}
	info, err := file.Stat()
	if err == nil && !canBeOpened(info) {
		err = sys.EACCES
	}
	if err != nil {
		_ = file.Close()
		return nil, err
	}
	h.opened++
	return &File{Name: name, file: file, IsDir: info.IsDir()}, nil
}

func canBeOpened(info fs.FileInfo) bool { return info.Mode().IsRegular() || info.IsDir() }

// Stat returns the metadata of a file.
func (h *Host) Stat(f *File) (wasisys.Stat_t, error) {
	file, err := h.Get(f)
	if err != nil {
		return wasisys.Stat_t{}, err
	}
	h.Charge(SystemPrice)
	info, err := file.Stat()
	if err != nil {
		if sys.UnwrapOSError(err) == sys.EIO {
			err = sys.EBADF
		}
		return wasisys.Stat_t{}, err
	}
	return wasisys.NewStat_t(info), nil
}

// StatPath returns the metadata of what a path from PathAt leads to.
func (h *Host) StatPath(name string) (wasisys.Stat_t, error) {
	h.chargePath(name)
	info, err := fs.Stat(h.Files, name)
	if err != nil {
		return wasisys.Stat_t{}, err
	}
	return wasisys.NewStat_t(info), nil
}

// StatLink is StatPath, but of a link itself if the file system knows links.
func (h *Host) StatLink(name string) (wasisys.Stat_t, error) {
	h.chargePath(name)
	info, err := fs.Lstat(h.Files, name)
	if err != nil {
		return wasisys.Stat_t{}, err
	}
	return wasisys.NewStat_t(info), nil
}

// ReadDir returns the next entries of a directory, up to [EntriesAtOnce], and whether they
// are the last.
func (h *Host) ReadDir(dir fs.ReadDirFile) (list []fs.DirEntry, ended bool, err error) {
	h.Charge(SystemPrice + EntriesAtOnce*entryPrice)
	list, err = dir.ReadDir(EntriesAtOnce)
	ended = len(list) == 0 || errors.Is(err, io.EOF)
	if errors.Is(err, io.EOF) {
		err = nil
	}
	return list, ended, err
}
