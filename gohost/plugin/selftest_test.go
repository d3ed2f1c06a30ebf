package plugin_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"example.org/compute-pipeline/gohost"
	"example.org/compute-pipeline/gohost/plugin"
	"example.org/compute-pipeline/gohost/vectors"
	"example.org/compute-pipeline/gohost/vectors/conformance"
)

// The vectors here are copies; tests/vectors is where they are made.
func TestSelfTestIsAPartOfTheVectors(t *testing.T) {
	own, err := vectors.Parse(plugin.SelfTestJSON)
	require.NoError(t, err)
	all, err := conformance.Vectors()
	require.NoError(t, err)
	expanded := make(map[string]string, len(all.Cases))
	text := func(c *vectors.Case) string {
		text, err := json.Marshal(c)
		require.NoError(t, err)
		return string(text)
	}
	for _, c := range all.Cases {
		expanded[c.ID] = text(c)
	}
	functions := make(map[string]bool)
	for _, c := range own.Cases {
		assert.Equal(t, expanded[c.ID], text(c), c.ID)
		functions[strings.Split(c.ID, "/")[0]] = true
	}
	assert.Len(t, functions, 7, "every function is tested")
}

func TestSelfTestNamesWhatIsWrong(t *testing.T) {
	reg := newRegistry(t)
	wasm := engine(t)
	require.Equal(t, 1, bytes.Count(wasm, []byte("Empty dataset")))
	_, err := reg.Load(ctx, "a", plugin.Bytes(bytes.Replace(wasm, []byte("Empty dataset"), []byte("empty dataset"), 1)))
	require.ErrorIs(t, err, plugin.ErrSelfTest)
	assert.EqualError(t, err, `load of plugin "a": self-test failed: vector validate-stream/refused-empty-array: `+
		`validate-stream: the result is the error "empty dataset", expected the error "Empty dataset": `+
		"a list without points has an error of its own (docs/contract.md#validate-stream)")

	// 1 + 2 + 3 + 4 is that module's idea of nothing, too.
	_, err = reg.Load(ctx, "a", plugin.Bytes(testModule(t, "select")))
	require.ErrorIs(t, err, plugin.ErrSelfTest)
	assert.ErrorContains(t, err, "vector compute-aggregate/empty: compute-aggregate: the sum is -0, expected 0: ")
	assert.ErrorContains(t, err, "without points the result is 0, 0, 0 (docs/contract.md#compute-aggregate)")
}

func TestSelfTestHasADeadline(t *testing.T) {
	hangs := func(ctx context.Context, eng gohost.Functions) error {
		_, err := eng.ProcessBatch(ctx, batch(doLoop))
		return err
	}
	reg := newRegistry(t, plugin.WithSelfTest(20*time.Millisecond, hangs))
	_, err := reg.Load(ctx, "a", plugin.Bytes(echo(t)))
	require.ErrorIs(t, err, plugin.ErrSelfTest)
	require.ErrorIs(t, err, context.DeadlineExceeded)

	reg = newRegistry(t, plugin.WithSelfTest(time.Hour, hangs))
	limited, cancel := context.WithTimeout(ctx, 200*time.Millisecond)
	defer cancel()
	_, err = reg.Load(limited, "a", plugin.Bytes(echo(t)))
	require.ErrorIs(t, err, context.DeadlineExceeded)
	require.NotErrorIs(t, err, plugin.ErrSelfTest, "the caller's end says nothing about the module")

	reg = newRegistry(t, plugin.WithSelfTest(time.Hour, hangs), plugin.WithLoadTimeout(200*time.Millisecond))
	_, err = reg.Load(ctx, "a", plugin.Bytes(echo(t)))
	require.ErrorIs(t, err, context.DeadlineExceeded)
	require.NotErrorIs(t, err, plugin.ErrSelfTest)

	canceled, cancel := context.WithCancel(ctx)
	reg = newRegistry(t, plugin.WithSelfTest(time.Hour, func(ctx context.Context, eng gohost.Functions) error {
		cancel()
		return plugin.SelfTest(ctx, eng)
	}))
	_, err = reg.Load(canceled, "a", plugin.Bytes(engine(t)))
	require.ErrorIs(t, err, context.Canceled)
	require.NotErrorIs(t, err, plugin.ErrSelfTest)
}

func TestSelfTestOfOnesOwn(t *testing.T) {
	mine := errors.New("not for us")
	reg := newRegistry(t, plugin.WithSelfTest(time.Minute, func(ctx context.Context, eng gohost.Functions) error {
		if err := plugin.SelfTest(ctx, eng); err != nil {
			return err
		}
		return mine
	}))
	_, err := reg.Load(ctx, "a", plugin.Bytes(echo(t)))
	require.ErrorIs(t, err, plugin.ErrSelfTest)
	assert.ErrorContains(t, err, "vector compute-aggregate/empty")
	_, err = reg.Load(ctx, "a", plugin.Bytes(engine(t)))
	require.ErrorIs(t, err, plugin.ErrSelfTest)
	require.ErrorIs(t, err, mine)
}
