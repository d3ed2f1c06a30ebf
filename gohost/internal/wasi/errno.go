package wasi

import (
	"errors"

	"github.com/tetratelabs/wazero/experimental/sys"

	"example.org/compute-pipeline/gohost/internal/granted"
)

// errno is the result of a function, numbered as in witx/typenames.witx.
type errno uint16

const (
	success      errno = 0
	acces        errno = 2
	again        errno = 6
	badf         errno = 8
	exist        errno = 20
	fault        errno = 21
	intr         errno = 27
	inval        errno = 28
	io_          errno = 29
	isdir        errno = 31
	loop         errno = 32
	mfile        errno = 33
	nametoolong  errno = 37
	noent        errno = 44
	nosys        errno = 52
	notdir       errno = 54
	notempty     errno = 55
	notsock      errno = 57
	notsup       errno = 58
	perm         errno = 63
	rangeTooHigh errno = 68
	rofs         errno = 69
)

// errnos are the errors that wazero distinguishes.
var errnos = map[sys.Errno]errno{
	sys.EACCES:       acces,
	sys.EAGAIN:       again,
	sys.EBADF:        badf,
	sys.EEXIST:       exist,
	sys.EFAULT:       fault,
	sys.EINTR:        intr,
	sys.EINVAL:       inval,
	sys.EIO:          io_,
	sys.EISDIR:       isdir,
	sys.ELOOP:        loop,
	sys.ENAMETOOLONG: nametoolong,
	sys.ENOENT:       noent,
	sys.ENOSYS:       nosys,
	sys.ENOTDIR:      notdir,
	sys.ERANGE:       rangeTooHigh,
	sys.ENOTEMPTY:    notempty,
	sys.ENOTSOCK:     notsock,
	sys.ENOTSUP:      notsup,
	sys.EPERM:        perm,
	sys.EROFS:        rofs,
}

// errnoOf returns the errno for an error of a file system.
func errnoOf(err error) errno {
	switch {
	case err == nil:
		return success
	case errors.Is(err, granted.ErrMany):
		return mfile
	}
	if number, ok := errnos[sys.UnwrapOSError(err)]; ok {
		return number
	}
	return io_
}
