package plugin_test

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"encoding/base64"
	"encoding/pem"
	"os"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"example.org/compute-pipeline/gohost"
	"example.org/compute-pipeline/gohost/plugin"
)

// The files of testdata were made by OpenSSL 3, with the commands of
// signature.go; the private key is gone.
func TestSignaturesOfOpenSSL(t *testing.T) {
	text, err := os.ReadFile("testdata/openssl.pub.pem")
	require.NoError(t, err)
	keys, err := plugin.ParsePublicKeys(text)
	require.NoError(t, err)
	sig, err := os.ReadFile("testdata/engine.core.wasm.sig")
	require.NoError(t, err)
	reg := newRegistry(t, plugin.WithPublicKeys(keys...), plugin.WithRequireSignature())
	for name, sig := range map[string][]byte{
		"raw":           sig,
		"base64":        []byte(base64.StdEncoding.EncodeToString(sig)),
		"base64-in-txt": []byte("\n" + base64.StdEncoding.EncodeToString(sig) + "\r\n"),
	} {
		v, err := reg.Load(ctx, name, plugin.File("testdata/engine.core.wasm"), plugin.WithSignature(sig))
		require.NoError(t, err, name)
		assert.Equal(t, plugin.KeyID(keys[0]), v.SignedBy)
	}
	for i := range sig {
		bad := append([]byte{}, sig...)
		bad[i] ^= 1
		_, err := reg.Load(ctx, "bad", plugin.File("testdata/engine.core.wasm"), plugin.WithSignature(bad))
		require.ErrorIs(t, err, plugin.ErrSignature, "byte %d", i)
	}
}

func TestSignatureWithoutAKeyToCheckItWith(t *testing.T) {
	_, err := newRegistry(t).Load(ctx, "a", plugin.Bytes(engine(t)), plugin.WithSignature(make([]byte, 64)))
	require.ErrorIs(t, err, plugin.ErrSignature)
	assert.ErrorContains(t, err, "no public key")
}

func TestPublicKeysThatAreNone(t *testing.T) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	require.NoError(t, err)
	der, err := x509.MarshalPKIXPublicKey(key.Public())
	require.NoError(t, err)
	block := func(kind string, der []byte) string {
		return string(pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: der}))
	}
	for text, phrase := range map[string]string{
		"":                           "no PEM block",
		"hello":                      "no PEM block",
		block("PRIVATE KEY", der):    `"PRIVATE KEY"; expected PUBLIC KEY`,
		block("PUBLIC KEY", der):     "is a *ecdsa.PublicKey, not ed25519",
		block("PUBLIC KEY", der[:9]): "public key 1",
	} {
		_, err := plugin.ParsePublicKeys([]byte(text))
		require.ErrorIs(t, err, gohost.ErrInvalidInput, text)
		assert.ErrorContains(t, err, phrase)
	}
}
