package wasi2

import (
	"errors"

	"github.com/tetratelabs/wazero/experimental/sys"

	"example.org/compute-pipeline/gohost/cabi"
	"example.org/compute-pipeline/gohost/internal/granted"
)

// code is an error-code of the file system, numbered as in wit/deps/filesystem.wit.
type code uint8

const (
	access             code = 0
	wouldBlock         code = 1
	badDescriptor      code = 3
	exist              code = 7
	illegalBytes       code = 9
	interrupted        code = 11
	invalid            code = 12
	io_                code = 13
	isDirectory        code = 14
	loop               code = 15
	nameTooLong        code = 18
	noEntry            code = 20
	insufficientMemory code = 22
	notDirectory       code = 24
	notEmpty           code = 25
	unsupported        code = 27
	overflow           code = 30
	notPermitted       code = 31
	readOnlyFiles      code = 33
)

// codes are the errors that wazero distinguishes.
var codes = map[sys.Errno]code{
	sys.EACCES:       access,
	sys.EAGAIN:       wouldBlock,
	sys.EBADF:        badDescriptor,
	sys.EEXIST:       exist,
	sys.EINTR:        interrupted,
	sys.EINVAL:       invalid,
	sys.EIO:          io_,
	sys.EISDIR:       isDirectory,
	sys.ELOOP:        loop,
	sys.ENAMETOOLONG: nameTooLong,
	sys.ENOENT:       noEntry,
	sys.ENOSYS:       unsupported,
	sys.ENOTDIR:      notDirectory,
	sys.ERANGE:       overflow,
	sys.ENOTEMPTY:    notEmpty,
	sys.ENOTSUP:      unsupported,
	sys.EPERM:        notPermitted,
	sys.EROFS:        readOnlyFiles,
}

// errNotUTF8 is the error of a name that is no string.
var errNotUTF8 = errors.New("a name is not UTF-8")

// codeOf returns the code of an error of a file system.
func codeOf(err error) code {
	switch {
	case errors.Is(err, granted.ErrMany):
		return insufficientMemory // there is no code for too many open files
	case errors.Is(err, errNotUTF8):
		return illegalBytes
	}
	if code, ok := codes[sys.UnwrapOSError(err)]; ok {
		return code
	}
	return io_
}

// failed returns an error of the file system, in a result in which it is at an offset.
func (c *call) failed(at, offset uint32, err error) {
	c.StoreU8(at, 1)
	c.StoreU8(at+offset, uint8(codeOf(err)))
}

// readOnly returns the implementation of a method that would change a file.
func readOnly(t *cabi.ResourceType, offset uint32) func(*call) {
	return func(c *call) {
		if self[resource](c, t); c.Lifted() {
			c.failed(c.result(2*offset, offset), offset, sys.EROFS)
		}
	}
}

// ioError is why a stream failed.
type ioError struct {
	owned
	err error
}

func (c *call) debugString() {
	if e := self[*ioError](c, ioErrors); c.Lifted() {
		c.StoreString(c.result(8, 4), sys.UnwrapOSError(e.err).Error())
	}
}

// filesystemErrorCode returns the code of an error: all errors are of files.
func (c *call) filesystemErrorCode() {
	if e := self[*ioError](c, ioErrors); c.Lifted() {
		at := c.result(2, 1)
		c.StoreU8(at, 1)
		c.StoreU8(at+1, uint8(codeOf(e.err)))
	}
}
