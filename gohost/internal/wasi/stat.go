package wasi

import (
	"io/fs"

	"github.com/tetratelabs/wazero/sys"
)

// Kinds of files.
const (
	unknown         = 0
	blockDevice     = 1
	characterDevice = 2
	directory       = 3
	regularFile     = 4
	symbolicLink    = 7
)

func kindOf(mode fs.FileMode) uint8 {
	switch {
	case mode.IsRegular():
		return regularFile
	case mode.IsDir():
		return directory
	case mode&fs.ModeSymlink != 0:
		return symbolicLink
	case mode&fs.ModeCharDevice != 0:
		return characterDevice
	case mode&fs.ModeDevice != 0:
		return blockDevice
	}
	return unknown
}

// Rights, which WASI has deprecated, tell C's library what it need not try.
const (
	rightDatasync = 1 << iota
	rightRead
	rightSeek
	rightSetFlags
	rightSync
	rightTell
	rightWrite
	rightAdvise
	rightAllocate
	rightCreateDirectory
	rightCreateFile
	rightLinkSource
	rightLinkTarget
	rightPathOpen
	rightReaddir
	rightReadlink
	rightRenameSource
	rightRenameTarget
	rightPathFilestatGet
	rightPathFilestatSetSize
	rightPathFilestatSetTimes
	rightFilestatGet
	rightFilestatSetSize
	rightFilestatSetTimes
	rightSymlink
	rightRemoveDirectory
	rightUnlinkFile
	rightPoll
)

const (
	fileRights = rightDatasync | rightRead | rightSeek | rightSetFlags | rightSync | rightTell | rightWrite |
		rightAdvise | rightAllocate | rightFilestatGet | rightFilestatSetSize | rightFilestatSetTimes | rightPoll
	dirRights = rightDatasync | rightSetFlags | rightSync | rightCreateDirectory | rightCreateFile |
		rightLinkSource | rightLinkTarget | rightPathOpen | rightReaddir | rightReadlink | rightRenameSource |
		rightRenameTarget | rightPathFilestatGet | rightPathFilestatSetSize | rightPathFilestatSetTimes |
		rightFilestatGet | rightFilestatSetTimes | rightSymlink | rightRemoveDirectory | rightUnlinkFile
)

// stat returns the metadata of an entry.
func (h *Host) stat(e *entry) (sys.Stat_t, errno) {
	if e.stream {
		return sys.Stat_t{Mode: fs.ModeDevice | 0o640, Nlink: 1}, success
	}
	st, err := h.Stat(e.File)
	return st, errnoOf(err)
}

// putFilestat writes a filestat, of 64 bytes.
func putFilestat(to []byte, st sys.Stat_t) {
	le.PutUint64(to, st.Dev)
	le.PutUint64(to[8:], st.Ino)
	le.PutUint64(to[16:], uint64(kindOf(st.Mode)))
	le.PutUint64(to[24:], st.Nlink)
	le.PutUint64(to[32:], uint64(st.Size))
	le.PutUint64(to[40:], uint64(st.Atim))
	le.PutUint64(to[48:], uint64(st.Mtim))
	le.PutUint64(to[56:], uint64(st.Ctim))
}

func fdFilestatGet(h *Host, p []uint64) errno {
	to, no := h.view(uint32(p[1]), 64)
	if no != success {
		return no
	}
	e, no := h.files.get(p[0])
	if no != success {
		return no
	}
	st, no := h.stat(e)
	if no == success {
		putFilestat(to, st)
	}
	return no
}

func fdFdstatGet(h *Host, p []uint64) errno {
	to, no := h.view(uint32(p[1]), 24)
	if no != success {
		return no
	}
	e, no := h.files.get(p[0])
	if no != success {
		return no
	}
	st, no := h.stat(e)
	if no != success {
		return no
	}
	kind, rights, inherited := kindOf(st.Mode), uint64(fileRights), uint64(0)
	switch kind {
	case directory:
		rights, inherited = dirRights, fileRights|dirRights
	case characterDevice:
		rights &^= rightSeek | rightTell
	}
	clear(to) // no flags
	to[0] = kind
	le.PutUint64(to[8:], rights)
	le.PutUint64(to[16:], inherited)
	return success
}

// Flags of a file descriptor.
const (
	flagAppend   = 1
	flagDsync    = 2
	flagNonblock = 4
	flagRsync    = 8
	flagSync     = 16
)

// fdFdstatSetFlags sets no flag: no call here waits, and no file is appended to.
func fdFdstatSetFlags(h *Host, p []uint64) errno {
	flags := uint16(p[1])
	if flags&(flagDsync|flagRsync|flagSync) != 0 {
		return inval
	}
	e, no := h.files.get(p[0])
	switch {
	case no != success:
		return no
	case e.preopen && e.isDir():
		return isdir
	case flags&flagNonblock != 0:
		return nosys
	case e.stream, e.isDir():
		return success
	}
	return nosys
}

// preopened returns the name of a preopened directory.
func (h *Host) preopened(fd uint64) (string, errno) {
	e, no := h.files.get(fd)
	switch {
	case no != success:
		return "", no
	case !e.preopen || e.stream:
		return "", badf
	}
	return "/", success
}

func fdPrestatGet(h *Host, p []uint64) errno {
	name, no := h.preopened(p[0])
	if no != success {
		return no
	}
	return h.putUint64(uint32(p[1]), uint64(len(name))<<32) // behind the tag 0
}

func fdPrestatDirName(h *Host, p []uint64) errno {
	name, no := h.preopened(p[0])
	if no != success {
		return no
	}
	if uint32(p[2]) > uint32(len(name)) {
		return nametoolong
	}
	to, no := h.view(uint32(p[1]), uint32(p[2]))
	copy(to, name)
	return no
}
