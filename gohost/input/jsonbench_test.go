package input

import (
	"bytes"
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// BenchmarkLines compares the engine with the parser of any records, on the same lines but for their names, and on wider
// ones.
func BenchmarkLines(b *testing.B) {
	var usual bytes.Buffer
	for i := range 100_000 {
		fmt.Fprintf(&usual, "{\"timestamp\":%d,\"value\":%.4f}\n", 1262304000+60*i, float64(i%9973)/7)
	}
	named := strings.NewReplacer("timestamp", "moments__", "value", "kelvi").Replace(usual.String())
	wide := strings.ReplaceAll(usual.String(), "}", `,"station":"KSEA","ok":true,"wind":{"speed":4.1,"dir":"NW"}}`)
	iso := strings.ReplaceAll(wide, `{"timestamp":`, `{"time":"2010-01-31T12:00:00Z","n":`)
	for _, c := range []struct {
		name, text string
		opts       Options
	}{
		{"engine", usual.String(), Options{}},
		{"any", named, Options{Time: "moments__", Values: []string{"kelvi"}}},
		{"engine, wide", wide, Options{}},
		{"any, wide", wide, Options{Time: "timestamp", Values: []string{"wind.speed"}}},
		{"any, ISO", iso, Options{Time: "time", Values: []string{"value"}, Keys: []string{"station"}}},
	} {
		b.Run(c.name, func(b *testing.B) {
			c.opts.Validate = engine.AppendValidated
			b.SetBytes(int64(len(c.text)))
			for b.Loop() {
				got := read(b, strings.NewReader(c.text), c.opts, false)
				require.Empty(b, got.err)
			}
		})
	}
}
