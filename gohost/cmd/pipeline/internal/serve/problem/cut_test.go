package problem

import (
	"encoding/json"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"example.org/compute-pipeline/gohost"
)

func TestLongTextsAreCutAtACharacter(t *testing.T) {
	for _, unit := range []string{"a", "é", "漢", "🎈", "\x00", "<", "\"", "\\", "\n", "\u2028", "\xff", "\x7f"} {
		for _, count := range []int{0, 1, 50, 1000, 100_000} {
			text := strings.Repeat(unit, count)
			cut := Cut(text, 1000)
			sent, err := json.Marshal(cut)
			require.NoError(t, err)
			assert.LessOrEqual(t, len(sent), 1000+60, "%q", unit)
			if cut != text {
				assert.True(t, strings.HasPrefix(text, cut[:strings.LastIndex(cut, "…")]))
				assert.Equal(t, utf8.ValidString(text), utf8.ValidString(cut), "%q", unit)
				whole, err := json.Marshal(text)
				require.NoError(t, err)
				assert.Greater(t, len(whole), 1000, "%q", unit)
			}
		}
	}
	p := Of(&gohost.GuestError{Message: strings.Repeat("\x01", 10<<20)})
	sent, err := json.Marshal(p)
	require.NoError(t, err)
	assert.LessOrEqual(t, len(sent), maxDetail+300)
	assert.Contains(t, p.Detail, "bytes of 10485760)")
}
