package plugin

import (
	"bytes"
	"crypto/ed25519"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"encoding/hex"
	"encoding/pem"
	"fmt"

	"example.org/compute-pipeline/gohost"
)

// Signatures are plain detached ed25519 (RFC 8032) over the bytes of the module,
// as OpenSSL creates them:
//
//	openssl genpkey -algorithm ed25519 -out key.pem
//	openssl pkey -in key.pem -pubout -out key.pub.pem
//	openssl pkeyutl -sign -rawin -inkey key.pem -in NAME.wasm -out NAME.wasm.sig
//
// Why not minisign: it signs the BLAKE2b of a file, which Go's standard library
// lacks, and this package has no dependencies. Name and order of versions are not
// signed here, so anyone who can replace files can bring back an older signed
// module, even under another plugin's name. Where that matters, sign a manifest
// ([WithManifest]), or pin the hash ([WithSHA256]).

// ParsePublicKeys parses one or more ed25519 public keys in PEM ("PUBLIC KEY" blocks,
// as `openssl pkey -pubout` writes them).
func ParsePublicKeys(text []byte) ([]ed25519.PublicKey, error) {
	var keys []ed25519.PublicKey
	for rest := text; ; {
		var block *pem.Block
		if block, rest = pem.Decode(rest); block == nil {
			break
		}
		if block.Type != "PUBLIC KEY" {
			return nil, fmt.Errorf("%w: a PEM block %q; expected PUBLIC KEY", gohost.ErrInvalidInput, block.Type)
		}
		parsed, err := x509.ParsePKIXPublicKey(block.Bytes)
		if err != nil {
			return nil, fmt.Errorf("%w: public key %d: %w", gohost.ErrInvalidInput, len(keys)+1, err)
		}
		key, ok := parsed.(ed25519.PublicKey)
		if !ok {
			return nil, fmt.Errorf("%w: public key %d is a %T, not ed25519", gohost.ErrInvalidInput, len(keys)+1, parsed)
		}
		keys = append(keys, key)
	}
	if len(keys) == 0 {
		return nil, fmt.Errorf("%w: no PEM block of a public key", gohost.ErrInvalidInput)
	}
	return keys, nil
}

// KeyID returns the name of a public key in logs and in [Version.SignedBy]: the first
// 16 hexadecimal digits of its SHA-256.
func KeyID(key ed25519.PublicKey) string {
	sum := sha256.Sum256(key)
	return hex.EncodeToString(sum[:8])
}

// decodeSignature accepts the 64 bytes, or their base64.
func decodeSignature(sig []byte) ([]byte, error) {
	if len(sig) == ed25519.SignatureSize {
		return sig, nil
	}
	text := bytes.TrimSpace(sig)
	raw := make([]byte, base64.StdEncoding.DecodedLen(len(text)))
	n, err := base64.StdEncoding.Decode(raw, text)
	if err != nil || n != ed25519.SignatureSize {
		return nil, fmt.Errorf("%w: %d bytes; expected the %d of an ed25519 signature, or their base64",
			ErrSignature, len(sig), ed25519.SignatureSize)
	}
	return raw[:n], nil
}

// verify returns the id of the key that made the signature, or an empty id if there is
// no signature and the registry requires none.
func (c *config) verify(wasm, sig []byte) (keyID string, err error) {
	if sig == nil {
		if c.requireSignature {
			return "", fmt.Errorf("%w: there is none, and WithRequireSignature requires one", ErrSignature)
		}
		return "", nil
	}
	return c.signer(wasm, sig)
}

// signer returns the id of the key that made the signature of these bytes.
func (c *config) signer(signed, sig []byte) (keyID string, err error) {
	raw, err := decodeSignature(sig)
	if err != nil {
		return "", err
	}
	if len(c.keys) == 0 {
		return "", fmt.Errorf("%w: the registry has no public key to verify it", ErrSignature)
	}
	for _, key := range c.keys {
		if ed25519.Verify(key, signed, raw) {
			return KeyID(key), nil
		}
	}
	return "", fmt.Errorf("%w: none of %d keys made it for these %d bytes", ErrSignature, len(c.keys), len(signed))
}
