package chart

import (
	"strings"

	xfont "golang.org/x/image/font"
	"gonum.org/v1/plot/font"
	"gonum.org/v1/plot/text"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
)

// drawTitle draws the title, if there is one, and returns the remaining canvas.
func drawTitle(c draw.Canvas, labels Labels) draw.Canvas {
	if labels.Title == "" {
		return c
	}
	title, words := fit(labels.Title, c.Max.X-c.Min.X)
	c.FillText(title, vg.Point{X: c.Min.X, Y: c.Max.Y}, words)
	return draw.Crop(c, 0, 0, 0, -title.Height(words)-vg.Points(8))
}

// clipped shortens words to the room.
func clipped(style text.Style, words string, room vg.Length) string {
	if widthOf(style, words) <= room {
		return words
	}
	letters := []rune(words)
	for len(letters) > 0 && widthOf(style, string(letters)+"…") > room {
		letters = letters[:len(letters)-1]
	}
	return string(letters) + "…"
}

// fit shrinks a title to the width, and shortens it if it would become too small to read.
func fit(title string, room vg.Length) (text.Style, string) {
	const largest, smallest = 15, 10
	style := textStyle(largest, xfont.WeightBold)
	for size := font.Length(largest); size >= smallest; size-- {
		style = textStyle(size, xfont.WeightBold)
		if widthOf(style, title) <= room {
			return style, title
		}
	}
	return style, clipped(style, title, room)
}

// widthOf returns the width of words. A viewer of SVG draws letters that the font lacks, such as those of Chinese, with
// another one: these have the width of their height.
func widthOf(style text.Style, words string) vg.Length {
	face := font.DefaultCache.Lookup(style.Font, style.Font.Size)
	lacking := 0
	known := strings.Map(func(c rune) rune {
		if i, err := face.Face.GlyphIndex(nil, c); err == nil && i != 0 {
			return c
		}
		lacking++
		return -1
	}, words)
	return style.Width(known) + vg.Length(lacking)*style.Font.Size
}

func textStyle(size font.Length, weight xfont.Weight) text.Style {
	return text.Style{
		Color:   ink,
		Font:    sans(size, weight),
		XAlign:  text.XLeft,
		YAlign:  text.YTop,
		Handler: text.Plain{Fonts: font.DefaultCache},
	}
}

func sans(size font.Length, weight xfont.Weight) font.Font {
	return font.Font{Typeface: "Liberation", Variant: "Sans", Weight: weight, Size: size}
}
