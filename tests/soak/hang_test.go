package main

import (
	"context"
	"os"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"example.org/compute-pipeline/gohost"
	"example.org/compute-pipeline/gohost/plugin"
	"example.org/compute-pipeline/tests/soak/internal/work"
)

func TestAHangingModuleHangsForOneInputAlone(t *testing.T) {
	wasm, err := os.ReadFile(enginePlugin)
	require.NoError(t, err)
	wasm, err = hanging(wasm)
	require.NoError(t, err)
	eng, err := gohost.Load(t.Context(), wasm)
	require.NoError(t, err)
	defer func() { assert.NoError(t, eng.Close(context.Background())) }()
	require.NoError(t, plugin.SelfTest(t.Context(), eng))
	for _, job := range work.NewMix(1, 100).Jobs() {
		require.NoError(t, job.Run(t.Context(), eng), job.Name)
	}
	for _, expected := range []uint32{never - 1, never + 1, 0} {
		ok, err := eng.ValidateChecksum(t.Context(), []byte("data"), expected)
		require.NoError(t, err)
		assert.False(t, ok)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
	defer cancel()
	_, err = eng.ValidateChecksum(ctx, []byte("data"), never)
	require.ErrorIs(t, err, context.DeadlineExceeded)
}

func TestHangingRefusesOtherModules(t *testing.T) {
	for name, wasm := range map[string][]byte{
		"nothing":   nil,
		"no export": append([]byte("\x00asm\x01\x00\x00\x00"), 7, 1, 0),
		"cut off":   append([]byte("\x00asm\x01\x00\x00\x00"), 7, 9, 0),
		"no code":   append([]byte("\x00asm\x01\x00\x00\x00"), 10, 1, 0),
		"imports":   append([]byte("\x00asm\x01\x00\x00\x00"), 2, 1, 0),
	} {
		_, err := hanging(wasm)
		assert.Error(t, err, name)
	}
}
