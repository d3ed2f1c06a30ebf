// Package load sends HTTP requests to a service and measures how long the
// answers take. A connection is one of TCP with HTTP/1.1, kept open, and has one
// request under way at a time.
package load

import (
	"bufio"
	"bytes"
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"time"
)

// Request is what is sent, and what must come back.
type Request struct {
	raw    []byte
	status int
	body   []byte // nil for any
	killed bool
}

// NewRequest makes a request, all bytes of which are written beforehand, so that
// the load generator itself takes little of the machine.
func NewRequest(path, contentType, key string, body []byte, status int, answer []byte) *Request {
	var raw bytes.Buffer
	fmt.Fprintf(&raw, "POST %s HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer %s\r\nContent-Type: %s\r\nContent-Length: %d\r\n\r\n", path, key, contentType, len(body))
	raw.Write(body)
	return &Request{raw: raw.Bytes(), status: status, body: answer}
}

// Killed marks a request whose answer is that its call was stopped: it is
// counted, and not measured.
func (r *Request) Killed() *Request {
	r.killed = true
	return r
}

// UnexpectedAnswer is another answer than the one that must come back.
type UnexpectedAnswer struct {
	Status, Want int
	Body         string
}

func (u *UnexpectedAnswer) Error() string {
	return fmt.Sprintf("unexpected answer: status %d (want %d), body %.300q", u.Status, u.Want, u.Body)
}

// answerTimeout is when an answer is given up.
const answerTimeout = time.Minute

type conn struct {
	address string
	net.Conn
	reader *bufio.Reader
	body   bytes.Buffer
}

func dial(ctx context.Context, address string) (*conn, error) {
	c := &conn{address: address}
	return c, c.redial(ctx)
}

func (c *conn) redial(ctx context.Context) error {
	var dialer net.Dialer
	n, err := dialer.DialContext(ctx, "tcp", c.address)
	if err != nil {
		return err
	}
	c.Conn, c.reader = n, bufio.NewReaderSize(n, 16<<10)
	return nil
}

// do sends the request and checks the answer.
func (c *conn) do(ctx context.Context, r *Request) error {
	if c.Conn == nil {
		if err := c.redial(ctx); err != nil {
			return err
		}
	}
	if err := c.SetDeadline(time.Now().Add(answerTimeout)); err != nil {
		return err
	}
	if _, err := c.Write(r.raw); err != nil {
		return err
	}
	response, err := http.ReadResponse(c.reader, nil)
	if err != nil {
		return err
	}
	c.body.Reset()
	_, err = io.Copy(&c.body, response.Body)
	if err = joinClose(err, response.Body); err != nil {
		return err
	}
	if response.Close {
		if err := c.Close(); err != nil {
			return err
		}
		c.Conn = nil
	}
	if response.StatusCode != r.status || r.body != nil && !bytes.Equal(c.body.Bytes(), r.body) {
		return &UnexpectedAnswer{response.StatusCode, r.status, strings.Clone(c.body.String())}
	}
	return nil
}

func joinClose(err error, body io.Closer) error {
	if closeErr := body.Close(); err == nil {
		return closeErr
	}
	return err
}

func (c *conn) close() error {
	if c.Conn == nil {
		return nil
	}
	return c.Close()
}
