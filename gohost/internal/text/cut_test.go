package text_test

import (
	"errors"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/stretchr/testify/assert"

	"example.org/compute-pipeline/gohost/internal/text"
)

func TestBeginningEndsBetweenCharacters(t *testing.T) {
	const long = "aé€😀aé€😀aé€😀"
	for n := range len(long) + 2 {
		got := text.Beginning(long, n)
		assert.True(t, utf8.ValidString(got), "%d: %q", n, got)
		assert.True(t, strings.HasPrefix(long, got))
		assert.LessOrEqual(t, len(got), n)
		assert.Greater(t, len(got), min(n, len(long))-utf8.UTFMax, "no more is lost than a part of a character")
		assert.Equal(t, got, string(text.Beginning([]byte(long), n)))
	}
}

func TestBeginningOfWhatIsNotUTF8(t *testing.T) {
	for _, s := range []string{strings.Repeat("\x80", 20), strings.Repeat("\xff", 20), "\xe2\x82"} {
		for n := range len(s) + 1 {
			got := text.Beginning(s, n)
			assert.LessOrEqual(t, len(got), n)
			assert.True(t, strings.HasPrefix(s, got))
		}
	}
}

func TestCutSaysHowLongItWas(t *testing.T) {
	assert.Equal(t, "abc", text.Cut("abc", 3))
	assert.Equal(t, "ab… (cut: 3 bytes)", text.Cut("abc", 2))
	assert.Equal(t, "… (cut: 2 bytes)", text.Cut("é", 1))
}

func TestLogged(t *testing.T) {
	assert.Nil(t, text.Logged(nil))
	assert.Equal(t, "short", text.Logged(errors.New("short")))
	long := text.Logged(errors.New(strings.Repeat("x", 1<<20)))
	assert.Less(t, len(long.(string)), 6<<10)
	assert.Contains(t, long, "… (cut: 1048576 bytes)")
}
