package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"strings"
	"time"

	"example.org/compute-pipeline/bench/load"
)

// service is a process that is called.
type service struct {
	name, address, path string
	cmd                 *exec.Cmd
	client              *load.Client
}

// startAll starts the services, that without a sandbox first. What has started is returned with an
// error too.
func startAll(ctx context.Context, pipeline string) (services []*service, err error) {
	self, err := os.Executable()
	if err != nil {
		return nil, err
	}
	for _, s := range []*service{
		{name: "Go, encoding/json", path: "/aggregate", cmd: exec.CommandContext(ctx, self, serveArgument, "plain")},
		{name: "Go, goccy/go-json", path: "/aggregate", cmd: exec.CommandContext(ctx, self, serveArgument, "goccy")},
		{name: "Go with the library", path: "/aggregate", cmd: exec.CommandContext(ctx, self, serveArgument, "engine")},
		{name: "pipeline serve", path: "/v1/plugins/engine/aggregate"},
	} {
		if s.cmd == nil {
			if s.address, err = freeAddress(); err != nil {
				return services, err
			}
			s.cmd = exec.CommandContext(ctx, pipeline, "serve", "--listen", s.address, "--log-level", "warn", "--shutdown-delay", "0s")
		}
		if err := s.start(ctx); err != nil {
			return services, fmt.Errorf("%s: %w", s.name, err)
		}
		services = append(services, s)
	}
	return services, nil
}

// freeAddress returns one where nobody listens.
func freeAddress() (string, error) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return "", err
	}
	return listener.Addr().String(), listener.Close()
}

// start starts the process, and waits until it listens.
func (s *service) start(ctx context.Context) error {
	s.cmd.Stderr = os.Stderr
	out, err := s.cmd.StdoutPipe()
	if err != nil {
		return err
	}
	if err := s.cmd.Start(); err != nil {
		return err
	}
	if s.address == "" {
		line, err := bufio.NewReader(out).ReadString('\n')
		s.address = strings.TrimSpace(line)
		return err
	}
	for range 600 {
		conn, err := net.Dial("tcp", s.address)
		if err == nil {
			return conn.Close()
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(50 * time.Millisecond):
		}
	}
	return errors.New("does not listen")
}

func stopAll(services []*service) {
	for _, s := range services {
		if s.client != nil {
			s.client.Close()
		}
		_ = s.cmd.Process.Signal(os.Interrupt)
		_ = s.cmd.Wait() // its exit is no part of the result
	}
}
