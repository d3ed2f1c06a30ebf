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
	"example.org/compute-pipeline/gohost/grade"
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

// mistaken are the functions of an engine, some of which answer wrongly.
type mistaken struct {
	gohost.Functions
	fold   func(state []byte) ([]byte, error)
	finish func(s *gohost.Statistics) error
	batch  func(out []byte) []byte
}

func (m *mistaken) Fold(ctx context.Context, state []byte, points []gohost.Datapoint) ([]byte, error) {
	out, err := m.Functions.Fold(ctx, state, points)
	if m.fold != nil && err == nil {
		return m.fold(out)
	}
	return out, err
}

func (m *mistaken) Finish(ctx context.Context, state []byte) (gohost.Statistics, error) {
	s, err := m.Functions.Finish(ctx, state)
	if m.finish != nil && err == nil {
		err = m.finish(&s)
	}
	return s, err
}

func (m *mistaken) ProcessBatch(ctx context.Context, in []byte) ([]byte, error) {
	out, err := m.Functions.ProcessBatch(ctx, in)
	if m.batch != nil && err == nil {
		out = m.batch(out)
	}
	return out, err
}

// Numbers are in decimal, and the rule that was broken is there.
func TestSelfTestSaysWhichRuleIsBroken(t *testing.T) {
	eng, err := gohost.New(ctx)
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, eng.Close(ctx)) })
	for want, f := range map[string]*mistaken{
		"vector fold/one-to-four/whole: step 1: finish: the mean is 3.5, expected 2.5: a state has exact sums, so its statistics are exact in both grades (docs/contract.md#finish)": {
			finish: func(s *gohost.Statistics) error { s.Mean++; return nil },
		},
		`vector fold/one-to-four/whole: step 1: finish: the result is the error "no state", expected none: what fold or merge returned is a state, and so is the empty list (docs/contract.md#states)`: {
			finish: func(*gohost.Statistics) error { return &gohost.GuestError{Message: "no state"} },
		},
		"vector fold/one-to-four/whole: step 0: fold: the state from byte 0 is [42 50 53 54 01 00 21 01] of 62 bytes, expected [43 50": {
			fold: func(state []byte) ([]byte, error) { state[0]--; return state, nil },
		},
		`vector fold/one-to-four/whole: step 0: fold: the result is the error "full", expected none: `: {
			fold: func([]byte) ([]byte, error) { return nil, &gohost.GuestError{Message: "full"} },
		},
		"vector process-batch/one: step 0: process-batch: point 0 is (timestamp 0, value 2.5), expected (timestamp 1, value 2.5): ": {
			batch: func(out []byte) []byte {
				if len(out) > 0 {
					out[0]--
				}
				return out
			},
		},
	} {
		f.Functions = eng
		err := plugin.SelfTest(ctx, f)
		require.ErrorIs(t, err, plugin.ErrSelfTest)
		require.ErrorAs(t, err, new(*grade.Violation))
		assert.ErrorContains(t, err, want)
	}
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
