package wit_test

import (
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"example.org/compute-pipeline/gohost/wit"
)

func TestOption(t *testing.T) {
	v, ok := wit.Some(7).Get()
	assert.Equal(t, 7, v)
	assert.True(t, ok)
	v, ok = wit.None[int]().Get()
	assert.Zero(t, v)
	assert.False(t, ok)
	assert.Equal(t, 7, wit.Some(7).Or(8))
	assert.Equal(t, 8, wit.None[int]().Or(8))
	assert.Equal(t, wit.None[int](), wit.Option[int]{})
	nested := wit.Some(wit.None[string]())
	assert.True(t, nested.Valid)
	assert.False(t, nested.Value.Valid)
}

type problem string

func TestResult(t *testing.T) {
	v, err := wit.OK[int, problem](7).Get()
	require.NoError(t, err)
	assert.Equal(t, 7, v)
	_, err = wit.Failed[int](problem("no such key")).Get()
	var of *wit.Error[problem]
	require.ErrorAs(t, fmt.Errorf("wrapped: %w", err), &of)
	assert.Equal(t, problem("no such key"), of.Value)
	var other *wit.Error[string]
	assert.NotErrorAs(t, err, &other)
	assert.Equal(t, wit.OK[int, problem](0), wit.Result[int, problem]{})
}

func TestError(t *testing.T) {
	assert.EqualError(t, wit.Err("full"), "full")
	assert.EqualError(t, wit.Err(3), "3")
	assert.EqualError(t, wit.Err(wit.Unit{}), "the function returned an error without a value")
	assert.NoError(t, errors.Unwrap(wit.Err("full")))
	err := error(wit.Err(io.ErrUnexpectedEOF))
	require.ErrorIs(t, err, io.ErrUnexpectedEOF)
	assert.EqualError(t, err, io.ErrUnexpectedEOF.Error())
}

func TestCaseText(t *testing.T) {
	assert.Equal(t, "refusal: too-many: 7", wit.CaseText("refusal: too-many", uint32(7)))
	assert.Equal(t, "refusal: store: full", wit.CaseText("refusal: store", problemError("full")))
	assert.Equal(t, "refusal: list", wit.CaseText("refusal: list", []string{"a"}))
	assert.Less(t, len(wit.CaseText("refusal: text", strings.Repeat("x", 1<<20))), 8<<10)
}

type problemError string

func (e problemError) Error() string { return string(e) }
