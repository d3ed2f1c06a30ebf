package plot_test

import (
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"example.org/compute-pipeline/bench/plot"
)

func number(v float64) string { return fmt.Sprint(v) }

func TestPointsLieInTheFrame(t *testing.T) {
	p := plot.Plot{
		Title: "a < b", X: "x", Y: "y", FormatX: number, FormatY: number,
		Lines: []plot.Line{
			{Name: "low & short", X: []float64{1, 10}, Y: []float64{2, 1}},
			{Name: "high", X: []float64{1, 10, 100}, Y: []float64{50, 100, 1000}},
		},
	}
	svg := p.SVG()
	decoder := xml.NewDecoder(strings.NewReader(svg))
	circles, texts := 0, map[string]float64{}
	var y float64
	for {
		token, err := decoder.Token()
		if errors.Is(err, io.EOF) {
			break
		}
		require.NoError(t, err)
		switch token := token.(type) {
		case xml.StartElement:
			at := map[string]float64{}
			for _, a := range token.Attr {
				var v float64
				if _, err := fmt.Sscan(a.Value, &v); err == nil {
					at[a.Name.Local] = v
				}
			}
			y = at["y"]
			if token.Name.Local == "circle" {
				circles++
				require.GreaterOrEqual(t, at["cx"], 76.0)
				require.LessOrEqual(t, at["cx"], 568.0)
				require.GreaterOrEqual(t, at["cy"], 44.0)
				require.LessOrEqual(t, at["cy"], 408.0)
			}
		case xml.CharData:
			texts[string(token)] = y
		}
	}
	require.Equal(t, 5, circles)
	require.Contains(t, texts, "a < b")
	require.Less(t, texts["high"], texts["low & short"], "the legend has the order of the last values")
	require.Less(t, texts["1000"], texts["100"], "values grow upwards")
}
