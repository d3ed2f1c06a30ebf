package sandbox

import (
	"bytes"
	"log/slog"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestLinesAreRated(t *testing.T) {
	now := time.Unix(1000, 0)
	rate := &lineRate{perSecond: 5, now: func() time.Time { return now }}
	takes := func(want int) {
		t.Helper()
		got := 0
		for range 100 {
			if _, ok := rate.take(); ok {
				got++
			}
		}
		assert.Equal(t, want, got)
	}
	takes(5) // the burst
	takes(0)
	now = now.Add(399 * time.Millisecond)
	takes(1)
	now = now.Add(time.Hour)
	takes(5)
	now = now.Add(200 * time.Millisecond)
	dropped, ok := rate.take()
	assert.True(t, ok)
	assert.Equal(t, 95, dropped)
}

func TestLinesThatAreDroppedAreCounted(t *testing.T) {
	var log bytes.Buffer
	now := time.Unix(1000, 0)
	w := &lineWriter{
		limit:  4,
		rate:   &lineRate{perSecond: 2, now: func() time.Time { return now }},
		module: &Module{name: "a module", config: config{logger: slog.New(slog.NewTextHandler(&log, nil))}},
		stream: "stdout",
	}
	n, err := w.Write([]byte(strings.Repeat("o\n", 1000)))
	require.NoError(t, err)
	assert.Equal(t, 2000, n)
	assert.Equal(t, 2, strings.Count(log.String(), "\n"), "no more than the burst")
	now = now.Add(time.Second)
	log.Reset()
	_, err = w.Write([]byte("after\n"))
	require.NoError(t, err)
	assert.Contains(t, log.String(), "line=afte cut=true dropped=998")
}
