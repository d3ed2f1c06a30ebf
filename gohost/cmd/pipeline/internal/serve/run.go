package serve

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"time"

	"example.org/compute-pipeline/gohost/cmd/pipeline/internal/serve/store"
)

// Listen returns a listener for Run. It is one of plain TCP: with multipath TCP,
// which Go takes where it can, the kernel cannot be told to accept no further
// connection.
func Listen(ctx context.Context, address string) (net.Listener, error) {
	var network net.ListenConfig
	network.SetMultipathTCP(false)
	listener, err := network.Listen(ctx, "tcp", address)
	if err != nil {
		return nil, fmt.Errorf("listening: %w", err)
	}
	return listener, nil
}

// Run serves at the listener until the context ends, and then ends without
// losing a request that was accepted: /readyz says no, for ShutdownDelay all goes
// on, then no connection is accepted any more, and those that are left are
// answered. Meanwhile each answer tells its client to close the connection.
// Whatever ShutdownTimeout leaves is cut off, and an error.
func (s *Server) Run(ctx context.Context, listener net.Listener) error {
	inner := listener
	listener = s.connections.listen(inner, s.config.MaxConnections)
	if certificate := s.config.Certificate; certificate != nil {
		listener = tls.NewListener(listener, &tls.Config{
			MinVersion:     tls.VersionTLS12,
			NextProtos:     []string{"http/1.1"}, // drain counts connections, and in HTTP/2 one has many requests
			GetCertificate: func(*tls.ClientHelloInfo) (*tls.Certificate, error) { return certificate() },
		})
	}
	served := make(chan error, 1)
	go func() { served <- s.http.Serve(listener) }() // ends with the listener
	s.config.Logger.InfoContext(ctx, "serving", "address", listener.Addr().String())
	select {
	case err := <-served:
		return closing(errors.Join(fmt.Errorf("serving: %w", err), s.http.Close()), s.store)
	case <-ctx.Done():
	}
	s.config.Logger.InfoContext(ctx, "shutting down", "delay", s.config.ShutdownDelay)
	since := time.Now()
	s.draining.Store(true)
	time.Sleep(s.config.ShutdownDelay)
	if refuse(inner) {
		// A client that took up a connection in this moment has it accepted.
		time.Sleep(handshake)
	}
	err := listener.Close()
	<-served // with the error of a listener that was closed
	return closing(errors.Join(err, s.drain(context.WithoutCancel(ctx), since)), s.store)
}

// handshake is how long the last packet of a TCP handshake may be under way.
const handshake = 200 * time.Millisecond

// Abandon ends a server that does not run, and returns err with what went wrong
// in that.
func (s *Server) Abandon(err error) error { return closing(err, s.store) }

// drain waits until every connection is closed: after the answer to the request
// that it has, to the next, or, from IdleGrace after since, when it has none.
//
// http.Server.Shutdown comes last, because it drops a request that it reads
// after it was called, though the connection was accepted before.
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
		return errors.Join(fmt.Errorf("%d requests were cut off after %v: %w", cut, s.config.ShutdownTimeout, err), s.http.Close())
	}
	s.config.Logger.InfoContext(ctx, "all requests were answered")
	return nil
}

// drainTick is how often drain looks.
const drainTick = 5 * time.Millisecond

// closing closes the plugins, and returns err with what went wrong in that.
func closing(err error, plugins *store.Store) error {
	ctx, cancel := context.WithTimeout(context.Background(), closeTimeout)
	defer cancel()
	return errors.Join(err, plugins.Close(ctx))
}
