package serve

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"time"
)

// Listen returns a listener for Run. It does not use multipath TCP, which is Go's default,
// because refuse does not work with it.
func Listen(ctx context.Context, address string) (net.Listener, error) {
	var network net.ListenConfig
	network.SetMultipathTCP(false)
	listener, err := network.Listen(ctx, "tcp", address)
	if err != nil {
		return nil, fmt.Errorf("listening: %w", err)
	}
	return listener, nil
}

// Run serves on the listener until the context ends, and then shuts down without losing an
// accepted request: /readyz returns 503, for ShutdownDelay everything else continues, then
// Run accepts no more connections and finishes the remaining requests. Meanwhile each
// response asks its client to close the connection. Requests that are left after
// ShutdownTimeout are aborted, and Run returns an error.
func (s *Server) Run(ctx context.Context, listener net.Listener) error {
	inner := listener
	listener = s.connections.listen(inner, s.config.MaxConnections)
	if certificate := s.config.Certificate; certificate != nil {
		listener = tls.NewListener(listener, &tls.Config{
			MinVersion:     tls.VersionTLS12,
			NextProtos:     []string{"http/1.1"}, // drain counts connections, which have many requests in HTTP/2
			GetCertificate: func(*tls.ClientHelloInfo) (*tls.Certificate, error) { return certificate() },
		})
	}
	served := make(chan error, 1)
	go func() { served <- s.http.Serve(listener) }() // ends with the listener
	s.config.Logger.InfoContext(ctx, "serving", "address", listener.Addr().String())
	select {
	case err := <-served:
		return s.closing(errors.Join(fmt.Errorf("serving: %w", err), s.http.Close()))
	case <-ctx.Done():
	}
	s.config.Logger.InfoContext(ctx, "shutting down", "delay", s.config.ShutdownDelay)
	since := time.Now()
	s.draining.Store(true)
	time.Sleep(s.config.ShutdownDelay)
	if refuse(inner) {
		// Connections that clients open at this moment are still accepted.
		time.Sleep(handshake)
	}
	err := listener.Close()
	<-served // returns the error of the closed listener
	return s.closing(errors.Join(err, s.drain(context.WithoutCancel(ctx), since)))
}

// handshake is the max time for the last packet of a TCP handshake to arrive.
const handshake = 200 * time.Millisecond

// Abandon closes a server that does not run, and returns err joined with errors of closing.
func (s *Server) Abandon(err error) error { return s.closing(err) }

// drain waits until every connection is closed: after the response to its current request
// or its next one, or, from IdleGrace after since, when it is idle.
//
// http.Server.Shutdown comes last, because it drops requests that it reads after it was
// called, even if their connection was accepted before.
func (s *Server) drain(ctx context.Context, since time.Time) error {
	ctx, cancel := context.WithTimeout(ctx, s.config.ShutdownTimeout)
	defer cancel()
	for s.connections.count() > 0 && ctx.Err() == nil {
		if time.Since(since) >= s.config.IdleGrace {
			s.connections.closeIdle()
		}
		time.Sleep(drainTick)
	}
	if err := s.http.Shutdown(ctx); err != nil {
		cut := s.answering.Load()
		return errors.Join(fmt.Errorf("%d requests were aborted after %v: %w", cut, s.config.ShutdownTimeout, err), s.http.Close())
	}
	s.config.Logger.InfoContext(ctx, "all requests have finished")
	return nil
}

// drainTick is the interval at which drain checks the connections.
const drainTick = 5 * time.Millisecond

// closing closes the plugins, and returns err joined with errors of closing.
func (s *Server) closing(err error) error {
	ctx, cancel := context.WithTimeout(context.Background(), closeTimeout)
	defer cancel()
	if service := s.api.Load(); service != nil {
		service.Close()
	}
	return errors.Join(err, s.stores.Close(ctx))
}
