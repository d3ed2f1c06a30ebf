package wasi

import "example.org/compute-pipeline/gohost/internal/granted"

// pathAt returns the path in the file system of a path relative to a directory.
func (h *Host) pathAt(fd uint64, ptr, n uint32) (string, errno) {
	if n > granted.MaxPath {
		return "", nametoolong
	}
	h.ChargeBytes(0, int(n))
	bytes, no := h.view(ptr, n)
	if no != success {
		return "", no
	}
	name, err := granted.CleanPath(string(bytes))
	if err != nil {
		return "", errnoOf(err)
	}
	e, no := h.files.get(fd)
	switch {
	case no != success:
		return "", no
	case e.stream:
		return "", notdir
	}
	name, err = h.PathAt(e.File, name)
	return name, errnoOf(err)
}

func pathFilestatGet(h *Host, p []uint64) errno {
	name, no := h.pathAt(p[0], uint32(p[2]), uint32(p[3]))
	if no != success {
		return no
	}
	st, err := h.StatPath(name)
	if err != nil {
		return errnoOf(err)
	}
	to, no := h.view(uint32(p[4]), 64)
	if no == success {
		putFilestat(to, st)
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
	}
	file, err := h.Open(name)
	if err != nil {
		return errnoOf(err)
	}
	if wantsDir && !file.IsDir {
		_ = h.CloseFile(file)
		return notdir
	}
	fd := h.files.add(&entry{File: file})
	if no := h.putUint32(uint32(p[8]), fd); no != success {
		_ = h.remove(fd)
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
