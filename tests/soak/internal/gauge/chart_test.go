package gauge

import (
	"bytes"
	"image/png"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestChartsAreImages(t *testing.T) {
	samples := run(60, func(i int) float64 { return float64(i) })
	panel := Panel{Label: "memory", Lines: []Line{{Name: "heap", Of: rule.Of}}}
	rate := Panel{Label: "growth", Lines: panel.Lines, Rate: true}
	var latencies []time.Duration
	for i := range 1000 {
		latencies = append(latencies, time.Duration(i+1)*time.Microsecond)
	}
	for name, draw := range map[string]func() ([]byte, error){
		"samples":   func() ([]byte, error) { return Draw("t", samples, []Panel{panel, rate}) },
		"latencies": func() ([]byte, error) { return DrawLatencies("t", []Curve{{"calm", latencies}}) },
	} {
		file, err := draw()
		require.NoError(t, err, name)
		image, err := png.Decode(bytes.NewReader(file))
		require.NoError(t, err, name)
		assert.Equal(t, 1440, image.Bounds().Dx(), name)
	}
	_, err := Draw("t", samples[:1], []Panel{panel})
	require.ErrorIs(t, err, ErrTooShort)
	_, err = DrawLatencies("t", []Curve{{"calm", latencies[:2]}})
	require.ErrorIs(t, err, ErrTooShort)
}

func TestCurvesEndWhereFewAreSlower(t *testing.T) {
	var latencies []time.Duration
	for i := range 1000 {
		latencies = append(latencies, time.Duration(i+1)*time.Millisecond)
	}
	points := Curve{Sorted: latencies}.points()
	assert.InDelta(t, 1, points[0].Y, 1e-9)
	last := points[len(points)-1]
	assert.InDelta(t, 333, last.X, 20)
	assert.InDelta(t, 997, last.Y, 1)
}

func TestThousands(t *testing.T) {
	for n, want := range map[int64]string{0: "0", 999: "999", 1000: "1,000", -1234567: "-1,234,567", 100000: "100,000"} {
		assert.Equal(t, want, Thousands(n))
	}
}

func TestTicksAreEven(t *testing.T) {
	labels := func(least, most float64) (all []string) {
		for _, tick := range even(least, most) {
			all = append(all, tick.Label)
		}
		return all
	}
	assert.Equal(t, []string{"0", "5", "10", "15", "20"}, labels(0, 20.3))
	assert.Equal(t, []string{"0", "100", "200", "300", "400", "500", "600"}, labels(0, 615))
	assert.Equal(t, []string{"0", "5,000", "10,000", "15,000", "20,000"}, labels(0, 24_000))
	assert.Equal(t, []string{"0", "0.2", "0.4", "0.6", "0.8", "1"}, labels(0, 1))
}
