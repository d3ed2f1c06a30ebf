package gohost

import (
	"errors"
	"io"
	"io/fs"

	"example.org/compute-pipeline/gohost/internal/fuel"
)

// maxOpenFiles bounds what one instance may have open: each is memory of the
// host, and perhaps a file descriptor of the process.
const maxOpenFiles = 64

var errTooManyFiles = errors.New("the instance has too many files open")

// boundedFS is the file system of one instance, which serves one call at a
// time.
type boundedFS struct {
	fsys  fs.FS
	meter *fuel.Meter
	open  int
}

// Open opens a file for reading.
func (b *boundedFS) Open(name string) (fs.File, error) {
	checkStopped(b.meter)
	if b.open >= maxOpenFiles {
		return nil, &fs.PathError{Op: "open", Path: name, Err: errTooManyFiles}
	}
	file, err := b.fsys.Open(name)
	if err != nil {
		return nil, err
	}
	b.open++
	bounded := &boundedFile{File: file, fs: b}
	// wazero asks for what a file can do by its methods.
	dir, isDir := file.(fs.ReadDirFile)
	at, isReaderAt := file.(io.ReaderAt)
	seeker, isSeeker := file.(io.Seeker)
	switch {
	case isDir && isReaderAt && isSeeker: // an *os.File
		return &osLikeFile{&randomAccessFile{bounded, at, seeker}, dir}, nil
	case isDir:
		return &boundedDir{bounded, dir}, nil
	case isReaderAt && isSeeker:
		return &randomAccessFile{bounded, at, seeker}, nil
	default:
		return bounded, nil
	}
}

// boundedFile counts as open until it is closed, and is read in chunks.
type boundedFile struct {
	fs.File
	fs     *boundedFS
	closed bool
}

func (f *boundedFile) Read(p []byte) (int, error) {
	checkStopped(f.fs.meter)
	return f.File.Read(p[:min(len(p), readChunk)])
}

func (f *boundedFile) Close() error {
	if !f.closed {
		f.closed = true
		f.fs.open--
	}
	return f.File.Close()
}

// maxDirEntries bounds what one call reads of a directory.
const maxDirEntries = 4096

type boundedDir struct {
	*boundedFile
	dir fs.ReadDirFile
}

func (d *boundedDir) ReadDir(n int) ([]fs.DirEntry, error) { return d.fs.readDir(d.dir, n) }

func (b *boundedFS) readDir(dir fs.ReadDirFile, n int) ([]fs.DirEntry, error) {
	checkStopped(b.meter)
	if n > 0 {
		return dir.ReadDir(min(n, maxDirEntries))
	}
	// All that are left, in one list that the host keeps: no more than so many.
	entries, err := dir.ReadDir(maxDirEntries)
	if errors.Is(err, io.EOF) {
		err = nil
	}
	return entries, err
}

// randomAccessFile is a file that can be read at any place.
type randomAccessFile struct {
	*boundedFile
	at     io.ReaderAt
	seeker io.Seeker
}

// ReadAt reads all of p, as an io.ReaderAt must, or stops the guest.
func (f *randomAccessFile) ReadAt(p []byte, offset int64) (n int, err error) {
	for n < len(p) && err == nil {
		checkStopped(f.fs.meter)
		var m int
		m, err = f.at.ReadAt(p[n:min(len(p), n+readChunk)], offset+int64(n))
		n += m
	}
	return n, err
}

func (f *randomAccessFile) Seek(offset int64, whence int) (int64, error) {
	return f.seeker.Seek(offset, whence)
}

type osLikeFile struct {
	*randomAccessFile
	dir fs.ReadDirFile
}

func (f *osLikeFile) ReadDir(n int) ([]fs.DirEntry, error) { return f.fs.readDir(f.dir, n) }
