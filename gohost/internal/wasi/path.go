package wasi

import (
	"io/fs"
	"path"
	"strings"

	"github.com/tetratelabs/wazero/sys"
)

// pathAt returns the path in the file system of a path relative to a directory. It
// never leads out of the root; a link in the file system may.
func (h *Host) pathAt(fd uint64, ptr, n uint32) (string, errno) {
	if n > maxPath {
		return "", nametoolong
	}
	h.chargeBytes(0, int(n))
	bytes, no := h.view(ptr, n)
	if no != success {
		return "", no
	}
	name := path.Clean(string(bytes))
	if !fs.ValidPath(name) {
		return "", perm
	}
	e, no := h.files.get(fd)
	switch {
	case no != success:
		return "", no
	case !e.isDir:
		return "", notdir
	}
	if _, no := h.opened(e); no != success {
		return "", no
	}
	name = path.Join(e.name, name)
	if len(name) > maxPath { // through directories opened in directories
		return "", nametoolong
	}
	return name, success
}

// chargePath charges for looking up the names in a path.
func (h *Host) chargePath(name string) {
	h.charge(systemPrice + namePrice*uint64(1+strings.Count(name, "/")))
}

func pathFilestatGet(h *Host, p []uint64) errno {
	name, no := h.pathAt(p[0], uint32(p[2]), uint32(p[3]))
	if no != success {
		return no
	}
	h.chargePath(name)
	info, err := fs.Stat(h.config.Files, name)
	if no := errnoOf(err); no != success {
		return no
	}
	to, no := h.view(uint32(p[4]), 64)
	if no == success {
		putFilestat(to, sys.NewStat_t(info))
	}
	return no
}

// Flags of path_open.
const (
	openCreate    = 1
	openDirectory = 2
	openTruncate  = 8
)

// pathOpen opens files and directories for reading. A guest that asks for more gets
// a descriptor that cannot write.
func pathOpen(h *Host, p []uint64) errno {
	name, no := h.pathAt(p[0], uint32(p[2]), uint32(p[3]))
	if no != success {
		return no
	}
	flags, rights, fdFlags := uint16(p[4]), p[5], uint16(p[7])
	wantsDir := flags&openDirectory != 0
	switch {
	case uint32(p[3]) == 0, wantsDir && flags&openCreate != 0:
		return inval
	case wantsDir && wantsToWrite(flags, rights, fdFlags):
		return isdir
	case h.files.opened >= maxOpenFiles:
		return mfile
	}
	e, no := h.open(name)
	if no != success {
		return no
	}
	if wantsDir && !e.isDir {
		_ = e.close()
		return notdir
	}
	fd := h.files.add(e)
	if no := h.putUint32(uint32(p[8]), fd); no != success {
		_ = h.files.remove(fd)
		return no
	}
	return success
}

func wantsToWrite(flags uint16, rights uint64, fdFlags uint16) bool {
	if rights&(rightRead|rightWrite) != 0 {
		return rights&rightWrite != 0
	}
	return flags&(openCreate|openTruncate) != 0 || fdFlags&flagAppend != 0
}

// open opens only files and directories: a pipe would block the call until something
// writes to it.
func (h *Host) open(name string) (*entry, errno) {
	if fsys, ok := h.config.Files.(fs.StatFS); ok { // tells without opening
		h.chargePath(name)
		info, err := fsys.Stat(name)
		if no := errnoOf(err); no != success {
			return nil, no
		}
		if !canBeOpened(info) {
			return nil, acces
		}
	}
	h.chargePath(name)
	file, err := h.config.Files.Open(name)
	if no := errnoOf(err); no != success {
		return nil, no
	}
	e := &entry{name: name, file: file}
	info, err := file.Stat()
	no := errnoOf(err)
	if no == success && !canBeOpened(info) {
		no = acces
	}
	if no != success {
		_ = file.Close()
		return nil, no
	}
	e.isDir = info.IsDir()
	return e, success
}

func canBeOpened(info fs.FileInfo) bool { return info.Mode().IsRegular() || info.IsDir() }

// pathReadlink finds no links: the guest sees their targets instead.
func pathReadlink(h *Host, p []uint64) errno {
	if uint32(p[2]) == 0 || uint32(p[4]) == 0 {
		return inval
	}
	if _, no := h.pathAt(p[0], uint32(p[1]), uint32(p[2])); no != success {
		return no
	}
	return nosys
}
