package points

import (
	"encoding/json"
	"math"
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestFloatsReadBackAsTheSameBits(t *testing.T) {
	random := rand.New(rand.NewPCG(3, 4))
	values := []float64{0, math.Copysign(0, -1), 1e21, 1e-7, 5e-324, math.MaxFloat64, math.Inf(1), math.Inf(-1), 0.1}
	for range 10000 {
		values = append(values, math.Float64frombits(random.Uint64()))
	}
	for _, v := range values {
		text, err := json.Marshal(Float(v))
		require.NoError(t, err, "%v is JSON", v)
		var back Float
		require.NoError(t, json.Unmarshal(text, &back))
		if math.IsNaN(v) {
			require.True(t, math.IsNaN(float64(back)))
			continue
		}
		require.Equal(t, math.Float64bits(v), math.Float64bits(float64(back)), "%s", text)
	}
	var f Float
	for _, bad := range []string{`"nan"`, `"1"`, `null`, `true`} {
		assert.Error(t, f.UnmarshalJSON([]byte(bad)), bad)
	}
}

func TestAcceptedMediaTypes(t *testing.T) {
	for header, want := range map[string]string{
		"":                                JSON,
		"*/*":                             JSON,
		"application/*":                   JSON,
		Packed:                            Packed,
		NDJSON + ", " + Packed:            NDJSON,
		JSON + ";q=0.5, " + Packed:        Packed,
		"*/*;q=0.1, " + NDJSON + ";q=0.2": NDJSON,
		JSON + ";q=0, */*":                NDJSON,
		"*/*, " + JSON + ";q=0.9":         NDJSON,
		"text/html, */*;q=0.8":            JSON,
		"text/html":                       "",
		"application/json;q=0":            "",
		"application/json;q=nonsense":     "",
		";;":                              "",
	} {
		got, err := Accepted(header, Types)
		assert.Equal(t, want, got, header)
		assert.Equal(t, want == "", err != nil, header)
	}
}
