package serve

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"net/http"
	"time"

	"example.org/compute-pipeline/gohost/cmd/pipeline/internal/serve/host"
)

// Run serves at the listener until the context ends, and then ends without
// losing a request that was accepted: /readyz says no, for ShutdownDelay all goes
// on, then no connection is accepted any more, and those that are left are
// answered. Whatever ShutdownTimeout leaves is cut off, and an error.
func (s *Server) Run(ctx context.Context, listener net.Listener) error {
	if certificate := s.config.Certificate; certificate != nil {
		listener = tls.NewListener(listener, &tls.Config{
			MinVersion:     tls.VersionTLS12,
			NextProtos:     []string{"http/1.1"},
			GetCertificate: func(*tls.ClientHelloInfo) (*tls.Certificate, error) { return certificate() },
		})
	}
	served := make(chan error, 1)
	go func() { served <- s.http.Serve(listener) }() // ends with Shutdown or Close
	s.config.Logger.InfoContext(ctx, "serving", "address", listener.Addr().String())
	select {
	case err := <-served:
		return closing(fmt.Errorf("serving: %w", err), s.host)
	case <-ctx.Done():
	}
	err := s.shutdown(context.WithoutCancel(ctx))
	if stopped := <-served; !errors.Is(stopped, http.ErrServerClosed) {
		err = errors.Join(err, stopped)
	}
	return closing(err, s.host)
}

// Abandon ends a server that does not run, and returns err with what went wrong
// in that.
func (s *Server) Abandon(err error) error { return closing(err, s.host) }

func (s *Server) shutdown(ctx context.Context) error {
	s.config.Logger.InfoContext(ctx, "shutting down", "delay", s.config.ShutdownDelay)
	s.draining.Store(true)
	time.Sleep(s.config.ShutdownDelay)
	ctx, cancel := context.WithTimeout(ctx, s.config.ShutdownTimeout)
	defer cancel()
	err := s.http.Shutdown(ctx)
	if err == nil {
		s.config.Logger.InfoContext(ctx, "all requests were answered")
		return nil
	}
	cut := len(s.running)
	return errors.Join(fmt.Errorf("%d requests were cut off after %v: %w", cut, s.config.ShutdownTimeout, err), s.http.Close())
}

// closing closes the plugins, and returns err with what went wrong in that.
func closing(err error, h *host.Host) error {
	ctx, cancel := context.WithTimeout(context.Background(), closeTimeout)
	defer cancel()
	return errors.Join(err, h.Close(ctx))
}
