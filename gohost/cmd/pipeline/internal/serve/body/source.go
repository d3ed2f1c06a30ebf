package body

import (
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"syscall"
)

// ErrGone is a client that has gone before its body was there.
var ErrGone = errors.New("the client has gone before all of the body was there")

// A source keeps the failure of the connection, so that it is told from damaged
// data.
type source struct {
	src io.Reader
	err error
}

func (s *source) Read(p []byte) (int, error) {
	n, err := s.src.Read(p)
	if err != nil && !errors.Is(err, io.EOF) {
		s.err = err
	}
	return n, err
}

// explain says what an error of reading means.
func (s *source) explain(err error) error {
	long := (*http.MaxBytesError)(nil)
	unknown := (*EncodingError)(nil)
	switch {
	case errors.As(s.err, &long), errors.Is(s.err, os.ErrDeadlineExceeded):
		return fmt.Errorf("reading the body: %w", s.err)
	case errors.As(err, &unknown):
		return err
	case s.err == nil:
		return &DataError{err}
	case isGone(s.err):
		return fmt.Errorf("%w: %w", ErrGone, s.err)
	}
	return &DataError{s.err} // such as the lengths of chunks that are no numbers
}

// isGone tells the end of a connection from what a client has sent.
func isGone(err error) bool {
	return errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, net.ErrClosed) || errors.Is(err, http.ErrBodyReadAfterClose) ||
		errors.As(err, new(*net.OpError)) || errors.Is(err, syscall.ECONNRESET) || errors.Is(err, syscall.EPIPE)
}
