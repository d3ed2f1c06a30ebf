package wasi2

import (
	"errors"
	"io"
	"math"

	"example.org/compute-pipeline/gohost/cabi"
	"example.org/compute-pipeline/gohost/internal/granted"
)

// maxBlockingWrite is how many bytes the functions write that wait for the end of it, as
// WASI has it.
const maxBlockingWrite = 4096

// inputStream is a file from an offset, or standard input, which is empty.
type inputStream struct {
	owned
	file   *openFile // nil: standard input
	offset int64
}

func (s *inputStream) release() error {
	if s.file == nil {
		return nil
	}
	return s.file.release()
}

// outputStream is standard output or error.
type outputStream struct {
	owned
	writer  io.Writer // nil: output is discarded
	isError bool      // standard error
}

func (c *call) output(s *outputStream, data []byte) error {
	if s.isError {
		return c.WriteError(data)
	}
	return c.Write(s.writer, data)
}

// errClosed is the error of a stream that has come to its end.
var errClosed = errors.New("closed")

// streamError writes the error of a stream, in a result in which it is at an offset.
func (c *call) streamError(at, offset uint32, err error) {
	c.StoreU8(at, 1)
	if errors.Is(err, errClosed) {
		c.StoreU8(at+offset, 1)
		return
	}
	c.StoreU8(at+offset, 0)
	c.StoreU32(at+offset+4, c.give(ioErrors, &ioError{err: err}))
}

// next reads the next bytes of a stream, fewer than a guest may ask for.
func (c *call) next(s *inputStream, n uint64) ([]byte, error) {
	if s.file == nil || s.offset == math.MaxInt64 {
		return nil, errClosed
	}
	data := make([]byte, min(n, granted.Chunk))
	read, err := c.readFile(s.file, data, s.offset)
	s.offset += int64(read)
	if err == nil && read == 0 && n > 0 {
		err = errClosed
	}
	return data[:read], err
}

func (c *call) read() {
	s, n := self[*inputStream](c, inputStreams), c.PopU64()
	at := c.result(12, 4)
	if !c.Lifted() {
		return
	}
	data, err := c.next(s, n)
	if err != nil {
		c.streamError(at, 4, err)
		return
	}
	c.StoreU8(at, 0)
	c.StoreBytes(at+4, data)
}

func (c *call) skip() {
	s, n := self[*inputStream](c, inputStreams), c.PopU64()
	at := c.result(16, 8)
	if !c.Lifted() {
		return
	}
	data, err := c.next(s, n)
	c.count(at, len(data), err)
}

// count returns a number of bytes, or why there are none.
func (c *call) count(at uint32, n int, err error) {
	if err != nil {
		c.streamError(at, 8, err)
		return
	}
	c.StoreU8(at, 0)
	c.StoreU64(at+8, uint64(n))
}

func (c *call) checkWrite() {
	if self[*outputStream](c, outputStreams); c.Lifted() {
		c.count(c.result(16, 8), granted.Chunk, nil)
	}
}

// flush has nothing to do: what is written is written at once.
func (c *call) flush() {
	if self[*outputStream](c, outputStreams); c.Lifted() {
		c.StoreU8(c.result(12, 4), 0)
	}
}

func (c *call) write(most uint64) {
	s := self[*outputStream](c, outputStreams)
	start := c.Cursor()
	_, n := c.PopU32(), c.PopU32()
	if !c.mayWrite(uint64(n), most) {
		return
	}
	c.Seek(start)
	c.writeAll(s, c.PopBytes(nil))
}

func (c *call) writeZeroes(most uint64) {
	s, n := self[*outputStream](c, outputStreams), c.PopU64()
	if c.mayWrite(n, most) {
		c.writeAll(s, make([]byte, n))
	}
}

// mayWrite checks how much a guest writes at a time, which it must have asked for.
func (c *call) mayWrite(n, most uint64) bool {
	if n > most {
		c.violate("%d bytes are written at once; at most %d may be", n, most)
	}
	return c.Err() == nil
}

func (c *call) writeAll(s *outputStream, data []byte) {
	at := c.result(12, 4)
	if !c.Lifted() {
		return
	}
	if err := c.output(s, data); err != nil {
		c.streamError(at, 4, err)
		return
	}
	c.StoreU8(at, 0)
}

// splice writes the next bytes of a stream to another.
func (c *call) splice() {
	to, from, n := self[*outputStream](c, outputStreams), self[*inputStream](c, inputStreams), c.PopU64()
	at := c.result(16, 8)
	if !c.Lifted() {
		return
	}
	data, err := c.next(from, n)
	if err == nil {
		err = c.output(to, data)
	}
	c.count(at, len(data), err)
}

// subscribe returns what waits for a stream: none ever waits.
func (c *call) subscribe(t *cabi.ResourceType) {
	if self[resource](c, t); c.Lifted() {
		c.push(pollables, &pollable{})
	}
}
