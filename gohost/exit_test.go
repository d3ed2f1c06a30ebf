package gohost_test

import (
	"bytes"
	"context"
	"encoding/binary"
	"fmt"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"example.org/compute-pipeline/gohost"
)

// exitCodes has those with which wazero closes a guest whose context has ended.
var exitCodes = []uint32{0, 1, 0xffffffff, 0xefffffff}

// exitEngines are options for guests that are metered and for those that are
// not, which wazero itself stops.
var exitEngines = map[string][]gohost.Option{
	"compiler":              nil,
	"interpreter":           {gohost.WithInterpreter()},
	"unmetered compiler":    {gohost.WithDebugInfo()},
	"unmetered interpreter": {gohost.WithDebugInfo(), gohost.WithInterpreter()},
}

func exitWith(code uint32) []byte {
	return append(binary.LittleEndian.AppendUint32(nil, code), make([]byte, 12)...)
}

func TestAnExitCodeIsNoContextError(t *testing.T) {
	for name, opts := range exitEngines {
		for _, code := range exitCodes {
			eng := load(t, "exit_codes", append(opts, gohost.WithMaxInstances(1), gohost.WithGrants(gohost.GrantClock()))...)
			_, err := eng.ProcessBatch(ctx, exitWith(code))
			isExit(t, err, code, name)
			assert.Equal(t, uint64(1), eng.Stats().Traps, name)
			assert.Equal(t, uint64(1), eng.Stats().InstancesDiscarded, name)
		}
	}
}

func isExit(t *testing.T, err error, code uint32, name string) {
	t.Helper()
	require.ErrorIs(t, err, gohost.ErrTrap, name)
	require.NotErrorIs(t, err, context.Canceled, name)
	require.NotErrorIs(t, err, context.DeadlineExceeded, name)
	assert.ErrorContains(t, err, fmt.Sprintf("exit code %d", code), name)
}

// A guest that exits by itself, although its context ends meanwhile, is no less
// to blame, unless wazero may have stopped it for that.
func TestAnExitCodeWhenTheContextHasEnded(t *testing.T) {
	for name, opts := range exitEngines {
		eng := load(t, "exit_codes", append(opts, gohost.WithMaxInstances(1), gohost.WithGrants(gohost.GrantClock()))...)
		_, err := eng.ProcessBatch(&endsAfter{Context: ctx, looks: 2}, exitWith(3))
		isExit(t, err, 3, name)
	}
	eng := load(t, "exit_codes", gohost.WithGrants(gohost.GrantClock()))
	_, err := eng.ProcessBatch(&endsAfter{Context: ctx, looks: 2}, exitWith(0xffffffff))
	isExit(t, err, 0xffffffff, "metered")
	eng = load(t, "exit_codes", gohost.WithGrants(gohost.GrantClock()), gohost.WithDebugInfo())
	_, err = eng.ProcessBatch(&endsAfter{Context: ctx, looks: 2}, exitWith(0xffffffff))
	require.ErrorIs(t, err, context.Canceled)
}

func TestAnExitCodeAtTheStartIsNoContextError(t *testing.T) {
	for name, opts := range exitEngines {
		for _, at := range []string{"#one", "#two"} {
			for _, code := range exitCodes {
				wasm := bytes.Replace(module(t, "exit_codes"), []byte(at), []byte("exit"), 1)
				wasm = bytes.Replace(wasm, []byte("code"), binary.LittleEndian.AppendUint32(nil, code), 1)
				_, err := gohost.Load(ctx, wasm, append(opts, gohost.WithGrants(gohost.GrantClock()))...)
				isExit(t, err, code, name+" "+at)
			}
		}
	}
}
