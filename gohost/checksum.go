package gohost

import (
	"context"

	"example.org/compute-pipeline/gohost/sandbox"
)

// ValidateChecksum reports whether the CRC-32 of data (IEEE, as in
// hash/crc32.ChecksumIEEE and zlib) equals expected. Data above 2^28-1 bytes is an
// [ErrInvalidInput].
func (e *Engine) ValidateChecksum(ctx context.Context, data []byte, expected uint32) (bool, error) {
	if err := checkBytes("the data", data); err != nil {
		return false, e.caller.Failed(fnValidateChecksum, err)
	}
	var ok bool
	err := sandbox.Use(ctx, e.caller, fnValidateChecksum, func(ctx context.Context, in *sandbox.Instance) error {
		c := in.Call(ctx, fnValidateChecksum)
		c.PushBytes(data)
		c.PushU32(expected)
		c.Invoke()
		ok = c.PopBool()
		return c.Done()
	})
	return ok && err == nil, err
}
