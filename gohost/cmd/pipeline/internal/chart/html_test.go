package chart

import (
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"math"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// A page has all that it needs, and its policy allows its script and style alone. What it does in a
// browser is tested in examples/browser.
func TestAPageIsSelfContained(t *testing.T) {
	lines := walk(t, 100)
	require.NoError(t, lines.Add("</script><img src=x>", hourly(3, 1, 1)))
	page, err := Draw("p.HTML", lines, Labels{Title: "<b>{data}</b>", Value: "{script}", Mean: `"'`})
	require.NoError(t, err)
	again, err := Draw("p.HTML", lines, Labels{Title: "<b>{data}</b>", Value: "{script}", Mean: `"'`})
	require.NoError(t, err)
	assert.Equal(t, page, again)
	text := string(page)
	for _, element := range []string{"script", "style"} {
		body := regexp.MustCompile(`(?s)<` + element + `>(.*?)</` + element + `>`).FindStringSubmatch(text)
		require.Len(t, body, 2)
		sum := sha256.Sum256([]byte(body[1]))
		assert.Contains(t, text, element+"-src 'sha256-"+base64.StdEncoding.EncodeToString(sum[:])+"'")
	}
	assert.Contains(t, text, "default-src 'none'")
	for _, foreign := range []string{"<img", "<b>{", "src=\"", "href=", "innerHTML", "eval("} {
		assert.NotContains(t, text, foreign)
	}
	assert.Equal(t, 2, strings.Count(text, "</script>"))
	assert.Equal(t, 1, strings.Count(text, "http://"), "the name of a namespace")
	assert.NotContains(t, text, "https://")
}

// A page of a series is self-contained, too, has all marks as texts, and is bounded.
func TestAPageOfASeries(t *testing.T) {
	for _, n := range []int{1, 2, 40_000, 1_000_003} {
		series := NewSeries("a.html")
		for i := range n {
			series.Add(float64(i), float64(i%10))
		}
		series.Add(float64(n), math.NaN())
		marks := []Mark{{0, 0, "</script><b>"}, {1, 2, "gap\x1b"}}
		page, err := DrawMarked("a.html", series, marks, Labels{Title: "<i>", Value: "°F", Mean: "value"})
		require.NoError(t, err)
		text := string(page)
		assert.Less(t, len(page), 6_000_000)
		assert.Contains(t, text, fmt.Sprintf("°F: %d points, 2 anomalies", n))
		assert.Equal(t, 2, strings.Count(text, "</script>"))
		assert.NotContains(t, text, "<b>\"")
		assert.NotContains(t, text, "\x1b")
		assert.Equal(t, n > 40_000, strings.Contains(text, "; a point is of "))
		again, err := DrawMarked("a.html", series, marks, Labels{Title: "<i>", Value: "°F", Mean: "value"})
		require.NoError(t, err)
		assert.Equal(t, page, again)
	}
	many := make([]Mark, mostMarks+1)
	series := NewSeries("a.html")
	series.Add(5, 1)
	page, err := DrawMarked("a.html", series, many, Labels{})
	require.NoError(t, err)
	assert.Contains(t, string(page), "10001 anomalies; the first 10000 anomalies are marked")
	_, err = DrawMarked("a.html", NewSeries("a.html"), nil, Labels{})
	require.ErrorIs(t, err, ErrNoValues)
}

// The size of a page is bounded, and its groups of windows have the extremes.
func TestAPageOfManyWindows(t *testing.T) {
	lines := walk(t, 100_000)
	page, err := Draw("p.html", lines, Labels{})
	require.NoError(t, err)
	assert.Less(t, len(page), 6_000_000)
	one := lines.sorted()
	lo, hi := extent(one)
	groups := newScreen(lo, hi, mostEmbedded/2).groups(one[0].points)
	assert.LessOrEqual(t, len(groups), mostEmbedded)
	windows, low, high := 0, 0.0, 0.0
	for i, g := range groups {
		windows += g.windows
		low, high = min(low, g.low), max(high, g.high)
		assert.True(t, i == 0 || g.lo == groups[i-1].hi)
	}
	assert.Equal(t, 100_000, windows)
	var wantLow, wantHigh float64
	for _, p := range one[0].points {
		wantLow, wantHigh = min(wantLow, p.mean), max(wantHigh, p.mean)
	}
	assert.Equal(t, [2]float64{wantLow, wantHigh}, [2]float64{low, high})
}
