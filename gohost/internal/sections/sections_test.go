package sections

import (
	"encoding/binary"
	"errors"
	"os"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestSectionsOfAModule(t *testing.T) {
	wasm, err := os.ReadFile("../../kit/testdata/small.wasm")
	require.NoError(t, err)
	assert.True(t, IsCore(wasm))
	assert.False(t, IsComponent(wasm))
	var ids []byte
	size := 8
	require.NoError(t, Each(wasm, func(id byte, contents []byte) error {
		ids = append(ids, id)
		size += 1 + len(binary.AppendUvarint(nil, uint64(len(contents)))) + len(contents)
		return nil
	}))
	assert.Equal(t, byte(1), ids[0])
	assert.Contains(t, ids, byte(10))
	assert.Equal(t, len(wasm), size, "nothing is left out")
	stop := errors.New("stop")
	require.ErrorIs(t, Each(wasm, func(byte, []byte) error { return stop }), stop)
}

func TestWhatIsNotSections(t *testing.T) {
	header := "\x00asm\x01\x00\x00\x00"
	for _, bytes := range []string{
		"", "\x00asm", "\x00asm\x02\x00\x00\x00", header + "\x00", header + "\x00\x02a", header + "\x00\xff\xff\xff\xff\xff\x01",
		header + "\x00\xff\xff\xff\xff\x0f", header + "\x00\x01\x00\x00",
	} {
		require.ErrorIs(t, Each([]byte(bytes), func(byte, []byte) error { return nil }), ErrForm, "%q", bytes)
	}
	_, _, ok := Named([]byte("\x05ab"))
	assert.False(t, ok)
	name, payload, ok := Named([]byte("\x02abcd"))
	assert.True(t, ok)
	assert.Equal(t, []string{"ab", "cd"}, []string{string(name), string(payload)})
}
