package wasi

import (
	"errors"
	"io"
	"io/fs"
)

// entry is an open file, directory or stream.
type entry struct {
	// preopen marks the streams and the directory "/".
	preopen, stream bool
	output          bool
	writer          io.Writer // nil: output is discarded

	// name is the path in the file system. file is open, except for a preopened
	// directory that has not been used yet.
	name  string
	file  fs.File
	isDir bool
	list  *listing
}

// table holds the entries of an instance by their descriptors.
type table struct {
	entries []*entry // nil: free
	opened  int      // the number of entries that are not preopens
}

// newTable returns the preopened entries. The root directory is the first descriptor
// after the streams, where C's library looks for it.
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

// get returns the entry of a parameter that is a descriptor.
func (t *table) get(param uint64) (*entry, errno) {
	fd := uint32(param)
	if uint64(fd) >= uint64(len(t.entries)) || t.entries[fd] == nil {
		return nil, badf
	}
	return t.entries[fd], success
}

// add adds an entry under the lowest free descriptor.
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

// remove frees a descriptor that is in use.
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

// opened returns the entry's file, and opens it if it is a preopened directory that
// has not been used yet.
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
