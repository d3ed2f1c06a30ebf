package serve

import (
	"net"
	"os"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// A listener that refuses still hands out what the kernel has accepted, and
// nothing else is ever accepted.
func TestRefusedConnectionsAreNotReset(t *testing.T) {
	t.Parallel()
	listener, err := Listen(t.Context(), "127.0.0.1:0")
	require.NoError(t, err)
	before, err := net.Dial("tcp", listener.Addr().String())
	require.NoError(t, err)
	defer before.Close()
	require.True(t, refuse(listener))

	late := make(chan error, 1)
	go func() { // the kernel sends again until somebody answers
		c, err := net.Dial("tcp", listener.Addr().String())
		if err == nil {
			err = c.Close()
		}
		late <- err
	}()
	accepted, err := listener.Accept()
	require.NoError(t, err)
	defer accepted.Close()
	require.NoError(t, listener.(*net.TCPListener).SetDeadline(time.Now().Add(100*time.Millisecond)))
	_, err = listener.Accept()
	require.ErrorIs(t, err, os.ErrDeadlineExceeded)
	require.NoError(t, listener.Close())
	require.ErrorIs(t, <-late, syscall.ECONNREFUSED)

	_, err = before.Write([]byte("x"))
	assert.NoError(t, err)
	var b [1]byte
	_, err = accepted.Read(b[:])
	assert.NoError(t, err, "the filter lets a connection through that is there")
}
