package soak

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// service is a running `pipeline serve`, a process of its own, as an operator would
// start it: with a key, and limits for the plugin.
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

// startService builds the command line, starts it with a plugins directory and waits
// until it is ready. The service is stopped with [service.stop].
func startService(t *testing.T) *service {
	t.Helper()
	dir := t.TempDir()
	program := filepath.Join(dir, "pipeline")
	built, err := exec.CommandContext(t.Context(), "go", "build", "-o", program, "./gohost/cmd/pipeline").CombinedOutput()
	require.NoError(t, err, "%s", built)
	l, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	s := &service{address: l.Addr().String(), exited: make(chan error, 1)}
	require.NoError(t, l.Close())
	plugins, keyFile := filepath.Join(dir, "plugins"), filepath.Join(dir, "keys.json")
	keys, err := json.Marshal(map[string]any{"tenants": []map[string]any{{
		"name": "load", "keys": []string{fmt.Sprintf("sha256:%x", sha256.Sum256([]byte(apiKey)))}, "plugins": []string{"*"}, "admin": true,
	}}})
	require.NoError(t, err)
	require.NoError(t, os.Mkdir(plugins, 0o755))
	require.NoError(t, os.WriteFile(filepath.Join(plugins, served+".json"), fmt.Appendf(nil, `{"fuel": %d}`, fuel), 0o644))
	require.NoError(t, os.WriteFile(keyFile, keys, 0o600))
	s.cmd = exec.Command(program, "serve", "--listen", s.address, "--plugins", plugins, "--keys", keyFile,
		"--cache-dir", filepath.Join(dir, "cache"), "--log-level", "warn", "--shutdown-delay", "0s")
	s.cmd.Env = append(os.Environ(), "COMPUTE_PIPELINE_CACHE=off")
	s.cmd.Stdout, s.cmd.Stderr = &s.log, &s.log
	require.NoError(t, s.cmd.Start())
	go func() { s.exited <- s.cmd.Wait() }() // ends with the process
	t.Cleanup(func() {
		_ = s.cmd.Process.Kill() // where it was not stopped
		s.exited <- <-s.exited
		if t.Failed() {
			t.Logf("the service's log: %s", &s.log)
		}
	})
	require.Eventually(t, s.ready, time.Minute, 10*time.Millisecond, "the service does not become ready")
	return s
}

func (s *service) ready() bool {
	response, err := s.client.Get("http://" + s.address + "/readyz")
	return err == nil && response.Body.Close() == nil && response.StatusCode == http.StatusOK
}

// post sends a request and returns the body of an answer of status 200.
func (s *service) post(ctx context.Context, path, contentType string, body []byte) ([]byte, error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, "http://"+s.address+path, bytes.NewReader(body))
	if err != nil {
		return nil, err
	}
	request.Header = s.header(contentType)
	response, err := s.client.Do(request)
	if err != nil {
		return nil, err
	}
	answer, err := io.ReadAll(response.Body)
	if err = errors.Join(err, response.Body.Close()); err == nil && response.StatusCode/100 != 2 {
		err = fmt.Errorf("%s: %s: %s", path, response.Status, answer)
	}
	return answer, err
}

// upload makes a module the active version of the plugin.
func (s *service) upload(ctx context.Context, wasm []byte) error {
	_, err := s.post(ctx, "/v1/admin/plugins/"+served+"/versions", "application/wasm", wasm)
	return err
}

// residentMiB returns the resident memory of the process, or "" if it is not known.
func (s *service) residentMiB() string {
	status, _ := os.ReadFile(fmt.Sprintf("/proc/%d/status", s.cmd.Process.Pid))
	kib, err := kibibytes(status, "VmRSS:")
	if err != nil {
		return ""
	}
	return fmt.Sprint(kib >> 10)
}

// stop ends the service as an operator would. It exits with 0 once all requests are
// answered and the plugins are closed.
func (s *service) stop(t *testing.T) {
	t.Helper()
	s.client.CloseIdleConnections()
	require.NoError(t, s.cmd.Process.Signal(syscall.SIGTERM))
	select {
	case err := <-s.exited:
		s.exited <- err
		require.NoError(t, err)
	case <-time.After(time.Minute):
		require.Fail(t, "the service does not end")
	}
}
