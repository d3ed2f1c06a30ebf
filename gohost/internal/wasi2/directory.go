package wasi2

import (
	"io/fs"
	"unicode/utf8"

	"github.com/tetratelabs/wazero/experimental/sys"

	"example.org/compute-pipeline/gohost/internal/granted"
)

// directoryStream is a directory that is read entry by entry. It has opened it for itself.
type directoryStream struct {
	owned
	file    *granted.File
	entries []fs.DirEntry
	ended   bool
}

func (s *directoryStream) release() error { return s.owner().CloseFile(s.file) }

func (c *call) readDirectory() {
	d := self[*descriptor](c, descriptors)
	at := c.result(8, 4)
	if !c.Lifted() {
		return
	}
	var file *granted.File
	err := error(sys.ENOTDIR)
	if d.file.IsDir {
		c.Charge(granted.SystemPrice) // for closing it
		file, err = c.Open(d.file.Name)
	}
	if err != nil {
		c.failed(at, 4, err)
		return
	}
	c.StoreU8(at, 0)
	c.StoreU32(at+4, c.give(directoryStreams, &directoryStream{file: file}))
}

func (c *call) readDirectoryEntry() {
	s := self[*directoryStream](c, directoryStreams)
	at := c.result(20, 4)
	if !c.Lifted() {
		return
	}
	if err := c.fill(s); err != nil {
		c.failed(at, 4, err)
		return
	}
	c.StoreU8(at, 0)
	c.StoreBool(at+4, len(s.entries) > 0)
	if len(s.entries) > 0 {
		entry := s.entries[0]
		s.entries = s.entries[1:]
		if !utf8.ValidString(entry.Name()) {
			c.failed(at, 4, errNotUTF8)
			return
		}
		c.StoreU8(at+8, typeOf(entry.Type()))
		c.StoreString(at+12, entry.Name())
	}
}

// fill reads the next entries of a directory, unless there are some.
func (c *call) fill(s *directoryStream) error {
	if len(s.entries) > 0 || s.ended {
		return nil
	}
	file, err := c.Get(s.file)
	if err != nil {
		return err
	}
	dir, ok := file.(fs.ReadDirFile)
	if !ok {
		return sys.ENOTDIR
	}
	s.entries, s.ended, err = c.ReadDir(dir)
	return err
}
