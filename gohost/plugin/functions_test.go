package plugin_test

import (
	"encoding/json"
	"fmt"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"example.org/compute-pipeline/gohost"
	"example.org/compute-pipeline/gohost/plugin"
)

// An engine and a plugin are the same to those who call them.
func TestAnEngineAndAPluginHaveTheSameFunctions(t *testing.T) {
	eng, err := gohost.New(ctx)
	require.NoError(t, err)
	defer eng.Close(ctx)
	reg := newRegistry(t)
	_, err = reg.Load(ctx, "a", plugin.Embedded())
	require.NoError(t, err)
	p, err := reg.Plugin("a")
	require.NoError(t, err)
	for _, f := range []gohost.Functions{eng, p.Binding()} {
		t.Run(fmt.Sprintf("%T", f), func(t *testing.T) {
			require.NoError(t, plugin.SelfTest(ctx, f))
			state, err := f.Fold(ctx, nil, values(1, 2))
			require.NoError(t, err)
			text, packed := []byte(`[[1,2.5]]`), make([]byte, gohost.PackedSize)
			points, err := f.AppendValidated(ctx, values(7), text)
			require.NoError(t, err)
			assert.Equal(t, append(values(7), gohost.Datapoint{Timestamp: 1, Value: 2.5}), points)
			points, err = f.AppendValidated(ctx, values(7), []byte(`{`))
			require.Error(t, err)
			assert.Equal(t, values(7), points)
			for what, test := range map[string]struct {
				good, bad func(dst []byte) ([]byte, error)
				want      []byte
			}{
				"batch": {
					func(dst []byte) ([]byte, error) { return f.AppendProcessed(ctx, dst, packed) },
					func(dst []byte) ([]byte, error) { return f.AppendProcessed(ctx, dst, packed[:3]) }, packed,
				},
				"fold": {
					func(dst []byte) ([]byte, error) { return f.AppendFold(ctx, dst, nil, values(1, 2)) },
					func(dst []byte) ([]byte, error) { return f.AppendFold(ctx, dst, []byte("no state"), nil) }, state,
				},
				"merge": {
					func(dst []byte) ([]byte, error) { return f.AppendMerge(ctx, dst, state, nil) },
					func(dst []byte) ([]byte, error) { return f.AppendMerge(ctx, dst, state, []byte("no state")) }, state,
				},
			} {
				out, err := test.good([]byte("before"))
				require.NoError(t, err, what)
				assert.Equal(t, append([]byte("before"), test.want...), out, what)
				out, err = test.bad([]byte("before"))
				require.Error(t, err, what)
				assert.Equal(t, "before", string(out), what)
			}
		})
	}
	require.NoError(t, reg.Unload(ctx, "a"))
	out, err := p.Binding().AppendMerge(ctx, []byte("before"), nil, nil)
	require.ErrorIs(t, err, plugin.ErrNotFound)
	assert.Equal(t, "before", string(out))
}

func TestOutcomesAreWords(t *testing.T) {
	seen := map[string]bool{}
	for o := plugin.OutcomeOK; o <= plugin.OutcomeOther; o++ {
		assert.Regexp(t, `^[a-z_]{2,13}$`, o.String())
		assert.False(t, seen[o.String()], o)
		seen[o.String()] = true
	}
	assert.Equal(t, "outcome_-1", plugin.Outcome(-1).String())
	text, err := json.Marshal(map[plugin.Outcome]uint64{plugin.OutcomeGuest: 2})
	require.NoError(t, err)
	assert.JSONEq(t, `{"guest_error": 2}`, string(text))
}
