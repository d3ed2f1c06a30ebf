package gohost_test

import (
	"bytes"
	"context"
	"encoding/binary"
	"math"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"example.org/compute-pipeline/gohost"
)

// wazero's decoder allocates as many imports, types, … as a section says it
// has, so bytes are validated before they get there.
func TestSectionsThatClaimToBeHuge(t *testing.T) {
	for section := byte(1); section <= 11; section++ {
		wasm := []byte{0, 'a', 's', 'm', 1, 0, 0, 0, section, 5, 0xff, 0xff, 0xff, 0xff, 0x0f}
		require.ErrorIs(t, gohost.Check(ctx, wasm), gohost.ErrContract)
		_, err := gohost.Load(ctx, wasm)
		require.ErrorIs(t, err, gohost.ErrContract)
		_, err = gohost.Load(ctx, wasm, gohost.WithInterpreter())
		require.ErrorIs(t, err, gohost.ErrContract)
	}
}

func TestTablesAreBounded(t *testing.T) {
	for name, opts := range map[string][]gohost.Option{"compiler": nil, "interpreter": {gohost.WithInterpreter()}} {
		eng := load(t, "table_grows", append(opts, gohost.WithMaxInstances(1))...)
		for entries, want := range map[uint32]bool{1 << 10: true, 1 << 18: false, math.MaxUint32 - 15: false} {
			grew, err := eng.ValidateChecksum(ctx, nil, entries)
			require.NoError(t, err, name)
			assert.Equal(t, want, grew, "%s: %d entries", name, entries)
		}
	}
	_, err := gohost.Load(ctx, module(t, "table_bomb"))
	require.ErrorIs(t, err, gohost.ErrLimit)
	assert.ErrorContains(t, err, "131072 entries")
}

func TestStartThatNeverEnds(t *testing.T) {
	for _, name := range []string{"start_loops", "initialize_loops"} {
		for _, opt := range []gohost.Option{gohost.WithMaxInstances(1), gohost.WithInterpreter()} {
			limited, cancel := context.WithTimeout(ctx, 500*time.Millisecond)
			_, err := gohost.Load(limited, module(t, name), opt)
			cancel()
			require.ErrorIs(t, err, context.DeadlineExceeded, name)
			require.NotErrorIs(t, err, gohost.ErrContract, name)
		}
	}
}

func TestExportsOfTheWrongTypeAreFoundAtLoad(t *testing.T) {
	for name, want := range map[string]string{
		"initialize_wants":    `"_initialize" has the type (func (param i32)), not (func)`,
		"post_return_of_bool": `#validate-checksum" has the type (func (param i32 i32)), not (func (param i32))`,
	} {
		_, err := gohost.Load(ctx, module(t, name))
		require.ErrorIs(t, err, gohost.ErrContract, name)
		assert.ErrorContains(t, err, want)
	}
}

// late is a context whose end takes its time to be seen, which stretches the
// moment in which a call returns just as its context ends.
type late struct{ context.Context }

func (l late) Err() error {
	err := l.Context.Err()
	if err != nil {
		time.Sleep(60 * time.Millisecond)
	}
	return err
}

// wazero may be about to close an instance whose call has returned already.
func TestEndOfOneContextDoesNotStopTheNextCall(t *testing.T) {
	eng := load(t, "slow", gohost.WithMaxInstances(1))
	for try := range uint32(12) {
		canceled, cancel := context.WithCancel(ctx)
		time.AfterFunc(5*time.Millisecond, cancel)
		_, err := eng.ValidateChecksum(late{canceled}, nil, 500_000*(try+1))
		if err != nil {
			require.ErrorIs(t, err, context.Canceled)
		}
		time.Sleep(80 * time.Millisecond)
		ok, err := eng.ValidateChecksum(ctx, nil, 1)
		require.NoError(t, err)
		assert.True(t, ok)
	}
}

// withDebugInfo adds debug sections that say the trap is in a function inlined
// from the given file; there is only file 1. wazero v1.12.0 believes any number.
func withDebugInfo(wasm []byte, file byte) []byte {
	u32 := func(v uint32) []byte { return binary.LittleEndian.AppendUint32(nil, v) }
	sized := func(parts ...[]byte) []byte {
		all := slices.Concat(parts...)
		return append(u32(uint32(len(all))), all...)
	}
	custom := func(name string, data []byte) []byte {
		body := append(append(binary.AppendUvarint(nil, uint64(len(name))), name...), data...)
		return append(binary.AppendUvarint([]byte{0}, uint64(len(body))), body...)
	}
	abbreviations := []byte{
		1, 0x11, 1, 0x11, 0x01, 0x12, 0x06, 0x10, 0x17, 0, 0, // compile unit: pcs, line table
		2, 0x1d, 0, 0x11, 0x01, 0x12, 0x06, 0x58, 0x0d, 0x59, 0x0b, 0, 0, // inlined: pcs, file, line
		0,
	}
	info := sized(
		[]byte{4, 0}, u32(0), []byte{4},
		[]byte{1}, u32(1), u32(0xfff0), u32(0),
		[]byte{2}, u32(1), u32(0xfff0), []byte{file, 7},
		[]byte{0},
	)
	header := slices.Concat([]byte{1, 1, 1, 0xfb, 14, 13, 0, 1, 1, 1, 1, 0, 0, 0, 1, 0, 0, 1, 0}, []byte("a.rs\x00\x00\x00\x00\x00"))
	program := slices.Concat([]byte{0, 5, 2}, u32(1), []byte{1, 2}, binary.AppendUvarint(nil, 0xffe0), []byte{1, 2, 4, 0, 1, 1})
	line := sized([]byte{4, 0}, u32(uint32(len(header))), header, program)
	return slices.Concat(wasm,
		custom(".debug_abbrev", abbreviations), custom(".debug_info", info), custom(".debug_line", line),
		custom(".debug_str", []byte{0}), custom(".debug_ranges", make([]byte, 8)))
}

func TestDebugInfoThatLies(t *testing.T) {
	for _, file := range []byte{1, 0, 0x7f} {
		wasm := withDebugInfo(module(t, "echo"), file)
		for _, opts := range [][]gohost.Option{
			nil,
			{gohost.WithInterpreter()},
			{gohost.WithDebugInfo()},
			{gohost.WithDebugInfo(), gohost.WithInterpreter()},
		} {
			eng, err := gohost.Load(ctx, wasm, append(opts, gohost.WithMaxInstances(1))...)
			require.NoError(t, err)
			_, err = eng.ProcessBatch(ctx, batch(1))
			require.ErrorIs(t, err, gohost.ErrTrap)
			out, err := eng.ProcessBatch(ctx, batch(0))
			require.NoError(t, err, "the pool is whole")
			assert.True(t, bytes.Equal(batch(0), out))
			require.NoError(t, eng.Close(ctx))
		}
	}
}
