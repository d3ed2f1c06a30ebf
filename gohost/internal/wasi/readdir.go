package wasi

import "io/fs"

// direntSize is the size of an entry's fixed part, which the name follows.
const direntSize = 24

// dirent is one entry of a directory.
type dirent struct {
	name string
	ino  uint64
	kind uint8
}

// listing is the state of reading a directory: a part of its entries, whose cookies
// are their numbers. Earlier entries are found again from the start.
type listing struct {
	dir   fs.ReadDirFile
	first uint64 // the cookie of entries[0]
	// entries begin with "." and "..", which no file system lists.
	entries []dirent
	ended   bool
}

func fdReaddir(h *Host, p []uint64) errno {
	size := uint32(p[2])
	if size < direntSize {
		return inval
	}
	e, no := h.files.get(p[0])
	switch {
	case no != success:
		return no
	case !e.isDir():
		return badf
	}
	buf, no := h.view(uint32(p[1]), size)
	if no != success {
		return no
	}
	cookie := p[3]
	if no := h.rewind(e, cookie); no != success {
		return no
	}
	// The guest takes a buffer that is not full for the end.
	used := 0
	for used < len(buf) {
		d, no := h.entryAt(e.list, cookie)
		if no != success {
			return no
		}
		if d == nil {
			break
		}
		cookie++
		n := d.put(buf[used:], cookie)
		used += n
	}
	return h.putUint32(uint32(p[4]), uint32(used))
}

// put writes an entry and returns how much of the buffer it used: all of it if the
// entry does not fit. The guest then asks for that entry again.
func (d *dirent) put(to []byte, next uint64) int {
	if len(to) < direntSize {
		return len(to)
	}
	le.PutUint64(to, next)
	le.PutUint64(to[8:], d.ino)
	le.PutUint32(to[16:], uint32(len(d.name)))
	le.PutUint32(to[20:], uint32(d.kind))
	if len(to)-direntSize < len(d.name) {
		return len(to)
	}
	return direntSize + copy(to[direntSize:], d.name)
}

// rewind prepares the listing of a directory to continue at the cookie.
func (h *Host) rewind(e *entry, cookie uint64) errno {
	l := e.list
	switch {
	case l == nil && cookie > 0, l != nil && cookie > l.first+uint64(len(l.entries)):
		return noent // beyond all that was read
	case l != nil && (cookie == 0 || cookie < l.first):
		// Reopened, so that it shows changes too.
		if err := h.Reopen(e.File); err != nil {
			return errnoOf(err)
		}
		e.list = nil
	case l != nil:
		return success
	}
	st, no := h.stat(e)
	if no != success {
		return no
	}
	file, err := h.Get(e.File)
	if err != nil {
		return errnoOf(err)
	}
	dir, ok := file.(fs.ReadDirFile)
	if !ok {
		return badf
	}
	e.list = &listing{dir: dir, entries: []dirent{
		{".", st.Ino, directory},
		{"..", 0, directory}, // what is above is nobody's business
	}}
	return success
}

// entryAt returns the entry with the cookie, which is not before the kept ones, or
// nil at the end.
func (h *Host) entryAt(l *listing, cookie uint64) (*dirent, errno) {
	for cookie-l.first >= uint64(len(l.entries)) {
		if l.ended {
			return nil, success
		}
		list, ended, err := h.ReadDir(l.dir)
		if no := readdirErrno(err); no != success {
			return nil, no
		}
		l.ended = ended
		l.first += uint64(len(l.entries))
		l.entries = l.entries[:0]
		for _, d := range list {
			l.entries = append(l.entries, dirent{name: d.Name(), kind: kindOf(d.Type())})
		}
	}
	return &l.entries[cookie-l.first], success
}

// readdirErrno returns badf for an entry that is no directory after all, as C's
// library expects.
func readdirErrno(err error) errno {
	no := errnoOf(err)
	if no == inval || no == notdir {
		return badf
	}
	return no
}
