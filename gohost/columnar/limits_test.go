package columnar

import (
	"errors"
	"io"
	"runtime"
	"testing"

	"github.com/stretchr/testify/require"
)

// Panics of the library below are errors that a user can read.
func TestGuardedPanics(t *testing.T) {
	var none *struct{ n int }
	err := guarded(func() error { return errors.New(string(rune(none.n))) })
	require.EqualError(t, err, "the file is damaged, or the library that reads it, arrow-go, has a fault")
	var fault runtime.Error
	require.ErrorAs(t, err, &fault, "the cause is kept")

	a := newAllocator(1 << 10)
	err = guarded(func() error { a.Allocate(1 << 20); return nil })
	require.ErrorIs(t, err, ErrLimit)
	require.NotContains(t, err.Error(), "damaged")

	require.EqualError(t, guarded(func() error { panic("no") }), "the file is damaged: no")
	require.EqualError(t, guarded(func() error { panic(errors.New("no")) }), "the file is damaged: no")
	require.ErrorIs(t, guarded(func() error { return io.ErrUnexpectedEOF }), io.ErrUnexpectedEOF)
}
