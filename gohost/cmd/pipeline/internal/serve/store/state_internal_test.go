package store

import (
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func hash(digit string) string { return strings.Repeat(digit, 64) }

func TestStatesAreReadAsTheyWereWritten(t *testing.T) {
	for _, s := range []state{
		{},
		{active: hash("a")},
		{active: hash("a"), before: hash("b"), byHand: hash("c"), kept: []string{hash("a"), hash("b")}},
		{byHand: hash("c"), kept: []string{hash("d")}},
	} {
		got, err := parseState(s.String())
		require.NoError(t, err, s.String())
		s.kept = append([]string{}, s.kept...)
		assert.Equal(t, s, got)
	}
	assert.Equal(t, "pipeline-plugin 2\nactive "+hash("a")+"\nbefore \nby-hand \nkept "+hash("a")+"\nsha256 "+
		checksum("pipeline-plugin 2\nactive "+hash("a")+"\nbefore \nby-hand \nkept "+hash("a")+"\n")+"\n",
		state{active: hash("a"), kept: []string{hash("a")}}.String())
	// The form of before.
	got, err := parseState(hash("a") + "\n\n" + hash("c") + "\n")
	require.NoError(t, err)
	assert.Equal(t, state{active: hash("a"), byHand: hash("c"), old: true}, got)
	assert.True(t, got.keeps(hash("9")), "all that is stored")
}

// Every damage is seen: a byte that is another, a part that is missing, bytes
// that are too many.
func TestDamagedStatesAreSeen(t *testing.T) {
	text := state{active: hash("a"), before: hash("b"), byHand: hash("c"), kept: []string{hash("a"), hash("b")}}.String()
	for i := range text {
		for _, flip := range []byte{1, 0x20, 0x80} {
			bad := []byte(text)
			bad[i] ^= flip
			_, err := parseState(string(bad))
			require.ErrorIs(t, err, errDamaged, "byte %d", i)
		}
		_, err := parseState(text[:i])
		require.ErrorIs(t, err, errDamaged, "cut to %d bytes", i)
		_, err = parseState(text[i+1:])
		require.ErrorIs(t, err, errDamaged, "without %d bytes", i+1)
	}
	sealed := func(body string) string { return body + checksumLine + checksum(body) + "\n" }
	for _, bad := range []string{
		text + "\n", text + "x", strings.Repeat("\x00", 200), hash("a") + "\n\n", "a\n\n\n", hash("A") + "\n\n\n",
		sealed("pipeline-plugin 2\n"), sealed("pipeline-plugin 2\nactive \nbefore \nkept \nby-hand \n"), sealed("pipeline-plugin 2\nactive x\nbefore \nby-hand \nkept \n"),
	} {
		_, err := parseState(bad)
		require.ErrorIs(t, err, errDamaged, "%q", bad)
	}
	_, known, err := readState(filepath.Join(t.TempDir(), "none"))
	require.NoError(t, err)
	assert.False(t, known)
	_, _, err = readState(t.TempDir())
	require.ErrorIs(t, err, errDamaged, "a directory")
	_, _, err = readState("/dev/zero")
	require.ErrorIs(t, err, errDamaged, "a device without an end")
}
