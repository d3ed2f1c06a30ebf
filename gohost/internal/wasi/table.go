package wasi

import (
	"errors"
	"io"

	"example.org/compute-pipeline/gohost/internal/granted"
)

// entry is an open file, directory or stream.
type entry struct {
	// preopen marks the streams and the directory "/".
	preopen, stream bool
	output          bool
	writer          io.Writer // nil: output is discarded
	isError         bool      // standard error

	*granted.File // nil: a stream
	list          *listing
}

// table holds the entries of an instance by their descriptors.
type table struct {
	entries []*entry // nil: free
}

// newTable returns the preopened entries. The root directory is the first descriptor
// after the streams, where C's library looks for it.
func newTable(config Config) table {
	t := table{entries: []*entry{
		{preopen: true, stream: true},
		{preopen: true, stream: true, output: true, writer: config.Stdout},
		{preopen: true, stream: true, output: true, writer: config.Stderr, isError: true},
	}}
	if config.Files != nil {
		t.entries = append(t.entries, &entry{preopen: true, File: granted.Root()})
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
func (h *Host) remove(fd uint32) error {
	e := h.files.entries[fd]
	h.files.entries[fd] = nil
	return h.closeEntry(e)
}

func (h *Host) closeFiles() error {
	var errs []error
	for _, e := range h.files.entries {
		if e != nil {
			errs = append(errs, h.closeEntry(e))
		}
	}
	h.files.entries = nil
	return errors.Join(errs...)
}

func (h *Host) closeEntry(e *entry) error {
	e.list = nil
	if e.stream {
		return nil
	}
	return h.CloseFile(e.File)
}

func (e *entry) isDir() bool { return !e.stream && e.IsDir }

func fdClose(h *Host, p []uint64) errno {
	if _, no := h.files.get(p[0]); no != success {
		return no
	}
	h.Charge(granted.SystemPrice)
	return errnoOf(h.remove(uint32(p[0])))
}
