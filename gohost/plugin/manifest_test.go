package plugin_test

import (
	"crypto/ed25519"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"example.org/compute-pipeline/gohost"
	"example.org/compute-pipeline/gohost/plugin"
)

// maker signs modules and manifests.
type maker struct {
	t       *testing.T
	public  ed25519.PublicKey
	private ed25519.PrivateKey
}

func newMaker(t *testing.T) maker {
	public, private, err := ed25519.GenerateKey(nil)
	require.NoError(t, err)
	return maker{t, public, private}
}

// manifest signs one for the module; change may change it before.
func (m maker) manifest(name string, version uint64, wasm []byte, change ...func(*plugin.Manifest)) plugin.LoadOption {
	about := plugin.Manifest{Format: 1, Plugin: name, Version: version, SHA256: hashOf(wasm), Grade: "stable"}
	for _, f := range change {
		f(&about)
	}
	text, err := json.Marshal(about)
	require.NoError(m.t, err)
	return plugin.WithManifest(text, ed25519.Sign(m.private, text))
}

func (m maker) registry(opts ...plugin.Option) *plugin.Registry[gohost.Functions] {
	return newRegistry(m.t, append([]plugin.Option{untested, plugin.WithPublicKeys(m.public)}, opts...)...)
}

func TestAManifestBindsNameAndBytes(t *testing.T) {
	m := newMaker(t)
	stranger := newMaker(t)
	var c clock
	c.now = time.Date(2026, 1, 2, 0, 0, 0, 0, time.UTC)
	reg := m.registry(plugin.WithRequireManifest(), plugin.WithRequireSignature(), plugin.WithGrades("stable", "beta"), plugin.WithClock(c.Now))
	first, second := echo(t), edition(echo(t), "second")
	grade := func(g string) func(*plugin.Manifest) { return func(m *plugin.Manifest) { m.Grade = g } }
	notBefore := func(d time.Duration) func(*plugin.Manifest) {
		return func(m *plugin.Manifest) { m.NotBefore = c.Now().Add(d) }
	}
	signature := func(by maker, wasm []byte) plugin.LoadOption {
		return plugin.WithSignature(ed25519.Sign(by.private, wasm))
	}
	for _, test := range []struct {
		what string
		opts []plugin.LoadOption
		is   error
		says string
	}{
		{"no manifest", []plugin.LoadOption{signature(m, first)}, plugin.ErrManifest, "there is none, and WithRequireManifest"},
		{"another plugin's", []plugin.LoadOption{m.manifest("b", 1, first)}, plugin.ErrManifest, `for the plugin "b"`},
		{"another module's", []plugin.LoadOption{m.manifest("a", 1, second)}, plugin.ErrManifest, hashOf(second)},
		{"a stranger's", []plugin.LoadOption{stranger.manifest("a", 1, first)}, plugin.ErrSignature, "the manifest: "},
		{"a grade that is not taken", []plugin.LoadOption{m.manifest("a", 1, first, grade("nightly"))}, plugin.ErrManifest, `its grade is "nightly"`},
		{"one that is none", []plugin.LoadOption{m.manifest("a", 0, first)}, plugin.ErrManifest, "version must be 1 or more"},
		{"too early", []plugin.LoadOption{m.manifest("a", 1, first, notBefore(1))}, plugin.ErrNotYet, "not before 2026-01-02"},
		{"a stranger's signature beside it", []plugin.LoadOption{m.manifest("a", 1, first), signature(stranger, first)}, plugin.ErrSignature, "none of 1 keys"},
	} {
		_, err := reg.Load(ctx, "a", plugin.Bytes(first), test.opts...)
		require.ErrorIs(t, err, test.is, test.what)
		assert.ErrorContains(t, err, test.says, test.what)
	}
	for i, opts := range [][]plugin.LoadOption{
		{m.manifest("a", 1, first)},
		{m.manifest("a", 1, first), signature(m, first)},
		{m.manifest("a", 1, first, grade("beta"))},
		{m.manifest("a", 1, first, notBefore(0))},
	} {
		v, err := reg.Load(ctx, "a", plugin.Bytes(first), opts...)
		require.NoError(t, err, i)
		assert.Equal(t, plugin.KeyID(m.public), v.SignedBy)
		require.NotNil(t, v.Manifest)
		assert.EqualValues(t, 1, v.Manifest.Version)
	}
	_, err := reg.Load(ctx, "engine", plugin.Embedded())
	require.NoError(t, err, "the engine is part of the program")
}

func TestAnOlderManifestDoesNotComeBack(t *testing.T) {
	m := newMaker(t)
	reg := m.registry(plugin.WithHistory(1))
	wasm := func(n int) []byte { return edition(echo(t), fmt.Sprint(n)) }
	try := func(n int, opts ...plugin.LoadOption) error {
		_, err := reg.Load(ctx, "a", plugin.Bytes(wasm(n)), append(opts, m.manifest("a", uint64(n), wasm(n)))...)
		return err
	}
	require.NoError(t, try(3))
	require.NoError(t, try(5))
	require.ErrorIs(t, try(4), plugin.ErrManifest)
	require.NoError(t, try(3), "it is kept, so it may come back")
	_, err := reg.Rollback(ctx, "a")
	require.NoError(t, err)
	require.NoError(t, try(6))
	require.NoError(t, try(7))
	err = try(3)
	require.ErrorIs(t, err, plugin.ErrManifest, "it is not kept any more")
	assert.ErrorContains(t, err, "its version is 3; the plugin has had version 7")
	_, err = reg.Load(ctx, "a", plugin.Bytes(wasm(1)), m.manifest("a", 7, wasm(1)))
	require.ErrorIs(t, err, plugin.ErrManifest, "the same version, another module")
	_, err = reg.Load(ctx, "a", plugin.Bytes(wasm(1)))
	require.ErrorIs(t, err, plugin.ErrManifest)
	assert.ErrorContains(t, err, "there is none, and the plugin has had one, of version 7")
	require.NoError(t, try(3, plugin.WithAllowOlder()))
	require.NoError(t, try(7), "it was replaced a moment ago, so it is kept")
	require.ErrorIs(t, try(4), plugin.ErrManifest, "what was seen stays seen")

	// What the program remembers from before.
	other := m.registry()
	load := func(n int, opts ...plugin.LoadOption) error {
		_, err := other.Load(ctx, "a", plugin.Bytes(wasm(n)), append(opts, m.manifest("a", uint64(n), wasm(n)))...)
		return err
	}
	require.ErrorIs(t, load(5, plugin.WithNotOlder(5)), plugin.ErrManifest)
	require.ErrorIs(t, load(5, plugin.WithNotOlder(9), plugin.WithNotOlder(5)), plugin.ErrManifest)
	require.NoError(t, load(5, plugin.WithNotOlder(5, hashOf(wasm(5)))))
	require.NoError(t, load(6, plugin.WithNotOlder(5)))
}

func TestManifestsThatAreNone(t *testing.T) {
	good := `{"manifest": 1, "plugin": "a", "version": 7, "sha256": "` + strings.Repeat("0a", 32) + `", "grade": "stable"`
	m, err := plugin.ParseManifest([]byte(good + `, "not_before": "2026-01-02T03:04:05Z"}` + "\n"))
	require.NoError(t, err)
	assert.Equal(t, plugin.Manifest{
		Format: 1, Plugin: "a", Version: 7, SHA256: strings.Repeat("0a", 32), Grade: "stable",
		NotBefore: time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC),
	}, m)
	replaced := func(old, new string) string { return strings.Replace(good, old, new, 1) + "}" }
	for text, says := range map[string]string{
		"":                            "expected a JSON object",
		"[]":                          "expected a JSON object",
		good:                          "expected a JSON object",
		good + "} {}":                 "expected nothing after the object",
		good + `, "not_after": 1}`:    `unknown field "not_after"`,
		good + `, "not_before": "1"}`: "expected a JSON object",
		replaced(`"manifest": 1`, `"manifest": 2`):                       "the member manifest is 2; expected 1",
		replaced(`"manifest": 1, `, ""):                                  "the member manifest is 0",
		replaced(`"plugin": "a"`, `"plugin": "../a"`):                    "the member plugin: ",
		replaced(`"version": 7`, `"version": 0`):                         "the member version must be 1 or more",
		replaced(`"version": 7`, `"version": -1`):                        "expected a JSON object",
		replaced(`0a0a`, `0A0A`):                                         "the member sha256",
		replaced(`"stable"`, `""`):                                       "the member grade",
		good + strings.Repeat(" ", 4<<10) + "}":                          "it has ",
		replaced(`"version": 7`, `"version": 1`+strings.Repeat("0", 30)): "expected a JSON object",
	} {
		_, err := plugin.ParseManifest([]byte(text))
		require.ErrorIs(t, err, plugin.ErrManifest, text)
		assert.ErrorContains(t, err, says, text)
	}
}

// The manifest's signature is one as OpenSSL makes it, over the text with all its
// bytes, raw or in base64.
func TestTheSignatureIsOfTheExactText(t *testing.T) {
	m := newMaker(t)
	reg := m.registry()
	// As the documented printf writes it.
	text := fmt.Appendf(nil, `{"manifest": 1, "plugin": "a", "version": 7, "sha256": "%s", "grade": "stable"}`, hashOf(echo(t)))
	sig := ed25519.Sign(m.private, text)
	for i := range text {
		bad := append([]byte{}, text...)
		bad[i] ^= 1
		_, err := reg.Load(ctx, "a", plugin.Bytes(echo(t)), plugin.WithManifest(bad, sig))
		require.ErrorIs(t, err, plugin.ErrSignature, "byte %d", i)
	}
	_, err := reg.Load(ctx, "a", plugin.Bytes(echo(t)), plugin.WithManifest(text, nil))
	require.ErrorIs(t, err, plugin.ErrSignature)
	_, err = reg.Load(ctx, "a", plugin.Bytes(echo(t)), plugin.WithManifest(text, []byte(base64.StdEncoding.EncodeToString(sig)+"\n")))
	require.NoError(t, err)
}
