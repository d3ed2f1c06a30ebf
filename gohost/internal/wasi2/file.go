package wasi2

import (
	"math"
	"strings"

	"github.com/tetratelabs/wazero/experimental/sys"

	"example.org/compute-pipeline/gohost/cabi"
	"example.org/compute-pipeline/gohost/internal/granted"
)

// openFile is a file that a descriptor has, and streams from it, which may outlive it.
type openFile struct {
	*granted.File
	host  *granted.Host
	users int
}

func (f *openFile) use() *openFile {
	f.users++
	return f
}

func (f *openFile) release() error {
	if f.users--; f.users > 0 {
		return nil
	}
	return f.host.CloseFile(f.File)
}

// descriptor is an open file or directory.
type descriptor struct {
	owned
	file *openFile
}

func (d *descriptor) release() error { return d.file.release() }

func (c *call) descriptor(f *granted.File) *descriptor {
	file := &openFile{File: f, host: c.Host}
	return &descriptor{file: file.use()}
}

// directories returns the directories that a guest has from the beginning: "/", if there are
// files.
func (c *call) directories() {
	var list []*granted.File
	if c.Files != nil {
		list = append(list, granted.Root())
	}
	at := c.result(8, 4)
	cabi.NewList(12, 4, nil, func(_ *cabi.Call, at uint32, f *granted.File) {
		c.StoreU32(at, c.give(descriptors, c.descriptor(f)))
		c.StoreString(at+4, "/")
	}).Store(c.Call, at, list)
}

// readFile reads at an offset, up to the end of the file.
func (c *call) readFile(f *openFile, data []byte, offset int64) (int, error) {
	file, err := c.Get(f.File)
	if err != nil {
		return 0, err
	}
	return c.Read(file, data, &offset)
}

func (c *call) readViaStream() {
	d, offset := self[*descriptor](c, descriptors), c.PopU64()
	at := c.result(8, 4)
	if !c.Lifted() {
		return
	}
	if d.file.IsDir {
		c.failed(at, 4, sys.EISDIR)
		return
	}
	c.StoreU8(at, 0)
	stream := &inputStream{file: d.file.use(), offset: int64(min(offset, math.MaxInt64))}
	c.StoreU32(at+4, c.give(inputStreams, stream))
}

// readAt reads at an offset, less than a guest may ask for, and says whether that was the
// end.
func (c *call) readAt() {
	d, n, offset := self[*descriptor](c, descriptors), c.PopU64(), c.PopU64()
	at := c.result(16, 4)
	if !c.Lifted() {
		return
	}
	var read int
	var err error
	var data []byte
	switch {
	case d.file.IsDir:
		err = sys.EISDIR
	case offset > math.MaxInt64:
		err = sys.EINVAL
	default:
		data = make([]byte, min(n, granted.Chunk))
		read, err = c.readFile(d.file, data, int64(offset))
	}
	if err != nil {
		c.failed(at, 4, err)
		return
	}
	c.StoreU8(at, 0)
	c.StoreBytes(at+4, data[:read])
	c.StoreBool(at+12, read == 0)
}

// advise has no effect.
func (c *call) advise() {
	d, _, _, advice := self[*descriptor](c, descriptors), c.PopU64(), c.PopU64(), c.PopU32()
	c.Discriminant(advice, 6, "advice")
	at := c.result(2, 1)
	if !c.Lifted() {
		return
	}
	if d.file.IsDir {
		c.failed(at, 1, sys.EBADF)
		return
	}
	c.StoreU8(at, 0)
}

// Flags of a descriptor, and of opening one.
const (
	flagRead            = 1
	flagWrite           = 2
	flagMutateDirectory = 32

	openCreate    = 1
	openDirectory = 2
	openExclusive = 4
	openTruncate  = 8
)

// getFlags returns that a descriptor can be read.
func (c *call) getFlags() {
	if self[*descriptor](c, descriptors); c.Lifted() {
		at := c.result(2, 1)
		c.StoreU8(at, 0)
		c.StoreU8(at+1, flagRead)
	}
}

// path takes a path, relative to a directory. Its error is of the file system.
func (c *call) path(d *descriptor) (string, error) {
	start := c.Cursor()
	_, n := c.PopU32(), c.PopU32()
	if n > granted.MaxPath {
		return "", sys.ENAMETOOLONG
	}
	c.Seek(start)
	name := c.PopString()
	switch {
	case !c.Lifted():
		return "", nil
	case name == "":
		return "", sys.ENOENT
	}
	clean, err := granted.CleanPath(name)
	if err != nil {
		return "", err
	}
	at, err := c.PathAt(d.file.File, clean)
	if err != nil || !strings.HasSuffix(name, "/") {
		return at, err
	}
	st, err := c.StatPath(at)
	if err == nil && !st.Mode.IsDir() {
		err = sys.ENOTDIR
	}
	return at, err
}

// openAt opens files and directories for reading.
func (c *call) openAt() {
	d := self[*descriptor](c, descriptors)
	_ = c.PopU32() // whether to follow a link, of which a guest sees only the target
	name, err := c.path(d)
	c.Seek(4)
	openFlags, flags := c.PopU32(), c.PopU32()
	at := c.result(8, 4)
	if !c.Lifted() {
		return
	}
	if openFlags&(openCreate|openExclusive|openTruncate) != 0 || flags&(flagWrite|flagMutateDirectory) != 0 {
		err = sys.EROFS
	}
	var file *granted.File
	if err == nil {
		c.Charge(granted.SystemPrice) // for closing it
		file, err = c.Open(name)
	}
	if err == nil && openFlags&openDirectory != 0 && !file.IsDir {
		_ = c.CloseFile(file)
		err = sys.ENOTDIR
	}
	if err != nil {
		c.failed(at, 4, err)
		return
	}
	c.StoreU8(at, 0)
	c.StoreU32(at+4, c.give(descriptors, c.descriptor(file)))
}

// readlinkAt finds no links: the guest sees their targets instead.
func (c *call) readlinkAt() {
	d := self[*descriptor](c, descriptors)
	name, err := c.path(d)
	at := c.result(12, 4)
	if !c.Lifted() {
		return
	}
	if err == nil {
		_, err = c.StatPath(name)
	}
	if err == nil {
		err = sys.EINVAL
	}
	c.failed(at, 4, err)
}
