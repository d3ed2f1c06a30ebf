package wasi

import (
	"errors"
	"io"
	"io/fs"
)

// entry is what a file descriptor stands for.
type entry struct {
	// preopen: it was there from the start, as a stream or the directory "/".
	preopen, stream bool
	output          bool
	writer          io.Writer // nil: what is written is thrown away

	// name is the path in the file system, and file is open, but for a preopened
	// directory that nobody has looked into.
	name  string
	file  fs.File
	isDir bool
	list  *listing
}

// table has the entries of an instance by their descriptors.
type table struct {
	entries []*entry // nil: free
	opened  int      // that are not preopens
}

// The root directory is the first descriptor behind the streams, which is where
// C's library looks for it.
func newTable(config Config) table {
	t := table{entries: []*entry{
		{preopen: true, stream: true},
		{preopen: true, stream: true, output: true, writer: config.Stdout},
		{preopen: true, stream: true, output: true, writer: config.Stderr},
	}}
	if config.Files != nil {
		t.entries = append(t.entries, &entry{preopen: true, name: ".", isDir: true})
	}
	return t
}

// get finds an entry by a parameter that is a descriptor.
func (t *table) get(param uint64) (*entry, errno) {
	fd := uint32(param)
	if uint64(fd) >= uint64(len(t.entries)) || t.entries[fd] == nil {
		return nil, badf
	}
	return t.entries[fd], success
}

// add gives an entry the lowest descriptor that is free.
func (t *table) add(e *entry) uint32 {
	t.opened++
	for fd, other := range t.entries {
		if other == nil {
			t.entries[fd] = e
			return uint32(fd)
		}
	}
	t.entries = append(t.entries, e)
	return uint32(len(t.entries) - 1)
}

// remove frees a descriptor, which there is.
func (t *table) remove(fd uint32) error {
	e := t.entries[fd]
	t.entries[fd] = nil
	if !e.preopen {
		t.opened--
	}
	return e.close()
}

func (t *table) close() error {
	var errs []error
	for _, e := range t.entries {
		if e != nil {
			errs = append(errs, e.close())
		}
	}
	t.entries, t.opened = nil, 0
	return errors.Join(errs...)
}

func (e *entry) close() error {
	e.list = nil
	if e.file == nil {
		return nil
	}
	return e.file.Close()
}

func fdClose(h *Host, p []uint64) errno {
	if _, no := h.files.get(p[0]); no != success {
		return no
	}
	h.charge(systemPrice)
	return errnoOf(h.files.remove(uint32(p[0])))
}

// opened is the entry's file, which for a preopened directory is opened now.
func (h *Host) opened(e *entry) (fs.File, errno) {
	if e.file == nil {
		h.charge(systemPrice + namePrice)
		file, err := h.config.Files.Open(e.name)
		if err != nil {
			return nil, badf
		}
		e.file = file
	}
	return e.file, success
}
