package plugin

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"regexp"
	"slices"
	"time"
)

// Manifest describes a module, and is signed by its author: the plugin it is for, its
// place in the order of versions, and its hash. Unlike a signature of the module alone, it
// prevents anyone from loading an older module, or loading it as another plugin.
//
// It is a JSON object, and its exact bytes are signed in the same way as a module:
//
//	hash=$(sha256sum NAME.wasm | cut -d' ' -f1)
//	printf '{"manifest": 1, "plugin": "NAME", "version": 7, "sha256": "%s", "grade": "stable"}' \
//	  "$hash" > NAME.manifest
//	openssl pkeyutl -sign -rawin -inkey key.pem -in NAME.manifest -out NAME.manifest.sig
//
// All members except not_before are required. Unknown members are an error.
type Manifest struct {
	// Format is 1.
	Format int `json:"manifest"`
	// Plugin is the name of the plugin.
	Plugin string `json:"plugin"`
	// Version orders the modules of a plugin, from 1.
	Version uint64 `json:"version"`
	// SHA256 is the module's hash, in hexadecimal.
	SHA256 string `json:"sha256"`
	// Grade is the author's rating, such as "stable" or "beta": a letter and up to
	// 31 more letters, digits and dashes, in lower case. It says nothing about the
	// grade of the module's answers ([WithRequireGrade]). A registry accepts all
	// grades, or those of [WithGrades].
	Grade string `json:"grade"`
	// NotBefore is the earliest time the module may be loaded; zero means at once.
	NotBefore time.Time `json:"not_before,omitzero"`
}

const (
	manifestFormat = 1
	maxManifest    = 4 << 10
)

var (
	manifestGrade = regexp.MustCompile(`^[a-z][a-z0-9-]{0,31}$`)
	hexHash       = regexp.MustCompile(`^[0-9a-f]{64}$`)
)

func isGrade(text string) bool { return manifestGrade.MatchString(text) }

// ParseManifest parses a manifest of at most 4 KiB. It does not verify a signature.
// Its errors are [ErrManifest].
func ParseManifest(text []byte) (Manifest, error) {
	refused := func(format string, args ...any) (Manifest, error) {
		return Manifest{}, fmt.Errorf("%w: %s", ErrManifest, fmt.Sprintf(format, args...))
	}
	if len(text) > maxManifest {
		return refused("it has %d bytes, max %d", len(text), maxManifest)
	}
	var m Manifest
	d := json.NewDecoder(bytes.NewReader(text))
	d.DisallowUnknownFields()
	if err := d.Decode(&m); err != nil {
		return refused("expected a JSON object with the members of plugin.Manifest: %v", err)
	}
	if _, err := d.Token(); !errors.Is(err, io.EOF) {
		return refused("expected nothing after the object, which ends at byte %d", d.InputOffset())
	}
	if m.Format != manifestFormat { // first: another format may have other members
		return refused("the member manifest is %d; expected %d", m.Format, manifestFormat)
	}
	if err := CheckName(m.Plugin); err != nil {
		return refused("the member plugin: %v", err)
	}
	switch {
	case m.Version == 0:
		return refused("the member version must be 1 or more")
	case !hexHash.MatchString(m.SHA256):
		return refused("the member sha256 must be 64 hexadecimal digits in lower case")
	case !isGrade(m.Grade):
		return refused("the member grade must match %s", manifestGrade)
	}
	return m, nil
}

// signedManifest is the text of a manifest with its signature.
type signedManifest struct{ text, sig []byte }

// String returns the text, or an empty string if there is no manifest.
func (m *signedManifest) String() string {
	if m == nil {
		return ""
	}
	return string(m.text)
}

// WithManifest sets the module's manifest and the manifest's detached ed25519
// signature, in the form of [WithSignature]. An invalid one is rejected even if none
// is required. Plugin, hash and grade must match, NotBefore must have passed
// ([ErrNotYet]), and the version must be above all versions that the plugin has had in
// this registry ([WithNotOlder], [WithAllowOlder]), unless that very module is still
// kept. Once a plugin has had a manifest, it accepts no module without one.
func WithManifest(text, sig []byte) LoadOption {
	return func(c *loadConfig) error {
		c.manifest = &signedManifest{bytes.Clone(text), bytes.Clone(sig)}
		return nil
	}
}

// order has the options of a load about the order of versions.
type order struct {
	floor    uint64
	known    []string // hashes of modules that are accepted anyway
	allOlder bool
}

// WithNotOlder rejects a manifest whose version is not above version, unless the module
// has one of the known hashes. A registry remembers the versions that it has had; this
// option is for versions that a program remembers from an earlier process.
func WithNotOlder(version uint64, known ...string) LoadOption {
	return func(c *loadConfig) error {
		c.order.floor = max(c.order.floor, version)
		c.order.known = append(c.order.known, known...)
		return nil
	}
}

// WithAllowOlder accepts a manifest with an older version than one that the plugin has
// had.
func WithAllowOlder() LoadOption {
	return func(c *loadConfig) error {
		c.order.allOlder = true
		return nil
	}
}

// authentic checks the signatures of the module and of its manifest.
func (l *loading) authentic() (err error) {
	c := &l.registry.config
	signed := l.config.manifest
	if signed == nil && c.requireManifest {
		return fmt.Errorf("%w: there is none, and WithRequireManifest requires one", ErrManifest)
	}
	if signed == nil || l.config.signature != nil {
		if l.signedBy, err = c.verify(l.wasm, l.config.signature); err != nil {
			return err
		}
	}
	if signed == nil {
		return nil
	}
	if l.signedBy, err = c.signer(signed.text, signed.sig); err != nil {
		return fmt.Errorf("the manifest: %w", err)
	}
	m, err := ParseManifest(signed.text)
	if err != nil {
		return err
	}
	l.manifest = &m
	switch now := c.now(); {
	case m.Plugin != l.name:
		return fmt.Errorf("%w: it is for the plugin %q", ErrManifest, m.Plugin)
	case m.SHA256 != l.hash:
		return fmt.Errorf("%w: it is for the module %s, not %s", ErrManifest, m.SHA256, l.hash)
	case len(c.grades) > 0 && !slices.Contains(c.grades, m.Grade):
		return fmt.Errorf("%w: its grade is %q; the registry accepts %q", ErrManifest, m.Grade, c.grades)
	case now.Before(m.NotBefore):
		return fmt.Errorf("%w: %w: not before %s", ErrManifest, ErrNotYet, m.NotBefore.Format(time.RFC3339))
	}
	return nil
}

// inOrder rejects a manifest with an older version than the plugin has had. It also
// rejects a module without a manifest if there was one before, so that omitting it
// cannot bypass the check.
func (l *loading) inOrder(s *slot) error {
	o := l.config.order
	if l.src.embedded || o.allOlder || slices.Contains(o.known, l.hash) ||
		s.find(func(v *version) bool { return v.info.Hash == l.hash }) != nil {
		return nil
	}
	s.mu.Lock()
	floor := max(o.floor, s.highest)
	s.mu.Unlock()
	switch {
	case floor == 0:
		return nil
	case l.manifest == nil:
		return fmt.Errorf("%w: there is none, and the plugin has had one, of version %d", ErrManifest, floor)
	case l.manifest.Version <= floor:
		return fmt.Errorf("%w: its version is %d; the plugin has had version %d, with another module", ErrManifest, l.manifest.Version, floor)
	}
	return nil
}
