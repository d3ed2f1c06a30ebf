package chart

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestATitleFitsItsRoom(t *testing.T) {
	const room = 600 // points
	for words := range 60 {
		title := strings.TrimSpace(strings.Repeat("Wörter ", words+1))
		style, shown := fit(title, room)
		require.LessOrEqual(t, float64(style.Width(shown)), float64(room))
		if shown != title {
			require.True(t, strings.HasPrefix(title, strings.TrimSuffix(shown, "…")))
			require.Greater(t, float64(style.Width(shown)), room*0.9, "it uses the room there is")
		}
	}
}
