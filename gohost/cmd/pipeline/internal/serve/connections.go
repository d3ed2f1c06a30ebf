package serve

import (
	"crypto/tls"
	"errors"
	"net"
	"net/http"
	"os"
	"sync"
	"time"
)

// connections holds the connections of a server. It knows exactly which of them have not
// received a byte of a request, and closes no others.
type connections struct {
	mu  sync.Mutex
	all map[*connection]struct{}
	max int
}

// listen counts the connections of a listener.
func (c *connections) listen(l net.Listener, most int) net.Listener {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.all, c.max = map[*connection]struct{}{}, most
	return countingListener{l, c}
}

type countingListener struct {
	net.Listener
	connections *connections
}

// Accept implements net.Listener.
func (l countingListener) Accept() (net.Conn, error) {
	for {
		inner, err := l.Listener.Accept()
		if err != nil {
			return nil, err
		}
		if c := l.connections.add(inner); c != nil {
			return c, nil
		}
		_ = inner.Close() // all others have a request
	}
}

// add makes room for a connection, or returns nil.
func (c *connections) add(inner net.Conn) *connection {
	c.mu.Lock()
	defer c.mu.Unlock()
	if len(c.all) >= c.max && !c.makeRoom() {
		return nil
	}
	added := &connection{Conn: inner, owner: c, state: http.StateNew, since: time.Now()}
	c.all[added] = struct{}{}
	return added
}

// makeRoom closes the connection that has been idle longest, or, if none is idle, the
// oldest without a first request.
func (c *connections) makeRoom() bool {
	var idle, fresh *connection
	for other := range c.all {
		switch {
		case other.closing:
		case other.state == http.StateIdle && (idle == nil || other.since.Before(idle.since)):
			idle = other
		case other.state == http.StateNew && (fresh == nil || other.since.Before(fresh.since)):
			fresh = other
		}
	}
	switch {
	case idle != nil:
		idle.stop()
	case fresh != nil:
		delete(c.all, fresh)
		_ = fresh.Conn.Close()
	}
	return idle != nil || fresh != nil
}

// changed implements http.Server.ConnState.
func (c *connections) changed(conn net.Conn, state http.ConnState) {
	if secure, ok := conn.(*tls.Conn); ok {
		conn = secure.NetConn()
	}
	if known, ok := conn.(*connection); ok && (state == http.StateActive || state == http.StateIdle) {
		c.mu.Lock()
		defer c.mu.Unlock()
		known.state, known.since = state, time.Now()
	}
}

// closeIdle closes the connections that have not received a byte of a request.
func (c *connections) closeIdle() {
	c.mu.Lock()
	defer c.mu.Unlock()
	for conn := range c.all {
		if conn.state == http.StateIdle && !conn.closing {
			conn.stop()
		}
	}
}

func (c *connections) count() int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return len(c.all)
}

// A connection knows whether a byte of a request has arrived.
type connection struct {
	net.Conn
	owner *connections

	// Guarded by the owner's lock. A byte that arrives makes an idle one active.
	state   http.ConnState
	since   time.Time
	closing bool // its read should end
}

// stop ends a read that waits for a request. The server then closes the connection. The
// owner's lock is held.
func (c *connection) stop() {
	c.closing = true
	_ = c.SetReadDeadline(time.Now()) // fails if it is closed, and that is fine
}

// lastLook is the time for reading what arrived while the read ended.
const lastLook = 10 * time.Millisecond

// Read implements net.Conn.
func (c *connection) Read(p []byte) (int, error) {
	n, err := c.Conn.Read(p)
	if errors.Is(err, os.ErrDeadlineExceeded) && c.isClosing() {
		_ = c.SetReadDeadline(time.Now().Add(lastLook))
		n, err = c.Conn.Read(p)
	}
	if n > 0 {
		c.arrived()
	}
	return n, err
}

func (c *connection) isClosing() bool {
	c.owner.mu.Lock()
	defer c.owner.mu.Unlock()
	return c.closing
}

func (c *connection) arrived() {
	c.owner.mu.Lock()
	defer c.owner.mu.Unlock()
	if c.state == http.StateIdle {
		c.state = http.StateActive
	}
	if c.closing { // no longer: there is a request
		c.closing = false
		_ = c.SetReadDeadline(time.Time{})
	}
}

// Close implements net.Conn.
func (c *connection) Close() error {
	c.owner.mu.Lock()
	delete(c.owner.all, c)
	c.owner.mu.Unlock()
	return c.Conn.Close()
}

// CloseWrite closes the server's half of the connection first, so that a client that still
// sends can read the response.
func (c *connection) CloseWrite() error {
	if half, ok := c.Conn.(interface{ CloseWrite() error }); ok {
		return half.CloseWrite()
	}
	return nil
}
