package main

import (
	"bufio"
	"bytes"
	"crypto/ed25519"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"encoding/pem"
	"fmt"
	"io"
	"log/slog"
	"math/big"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/alecthomas/kong"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"example.org/compute-pipeline/gohost/cmd/pipeline/internal/serve/tenant"
	"example.org/compute-pipeline/gohost/grade"
)

// A served is a service that runs as a process of its own.
type served struct {
	t       *testing.T
	process *exec.Cmd
	address string
	first   string        // what it logs before it serves
	log     <-chan string // what it logs once it serves; closed at its end
	client  *http.Client
}

func startServe(t *testing.T, args ...string) *served {
	t.Helper()
	s := &served{t: t, client: &http.Client{Transport: &http.Transport{DisableKeepAlives: true}}}
	s.process = program(t, append([]string{"serve", "--listen", "127.0.0.1:0", "--log-format", "json", "--shutdown-delay", "0s"}, args...)...)
	errs, err := s.process.StderrPipe()
	require.NoError(t, err)
	require.NoError(t, s.process.Start())
	lines := bufio.NewScanner(errs)
	for s.address == "" {
		require.True(t, lines.Scan(), "the service ended: %v", lines.Err())
		s.first += lines.Text()
		var line struct{ Msg, Address string }
		require.NoError(t, json.Unmarshal(lines.Bytes(), &line), "%s", lines.Bytes())
		if line.Msg == "serving" {
			s.address = line.Address
		}
	}
	log := make(chan string, 1000)
	s.log = log
	go func() { // ends with the process
		defer close(log)
		for lines.Scan() {
			log <- lines.Text()
		}
	}()
	return s
}

// end ends it as systemd does, and returns how it exited.
func (s *served) end() error {
	if err := s.process.Process.Signal(syscall.SIGTERM); err != nil {
		return err
	}
	for range s.log { // the pipe is read before Wait closes it
	}
	return s.process.Wait()
}

// logged waits for a line of the log, and returns the lines up to it.
func (s *served) logged(part string) (lines []string) {
	s.t.Helper()
	for line := range s.log {
		lines = append(lines, line)
		if strings.Contains(line, part) {
			return lines
		}
	}
	s.t.Fatalf("the service ended without saying %q", part)
	return nil
}

func (s *served) get(url, key string) (status int, body string) {
	s.t.Helper()
	return s.send("GET", url, key, nil)
}

func (s *served) send(method, url, key string, body io.Reader) (status int, text string) {
	s.t.Helper()
	r, err := http.NewRequestWithContext(s.t.Context(), method, url, body)
	require.NoError(s.t, err)
	r.Header.Set("Authorization", "Bearer "+key)
	r.Header.Set("Content-Type", "application/json")
	response, err := s.client.Do(r)
	require.NoError(s.t, err)
	defer response.Body.Close()
	answer, err := io.ReadAll(response.Body)
	require.NoError(s.t, err)
	return response.StatusCode, string(answer)
}

func TestServeIsAProcessThatEndsInOrder(t *testing.T) {
	const one, other = "one key", "another key"
	of := func(key string) []byte {
		return fmt.Appendf(nil, `{"tenants": [{"name": "operator", "keys": [%q], "plugins": ["*"]}]}`, tenant.HashOf(key))
	}
	keys := tempFile(t, "keys.json", of(one))
	s := startServe(t, "--keys", keys, "--plugins", t.TempDir())
	url := "http://" + s.address
	status, text := s.send("POST", url+"/v1/plugins/engine/aggregate", one, bytes.NewReader(readFile(t, "testdata/points.json")))
	assert.Equal(t, http.StatusOK, status, text)
	assert.Contains(t, text, `"mean":`)
	status, _ = s.get(url+"/readyz", "")
	assert.Equal(t, http.StatusOK, status)

	require.NoError(t, os.WriteFile(keys, of(other), 0o600))
	require.NoError(t, s.process.Process.Signal(syscall.SIGHUP))
	s.logged(`"msg":"read again","what":"the file of keys"`)
	status, _ = s.get(url+"/v1/plugins", one)
	assert.Equal(t, http.StatusUnauthorized, status)
	status, _ = s.get(url+"/v1/plugins", other)
	assert.Equal(t, http.StatusOK, status)

	assert.NoError(t, s.end(), "the exit status is 0")
	_, err := s.client.Get(url + "/healthz")
	assert.ErrorIs(t, err, syscall.ECONNREFUSED)
}

// The log reports for each file whether it was read.
func TestServeSaysWhatItReadAgain(t *testing.T) {
	good := fmt.Appendf(nil, `{"tenants": [{"name": "operator", "keys": [%q], "plugins": ["*"]}]}`, tenant.HashOf("a key"))
	keys := tempFile(t, "keys.json", good)
	cert, key, roots := selfSigned(t)
	s := startServe(t, "--keys", keys, "--tls-cert", cert, "--tls-key", key)
	s.client.Transport.(*http.Transport).TLSClientConfig = &tls.Config{RootCAs: roots}
	hangup := func(last string) string {
		require.NoError(t, s.process.Process.Signal(syscall.SIGHUP))
		return strings.Join(s.logged(last), "\n")
	}
	const (
		failed = `"level":"ERROR","msg":"could not read again; the previous content stays in use"`
		read   = `"level":"INFO","msg":"read again"`
		ofKeys = `,"what":"the file of keys"`
		ofCert = `,"what":"the certificate"`
	)
	require.NoError(t, os.WriteFile(keys, []byte(`{`), 0o600))
	log := hangup(read + ofCert)
	assert.Contains(t, log, failed+ofKeys)
	assert.NotContains(t, log, read+ofKeys)
	status, _ := s.get("https://"+s.address+"/v1/plugins", "a key")
	assert.Equal(t, http.StatusOK, status, "the keys of before")

	require.NoError(t, os.WriteFile(keys, good, 0o600))
	require.NoError(t, os.WriteFile(cert, []byte("no certificate"), 0o600))
	log = hangup(failed + ofCert)
	assert.Contains(t, log, read+ofKeys)
	assert.NotContains(t, log, read+ofCert)
	status, _ = s.get("https://"+s.address+"/readyz", "")
	assert.Equal(t, http.StatusOK, status, "the certificate of before")
	assert.NoError(t, s.end())
}

func TestServeSpeaksHTTPS(t *testing.T) {
	cert, key, roots := selfSigned(t)
	s := startServe(t, "--tls-cert", cert, "--tls-key", key)
	s.client.Transport.(*http.Transport).TLSClientConfig = &tls.Config{RootCAs: roots}
	status, text := s.get("https://"+s.address+"/readyz", "")
	assert.Equal(t, http.StatusOK, status)
	assert.Equal(t, "ready\n", text)
	assert.NoError(t, s.end())
}

// selfSigned makes a certificate for the loopback address.
func selfSigned(t *testing.T) (cert, key string, roots *x509.CertPool) {
	t.Helper()
	public, private, err := ed25519.GenerateKey(nil)
	require.NoError(t, err)
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), NotAfter: time.Now().Add(time.Hour), IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)},
		IsCA: true, BasicConstraintsValid: true,
	}
	der, err := x509.CreateCertificate(nil, template, template, public, private)
	require.NoError(t, err)
	pkcs8, err := x509.MarshalPKCS8PrivateKey(private)
	require.NoError(t, err)
	certPEM := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der})
	roots = x509.NewCertPool()
	require.True(t, roots.AppendCertsFromPEM(certPEM))
	return tempFile(t, "cert.pem", certPEM),
		tempFile(t, "key.pem", pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: pkcs8})), roots
}

// Plugins are compiled in processes, unless that is switched off.
func TestServeCompilesPluginsInProcesses(t *testing.T) {
	for name, args := range map[string][]string{"by default": nil, "switched off": {"--compile-memory", "0"}} {
		plugins, cache := t.TempDir(), t.TempDir()
		module := readFile(t, "../../plugin/testdata/engine.core.wasm")
		require.NoError(t, os.WriteFile(filepath.Join(plugins, "a.wasm"), module, 0o600))
		s := startServe(t, append(args, "--plugins", plugins, "--cache-dir", cache, "--log-level", "debug")...)
		status, text := s.send("POST", "http://"+s.address+"/v1/plugins/a/aggregate", "", bytes.NewReader(readFile(t, "testdata/points.json")))
		assert.Equal(t, http.StatusOK, status, text)
		require.NoError(t, s.end())
		log := s.first
		for line := range s.log {
			log += line
		}
		assert.Equal(t, args == nil, strings.Contains(log, "compiled in a process"), "%s: %s", name, log)
	}
}

func TestServeRefusesBadUse(t *testing.T) {
	missing := filepath.Join(t.TempDir(), "missing")
	noKey := tempFile(t, "key.pem", []byte("no key"))
	for _, test := range []struct {
		args   string
		status int
		says   string
	}{
		{"--listen :0", exitUsage, "without keys anyone"},
		{"--listen nonsense", exitUsage, "nonsense"},
		{"--keys " + missing, exitData, missing},
		{"--plugins " + missing, exitData, missing},
		{"--public-keys " + missing, exitUsage, missing},
		{"--public-keys " + noKey, exitData, "public key"},
		{"--require-manifest", exitUsage, "PublicKeys"},
		{"--grades stable", exitUsage, "PublicKeys"},
		{"--require-grade best", exitUsage, "--require-grade"},
		{"--tls-cert " + noKey, exitUsage, "--tls-key"},
		{"--tls-cert " + noKey + " --tls-key " + noKey, exitData, "certificate"},
		{"--max-body 0", exitUsage, "MaxBodyBytes"},
		{"--memory=-1", exitUsage, "MemoryMiB"},
		{"--compile-memory 63", exitUsage, "--compile-memory: invalid input: WithCompileProcess: MemoryMiB is 63: from 64"},
		{"--history 0", exitUsage, "History"},
		{"--read-timeout 0s", exitUsage, "ReadTimeout"},
		{"--log-level loud", exitUsage, "log-level"},
		{"--listen 127.0.0.1:1000000", exitData, "listening"},
	} {
		o := pipeline(t, "", append([]string{"serve"}, strings.Fields(test.args)...)...)
		assert.Equal(t, test.status, o.status, "%s: %s", test.args, o.err)
		assert.Contains(t, o.err, test.says, test.args)
	}
}

func TestServeRequiresTheGradeOfTheCommandLine(t *testing.T) {
	for args, want := range map[string]grade.Grade{"": grade.Stable, "--require-grade exact": grade.Exact, "--require-grade stable": grade.Stable} {
		var c cli
		parser, err := kong.New(&c)
		require.NoError(t, err)
		_, err = parser.Parse(append([]string{"serve"}, strings.Fields(args)...))
		require.NoError(t, err)
		config, err := c.Serve.config(slog.New(slog.DiscardHandler))
		require.NoError(t, err)
		assert.Equal(t, want, config.RequireGrade, args)
	}
}

func TestServeCompilesWithinItsMemory(t *testing.T) {
	const gib = 1 << 30
	for total, want := range map[int64]int{gib / 2: 256, gib: 256, 2 * gib: 512, 4 * gib: 1024, 64 * gib: 1024} {
		process, compilers := (&serveCommand{}).compileProcess(total)
		assert.Equal(t, want, process.MemoryMiB, "%d bytes", total)
		assert.LessOrEqual(t, int64(compilers*process.MemoryMiB)<<20, max(total/2, 256<<20), "%d bytes", total)
		require.NoError(t, process.Check())
	}
	said := 100
	process, _ := (&serveCommand{CompileMemory: &said}).compileProcess(gib)
	assert.Equal(t, said, process.MemoryMiB)
}
