package main

import (
	"bytes"
	"os"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"example.org/compute-pipeline/gohost"
)

const data = "../data/seattle-temps-2010.json"

// What the composed component answers too, by compare.sh.
const flagged = `1275350400 720 60.0118 404e0182d82d82d8
1277942400 744 64.8876 405038cf008cf009
1280620800 744 65.1312 405048654c8654c8
1283299200 720 60.2112 404e1b0a3d70a3d7
`

func TestTheSummerIsFlagged(t *testing.T) {
	var out bytes.Buffer
	require.NoError(t, run(t.Context(), &out, []string{data, "60"}))
	assert.Equal(t, flagged, out.String())
}

func TestNoMonthIsAboveAHighLimit(t *testing.T) {
	var out bytes.Buffer
	require.NoError(t, run(t.Context(), &out, []string{data, "100"}))
	assert.Empty(t, out.String())
}

func TestTheErrorIsTheEngines(t *testing.T) {
	eng, err := gohost.New(t.Context())
	require.NoError(t, err)
	defer func() { assert.NoError(t, eng.Close(t.Context())) }()
	_, err = flag(t.Context(), eng, []byte("[]"), 0)
	var refused *gohost.GuestError
	require.ErrorAs(t, err, &refused)
	assert.Equal(t, "Empty dataset", refused.Message)
}

func TestWrongArguments(t *testing.T) {
	assert.ErrorContains(t, run(t.Context(), nil, nil), "usage")
	assert.ErrorContains(t, run(t.Context(), nil, []string{data, "warm"}), "the limit")
	assert.Error(t, run(t.Context(), nil, []string{"no such file", "1"}))
	assert.ErrorContains(t, run(t.Context(), nil, []string{data, "1", "no such module"}), "no such module")
}

// The world's dependency is the engine's contract.
func TestTheImportIsOfTheContract(t *testing.T) {
	const file = "wit/deps/analytics/pipeline.wit"
	want, err := os.ReadFile("../../" + file)
	require.NoError(t, err)
	got, err := os.ReadFile(file)
	require.NoError(t, err)
	assert.Equal(t, string(want), string(got))
}
