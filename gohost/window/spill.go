package window

import (
	"bufio"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"io/fs"
	"os"
)

// A spillFile has what is too much for the memory. It is written at its end, and read anywhere.
type spillFile interface {
	io.Writer
	io.ReaderAt
	io.Closer
}

// createSpill returns a file without a name, so that nothing is left if the process is killed. Where that
// is not possible, Close removes it.
func createSpill(dir string) (spillFile, error) {
	if dir == "" {
		dir = os.TempDir()
	}
	file, err := os.CreateTemp(dir, "compute-pipeline-spill-")
	if err != nil {
		return nil, spillError(dir, err)
	}
	_ = os.Remove(file.Name())
	return tempFile{file, dir}, nil
}

// spillError says what a file was for. Its name, which nobody sees, is left out.
func spillError(dir string, err error) error {
	var path *fs.PathError
	if errors.As(err, &path) {
		err = path.Err
	}
	return fmt.Errorf("the file in %s for windows that need more memory than allowed: %w", dir, err)
}

type tempFile struct {
	*os.File
	dir string
}

func (f tempFile) Write(p []byte) (int, error) {
	n, err := f.File.Write(p)
	if err != nil {
		err = spillError(f.dir, err)
	}
	return n, err
}

func (f tempFile) ReadAt(p []byte, at int64) (int, error) {
	n, err := f.File.ReadAt(p, at)
	if err != nil && !errors.Is(err, io.EOF) {
		err = spillError(f.dir, err)
	}
	return n, err
}

func (f tempFile) Close() error {
	err := f.File.Close()
	_ = os.Remove(f.Name()) // it has no name any more where that was possible
	return err
}

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

const (
	// blockSize is how many bytes are written and read at once.
	blockSize = 64 << 10
	// blockHead is a block's length and checksum.
	blockHead = 8
)

// A blockWriter writes to a file in blocks with checksums.
type blockWriter struct {
	file  io.Writer
	block []byte
	size  int64
	err   error
}

func newBlockWriter(file io.Writer) *blockWriter {
	return &blockWriter{file: file, block: make([]byte, blockHead, blockSize)}
}

func (w *blockWriter) Write(p []byte) (int, error) {
	n := len(p)
	for len(p) > 0 && w.err == nil {
		room := min(len(p), cap(w.block)-len(w.block))
		w.block = append(w.block, p[:room]...)
		if p = p[room:]; len(w.block) == cap(w.block) {
			w.flush()
		}
	}
	return n, w.err
}

// flush writes the block that is not full.
func (w *blockWriter) flush() {
	if len(w.block) == blockHead || w.err != nil {
		return
	}
	binary.LittleEndian.PutUint32(w.block, uint32(len(w.block)-blockHead))
	binary.LittleEndian.PutUint32(w.block[4:], crc32.Checksum(w.block[blockHead:], castagnoli))
	n, err := w.file.Write(w.block)
	if err == nil && n < len(w.block) {
		err = io.ErrShortWrite
	}
	if err != nil {
		w.err = err
	}
	w.size += int64(len(w.block))
	w.block = w.block[:blockHead]
}

// A blockReader reads what a blockWriter wrote.
type blockReader struct {
	file  io.Reader
	block []byte // its rest
	room  []byte
}

func newBlockReader(file io.ReaderAt, at, size int64) *bufio.Reader {
	const small = 4 << 10
	return bufio.NewReaderSize(&blockReader{file: io.NewSectionReader(file, at, size)}, small)
}

func (r *blockReader) Read(p []byte) (int, error) {
	if len(r.block) == 0 {
		if err := r.next(); err != nil {
			return 0, err
		}
	}
	n := copy(p, r.block)
	r.block = r.block[n:]
	return n, nil
}

func (r *blockReader) next() error {
	var head [blockHead]byte
	if _, err := io.ReadFull(r.file, head[:]); err != nil {
		if errors.Is(err, io.ErrUnexpectedEOF) {
			return early(err)
		}
		return err
	}
	size := binary.LittleEndian.Uint32(head[:])
	if size > blockSize-blockHead {
		return errDamaged
	}
	if r.room == nil {
		r.room = make([]byte, blockSize-blockHead)
	}
	r.block = r.room[:size]
	if _, err := io.ReadFull(r.file, r.block); err != nil {
		return early(err)
	}
	if crc32.Checksum(r.block, castagnoli) != binary.LittleEndian.Uint32(head[4:]) {
		return errDamaged
	}
	return nil
}

var errDamaged = errors.New("the spill file is damaged: a checksum is wrong")
