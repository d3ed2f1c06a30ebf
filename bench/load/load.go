// Package load sends the same request to a service again and again, in a closed loop.
package load

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"sync"
	"sync/atomic"
	"time"
)

// patience is how long a response may take.
const patience = 30 * time.Second

// Client has connections to one service.
type Client struct {
	// Answer is the body of every response.
	Answer      []byte
	request     []byte
	connections []*connection
}

// connection sends requests, one after the other.
type connection struct {
	net.Conn
	in *bufio.Reader
}

// Dial opens so many connections, and sends a POST of a JSON text on each: the first response has
// the answer that all must have. What is open is returned with an error too.
func Dial(address, path string, body []byte, connections int) (*Client, error) {
	c := &Client{request: fmt.Appendf(nil, "POST %s HTTP/1.1\r\nHost: %s\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n%s", path, address, len(body), body)}
	for range connections {
		conn, err := net.Dial("tcp", address)
		if err != nil {
			return c, err
		}
		one := &connection{conn, bufio.NewReader(conn)}
		c.connections = append(c.connections, one)
		got, err := one.send(c.request, nil)
		if err != nil {
			return c, err
		}
		if c.Answer == nil {
			c.Answer = got
		}
	}
	return c, nil
}

// Close closes the connections.
func (c *Client) Close() error {
	var errs []error
	for _, one := range c.connections {
		errs = append(errs, one.Close())
	}
	return errors.Join(errs...)
}

// Turn sends so many requests, or fewer if they would take longer than most, and returns how many
// were answered a second. Each connection sends its next request when the last is answered. A
// wrong answer is an error.
func (c *Client) Turn(ctx context.Context, requests int, most time.Duration) (float64, error) {
	var begun, answered atomic.Int64
	errs := make([]error, len(c.connections))
	var all sync.WaitGroup
	began := time.Now()
	for i, one := range c.connections {
		all.Go(func() {
			var room []byte
			for ctx.Err() == nil && time.Since(began) < most && begun.Add(1) <= int64(requests) {
				if room, errs[i] = one.send(c.request, room[:0]); errs[i] != nil {
					return
				}
				if !bytes.Equal(room, c.Answer) {
					errs[i] = fmt.Errorf("%q is not the answer %q", room, c.Answer)
					return
				}
				answered.Add(1)
			}
		})
	}
	all.Wait()
	took := time.Since(began)
	return float64(answered.Load()) / took.Seconds(), errors.Join(append(errs, ctx.Err())...)
}

// send sends a request, and reads the response into room.
func (c *connection) send(request, room []byte) ([]byte, error) {
	if err := c.SetDeadline(time.Now().Add(patience)); err != nil {
		return nil, err
	}
	if _, err := c.Write(request); err != nil {
		return nil, err
	}
	response, err := http.ReadResponse(c.in, nil)
	if err != nil {
		return nil, err
	}
	defer response.Body.Close()
	body := bytes.NewBuffer(room)
	if _, err := io.Copy(body, response.Body); err != nil {
		return nil, err
	}
	if response.StatusCode != http.StatusOK {
		return nil, fmt.Errorf("%s: %s", response.Status, body)
	}
	return body.Bytes(), nil
}
