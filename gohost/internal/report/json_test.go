package report

import (
	"encoding/json"
	"math"
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/require"
)

// Numbers and texts are those of encoding/json.
func TestNumbersAndTextsInJSON(t *testing.T) {
	random := rand.New(rand.NewPCG(2, 2))
	values := []float64{0, math.Copysign(0, -1), 1e-6, 9.999999e-7, 1e21, 1e20, 1 << 53, 1<<53 + 2, 0.1, 5e-324, math.MaxFloat64}
	for range 2000 {
		if v := math.Float64frombits(random.Uint64()); !math.IsNaN(v) && !math.IsInf(v, 0) {
			values = append(values, v)
		}
		values = append(values, math.Round(random.NormFloat64()*1e4)/100, float64(random.IntN(1000)))
	}
	for _, v := range values {
		want, err := json.Marshal(v)
		require.NoError(t, err)
		require.Equal(t, string(want), string(appendNumber(nil, v)))
	}
	require.Equal(t, `"NaN""-Infinity"`, string(appendNumber(appendNumber(nil, math.NaN()), math.Inf(-1))))
	texts := []string{"", "host-1", `a"b`, `a\b`, "<&>", "é", "\x00", "\x7f", "\xff", "\u2028", "a~ z"}
	for _, text := range texts {
		want, err := json.Marshal(text)
		require.NoError(t, err)
		require.Equal(t, string(want), string(appendQuoted(nil, text)))
	}
}
