package main

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"time"
)

// service is a running `pipeline serve`, a process of its own, as an operator
// would start it: with a key, and limits for the plugin.
type service struct {
	address string
	cmd     *exec.Cmd
	log     bytes.Buffer
	exited  chan error
	client  http.Client
}

const (
	apiKey = "a key for the load generator alone"
	// served is the plugin that is called.
	served = "victim"
)

// startService builds the command line and starts it with a plugins directory.
// The service is stopped with [service.stop].
func startService(ctx context.Context, dir string, callTimeout time.Duration) (*service, error) {
	program := filepath.Join(dir, "pipeline")
	if out, err := exec.CommandContext(ctx, "go", "build", "-o", program, "./gohost/cmd/pipeline").CombinedOutput(); err != nil {
		return nil, fmt.Errorf("building the service: %w\n%s", err, out)
	}
	address, err := freeAddress(ctx)
	if err != nil {
		return nil, err
	}
	plugins := filepath.Join(dir, "plugins")
	sum := sha256.Sum256([]byte(apiKey))
	keys, err := json.Marshal(map[string]any{"tenants": []map[string]any{{
		"name": "load", "keys": []string{"sha256:" + hex.EncodeToString(sum[:])}, "plugins": []string{"*"}, "admin": true,
	}}})
	if err != nil {
		return nil, err
	}
	limits := fmt.Sprintf(`{"call_timeout": %q}`, callTimeout)
	if err := errors.Join(
		os.Mkdir(plugins, 0o755),
		os.WriteFile(filepath.Join(plugins, served+".json"), []byte(limits), 0o644),
		os.WriteFile(filepath.Join(dir, "keys.json"), keys, 0o600),
	); err != nil {
		return nil, err
	}
	s := &service{address: address, exited: make(chan error, 1)}
	s.cmd = exec.Command(program, "serve", "--listen", address, "--plugins", plugins,
		"--keys", filepath.Join(dir, "keys.json"), "--cache-dir", filepath.Join(dir, "cache"), "--log-level", "warn", "--shutdown-delay", "0s")
	s.cmd.Stdout, s.cmd.Stderr = &s.log, &s.log
	if err := s.cmd.Start(); err != nil {
		return nil, err
	}
	go func() { s.exited <- s.cmd.Wait() }() // ends with the process
	if err := s.ready(ctx); err != nil {
		return nil, errors.Join(err, s.cmd.Process.Kill(), fmt.Errorf("its log: %s", s.stopped()))
	}
	return s, nil
}

// stopped waits for the end of the process and returns its log.
func (s *service) stopped() string {
	<-s.exited
	return s.log.String()
}

// freeAddress is one that nobody listens at now.
func freeAddress(ctx context.Context) (string, error) {
	var network net.ListenConfig
	l, err := network.Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return "", err
	}
	return l.Addr().String(), l.Close()
}

// ready waits until the service wants requests.
func (s *service) ready(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, time.Minute)
	defer cancel()
	for {
		request, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+s.address+"/readyz", nil)
		if err != nil {
			return err
		}
		if response, err := s.client.Do(request); err == nil {
			if err := response.Body.Close(); err != nil {
				return err
			}
			if response.StatusCode == http.StatusOK {
				return nil
			}
		}
		select {
		case <-time.After(10 * time.Millisecond):
		case err := <-s.exited:
			s.exited <- err
			return fmt.Errorf("the service has ended: %w", err)
		case <-ctx.Done():
			return fmt.Errorf("the service does not become ready: %w", ctx.Err())
		}
	}
}

// post sends a request and returns the body of an answer of status 200.
func (s *service) post(ctx context.Context, path, contentType string, body []byte) ([]byte, error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, "http://"+s.address+path, bytes.NewReader(body))
	if err != nil {
		return nil, err
	}
	request.Header.Set("Authorization", "Bearer "+apiKey)
	request.Header.Set("Content-Type", contentType)
	response, err := s.client.Do(request)
	if err != nil {
		return nil, err
	}
	answer, err := io.ReadAll(response.Body)
	if err = errors.Join(err, response.Body.Close()); err != nil {
		return nil, err
	}
	if response.StatusCode/100 != 2 {
		return nil, fmt.Errorf("%s: %s: %s", path, response.Status, answer)
	}
	return answer, nil
}

// upload makes a module the active version of the plugin.
func (s *service) upload(ctx context.Context, wasm []byte) error {
	_, err := s.post(ctx, "/v1/admin/plugins/"+served+"/versions", "application/wasm", wasm)
	return err
}

// stop ends the service as an operator would, which must succeed, and say
// nothing but what the calls that were stopped brought about.
func (s *service) stop() error {
	s.client.CloseIdleConnections()
	if err := s.cmd.Process.Signal(syscall.SIGTERM); err != nil {
		return err
	}
	select {
	case err := <-s.exited:
		if status := (*exec.ExitError)(nil); errors.As(err, &status) && status.ExitCode() == 128+int(syscall.SIGTERM) {
			return nil // that is how the command line ends when it is told to
		}
		if err != nil {
			return fmt.Errorf("the service ended badly: %w, log: %s", err, strings.TrimSpace(s.log.String()))
		}
		return nil
	case <-time.After(time.Minute):
		return errors.Join(errors.New("the service does not end"), s.cmd.Process.Kill())
	}
}
