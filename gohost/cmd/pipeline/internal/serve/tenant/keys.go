// Package tenant determines who may call the service, which plugins, and how often.
//
// A tenant presents an API key. The file of tenants holds only the SHA-256 of each key:
// keys are random (256 bits), so one round of a fast hash is as good as a slow one, and
// the file reveals no key.
package tenant

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"regexp"
	"strings"
)

// hashPrefix marks the kind of a key's hash, so that other kinds can be added.
const hashPrefix = "sha256:"

// A keyHash is the SHA-256 of a key.
type keyHash [sha256.Size]byte

// HashOf returns the form of a key in the file of tenants.
func HashOf(key string) string {
	sum := sha256.Sum256([]byte(key))
	return hashPrefix + hex.EncodeToString(sum[:])
}

// file is the file of tenants.
type file struct {
	Tenants []entry `json:"tenants"`
}

// entry is one tenant of the file. A missing limit means no limit.
type entry struct {
	Name              string   `json:"name"`
	Keys              []string `json:"keys"`
	Plugins           []string `json:"plugins"`
	Admin             bool     `json:"admin"`
	Monitor           bool     `json:"monitor"`
	RequestsPerSecond float64  `json:"requests_per_second"`
	Burst             int      `json:"burst"`
	MaxConcurrent     int      `json:"max_concurrent"`
	MaxBodyBytes      int64    `json:"max_body_bytes"`
}

// AllPlugins, as the name of a plugin, means all plugins.
const AllPlugins = "*"

var tenantName = regexp.MustCompile(`^[a-z0-9][a-z0-9._-]{0,63}$`)

// readFile reads and checks the file of tenants. An unknown field is an error: a limit
// with a typo would have no effect.
func readFile(name string) ([]entry, error) {
	data, err := os.ReadFile(name)
	if err != nil {
		return nil, err
	}
	var f file
	decoder := json.NewDecoder(bytes.NewReader(data))
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(&f); err != nil {
		return nil, fmt.Errorf("%s: %w", name, withLine(err, data, decoder.InputOffset()))
	}
	if _, err := decoder.Token(); !errors.Is(err, io.EOF) {
		return nil, fmt.Errorf("%s: expected nothing after the object", name)
	}
	if len(f.Tenants) == 0 {
		return nil, fmt.Errorf("%s: no tenants; nobody could call the service", name)
	}
	names, keys := map[string]bool{}, map[keyHash]string{}
	for i, e := range f.Tenants {
		if err := e.check(names, keys); err != nil {
			return nil, fmt.Errorf("%s: tenant %d (%q): %w", name, i+1, e.Name, err)
		}
	}
	return f.Tenants, nil
}

// withLine adds the approximate line of a JSON error.
func withLine(err error, data []byte, offset int64) error {
	if syntax := (*json.SyntaxError)(nil); errors.As(err, &syntax) {
		offset = syntax.Offset
	}
	if wrong := (*json.UnmarshalTypeError)(nil); errors.As(err, &wrong) {
		offset = wrong.Offset
	}
	line := 1 + bytes.Count(data[:min(offset, int64(len(data)))], []byte{'\n'})
	return fmt.Errorf("line %d: %w", line, err)
}

func (e entry) check(names map[string]bool, keys map[keyHash]string) error {
	if !tenantName.MatchString(e.Name) {
		return fmt.Errorf("the name must match %s", tenantName)
	}
	if names[e.Name] {
		return errors.New("the name is not unique")
	}
	names[e.Name] = true
	if len(e.Keys) == 0 {
		return errors.New("it has no keys")
	}
	for i, text := range e.Keys {
		hash, err := parseHash(text)
		if err != nil {
			return fmt.Errorf("key %d: %w", i+1, err)
		}
		if other, ok := keys[hash]; ok {
			return fmt.Errorf("key %d is also one of %q", i+1, other)
		}
		keys[hash] = e.Name
	}
	if len(e.Plugins) == 0 && !e.Admin && !e.Monitor {
		return fmt.Errorf("it may do nothing: name the plugins it may call, or %q for all", AllPlugins)
	}
	for _, bad := range []struct {
		is   bool
		what string
	}{
		{!(e.RequestsPerSecond >= 0), "requests_per_second"},
		{e.Burst < 0 || e.Burst > 0 && e.RequestsPerSecond == 0, "burst (it needs requests_per_second)"},
		{e.MaxConcurrent < 0, "max_concurrent"},
		{e.MaxBodyBytes < 0, "max_body_bytes"},
	} {
		if bad.is {
			return fmt.Errorf("%s is out of range", bad.what)
		}
	}
	return nil
}

func parseHash(text string) (hash keyHash, err error) {
	digits, ok := strings.CutPrefix(text, hashPrefix)
	raw, err := hex.DecodeString(digits)
	if !ok || err != nil || len(raw) != len(hash) {
		// The error does not repeat the text: it may be a key put here by mistake.
		return hash, fmt.Errorf("expected %s and 64 hexadecimal digits, the SHA-256 of the key", hashPrefix)
	}
	return keyHash(raw), nil
}
