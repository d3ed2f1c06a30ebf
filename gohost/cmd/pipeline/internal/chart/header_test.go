package chart

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	xfont "golang.org/x/image/font"
	"gonum.org/v1/plot/vg"
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

// Letters that the font lacks have room for those of another font.
func TestNamesInOtherScriptsHaveRoom(t *testing.T) {
	style := textStyle(10, xfont.WeightNormal)
	require.Equal(t, style.Width("Kiel, Zürich, Αθήνα"), widthOf(style, "Kiel, Zürich, Αθήνα"))
	require.Equal(t, vg.Length(40)+style.Width("a"), widthOf(style, "東京都港a"))
	shown := clipped(style, strings.Repeat("東京", 20), 100)
	require.Equal(t, "東京東京東京東京東…", shown)
}
