package symbols

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// The bytes that guest/prepare, offsets.rs, has in its test.
var mapBytes = []byte{
	0xac, 2, 0xbc, 5, 3,
	1, 1, 2, 3, 0xc5, 1, 0xf0, 3,
}

func TestRewrittenCodeIsFoundInTheOld(t *testing.T) {
	maps, err := ParseMaps(mapBytes)
	require.NoError(t, err)
	require.Len(t, maps, 1)
	m := maps[0]
	for offset, want := range map[uint64]uint64{
		1: 1, 2: 2, 3: 2, // added behind the instruction at 2
		4: 3, 5: 4, 200: 199, 201: 199, 499: 199, // up to the next point
		500: 200, 599: 299, 600: 299, 699: 299, // the end of the code
	} {
		got, ok := m.From(offset)
		assert.True(t, ok, offset)
		assert.Equal(t, want, got, offset)
	}
	for _, offset := range []uint64{0, 700, 1 << 50} {
		_, ok := m.From(offset)
		assert.False(t, ok, offset)
	}
}

func TestMapsThatAreNone(t *testing.T) {
	for end := range mapBytes[1:] {
		_, err := ParseMaps(mapBytes[:end+1])
		require.ErrorIs(t, err, errMap, end)
	}
	for _, data := range [][]byte{
		{1, 1, 1, 2, 1},                   // a point beyond the old code
		{1, 1, 1, 1, 2},                   // beyond the new
		{9, 9, 2, 1, 1, 0xff, 0xff, 0xff}, // cut
		// A distance that would lead back to the beginning.
		{9, 9, 2, 5, 5, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 1, 1},
		{0xff, 0xff, 0xff, 0xff, 0x7f, 9, 1, 1, 1}, // a section of 34 GB
		{1, 1, 0xff, 0xff, 0xff, 0xff, 0x0f},       // more points than bytes
	} {
		_, err := ParseMaps(data)
		require.ErrorIs(t, err, errMap, "% x", data)
	}
	maps, err := ParseMaps(append(append([]byte(nil), mapBytes...), 0, 0, 0))
	require.NoError(t, err)
	require.Len(t, maps, 2)
	_, ok := maps[1].From(0)
	assert.False(t, ok)
	first, rest, err := CutMap(append(append([]byte(nil), mapBytes...), 0, 0, 0))
	require.NoError(t, err)
	assert.Equal(t, mapBytes, first)
	assert.Equal(t, []byte{0, 0, 0}, rest)
}

func TestSymbolsFollowMaps(t *testing.T) {
	wasm := places(t, 4)
	_, code := readPlaces(t, 4)
	hardened, metered, unknown := CodeID{1}, CodeID{2}, CodeID{3}
	// All code of 93 bytes is 10 later, then 100 later.
	wasm = AppendMap(wasm, hardened, code.ID, []byte{93, 103, 1, 1, 11})
	wasm = AppendMap(wasm, metered, hardened, []byte{103, 0xcb, 1, 1, 1, 101})
	wasm = AppendMap(wasm, unknown, unknown, []byte{1, 1, 0})
	s, err := Read(wasm)
	require.NoError(t, err)
	path, err := s.Path(hardened)
	require.NoError(t, err)
	assert.Len(t, path.Frames(division+10), 3)
	path, err = s.PathOf(metered.Short())
	require.NoError(t, err)
	assert.Len(t, path.Frames(division+110), 3)
	assert.Empty(t, path.Frames(0xcb), "beyond the code")
	assert.Empty(t, path.Frames(50), "before the first point")
	again, err := s.Path(CodeID{4}, path.maps...)
	require.ErrorIs(t, err, ErrMismatch)
	assert.Nil(t, again)
	_, err = s.Path(unknown)
	require.ErrorIs(t, err, ErrMismatch, "its map leads to itself")
	_, err = s.PathOf("123456789abc")
	require.ErrorIs(t, err, ErrMismatch)
	path, err = s.PathOf(code.ID.Short())
	require.NoError(t, err)
	assert.Len(t, path.Frames(division), 3)
}
