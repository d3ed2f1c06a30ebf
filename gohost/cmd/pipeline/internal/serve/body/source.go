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

// ErrGone is the error of a client that disconnected before its body had arrived.
var ErrGone = errors.New("the client disconnected before its body had arrived")

// A source records the failure of the connection, to distinguish it from damaged data.
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

// explain returns the error for an error of reading.
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
	return &DataError{s.err} // such as a chunk length that is not a number
}

// isGone reports whether an error means that the connection ended.
func isGone(err error) bool {
	return errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, net.ErrClosed) || errors.Is(err, http.ErrBodyReadAfterClose) ||
		errors.As(err, new(*net.OpError)) || errors.Is(err, syscall.ECONNRESET) || errors.Is(err, syscall.EPIPE)
}
