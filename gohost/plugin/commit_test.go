package plugin_test

import (
	"context"
	"errors"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"example.org/compute-pipeline/gohost"
	"example.org/compute-pipeline/gohost/plugin"
)

var errFull = errors.New("the disk is full")

// ledger is a WithCommit that refuses when full is set.
type ledger struct {
	full    bool
	changes []plugin.Change
}

func (l *ledger) commit(_ context.Context, c plugin.Change) error {
	if l.full {
		return errFull
	}
	l.changes = append(l.changes, c)
	return nil
}

// hashes are what a plugin has.
type hashes struct {
	active, rollbackTo string
	kept               []string
}

func has(reg *plugin.Registry[gohost.Functions], name string) (h hashes) {
	st, err := reg.Status(name)
	if err != nil {
		return h
	}
	h.active, h.rollbackTo = st.Active.Hash, st.RollbackTo
	for _, v := range st.Versions {
		h.kept = append(h.kept, v.Hash)
	}
	return h
}

func TestChangesAreCommittedFirst(t *testing.T) {
	var l ledger
	loads, activations := 0, 0
	reg := newRegistry(t, untested, plugin.WithCommit(l.commit), plugin.WithHistory(2), plugin.WithHooks(plugin.Hooks{
		OnLoad:     func(plugin.LoadEvent) { loads++ },
		OnActivate: func(plugin.ActivateEvent) { activations++ },
	}))
	wasm := func(name string) plugin.Source { return plugin.Bytes(edition(echo(t), name)) }
	hash := func(name string) string { return hashOf(edition(echo(t), name)) }
	load := func(name string, opts ...plugin.LoadOption) func() error {
		return func() error { _, err := reg.Load(ctx, "a", wasm(name), opts...); return err }
	}
	for _, test := range []struct {
		what   string
		change func() error
		want   hashes
	}{
		{"first", load("1"), hashes{hash("1"), "", []string{hash("1")}}},
		{"again", load("1"), hashes{hash("1"), "", []string{hash("1")}}},
		{"second", load("2"), hashes{hash("2"), hash("1"), []string{hash("2"), hash("1")}}},
		{"standby", load("3", plugin.WithStandby()), hashes{hash("2"), hash("1"), []string{hash("3"), hash("2"), hash("1")}}},
		{"fourth", load("4"), hashes{hash("4"), hash("2"), []string{hash("4"), hash("3"), hash("2")}}},
		{"rollback", func() error { _, err := reg.Rollback(ctx, "a"); return err }, hashes{hash("2"), "", []string{hash("4"), hash("3"), hash("2")}}},
		{"activate", func() error { _, err := reg.Activate(ctx, "a", hash("3")); return err }, hashes{hash("3"), hash("2"), []string{hash("4"), hash("3"), hash("2")}}},
		{"unload", func() error { return reg.Unload(ctx, "a") }, hashes{}},
	} {
		before := has(reg, "a")
		swaps := activations
		l.full = true
		err := test.change()
		require.ErrorIs(t, err, errFull, test.what)
		require.ErrorIs(t, err, plugin.ErrNotCommitted, test.what)
		assert.Equal(t, before, has(reg, "a"), "%s: nothing changed", test.what)
		assert.Equal(t, swaps, activations, test.what)
		if before.active != "" {
			p, err := reg.Plugin("a")
			require.NoError(t, err)
			_, err = p.Binding().ProcessBatch(ctx, batch(doEcho))
			require.NoError(t, err, "%s: it goes on serving", test.what)
		}
		l.full = false
		committed := len(l.changes)
		require.NoError(t, test.change(), test.what)
		assert.Equal(t, test.want, has(reg, "a"), test.what)
		require.Len(t, l.changes, committed+1, test.what)
		c := l.changes[committed]
		assert.Equal(t, test.want, hashes{c.Active, c.RollbackTo, c.Kept}, "%s: what was told is what became", test.what)
		assert.Equal(t, "a", c.Plugin)
		assert.Equal(t, test.what == "unload", c.Removed)
	}
	assert.Equal(t, 10, loads)
}

// Close is not a change, so it does not call commit.
func TestTheEndOfARegistryIsNotCommitted(t *testing.T) {
	var l ledger
	reg, err := plugin.NewRegistry(gohost.Binding(), untested, plugin.WithCommit(l.commit))
	require.NoError(t, err)
	load(t, reg, "a", echo(t))
	l.full = true
	require.NoError(t, reg.Close(ctx))
}

func TestTheGateIsAskedBeforeAModuleIsCompiled(t *testing.T) {
	var asked []plugin.Candidate
	held := map[string]bool{}
	open := 0
	reg := newRegistry(t, plugin.WithGate(func(_ context.Context, c plugin.Candidate) (func(), error) {
		asked = append(asked, c)
		if held[c.Hash] {
			return nil, errFull
		}
		open++
		return func() { open-- }, nil
	}))
	first, second := engine(t), edition(engine(t), "second")
	held[hashOf(second)] = true
	load(t, reg, "a", first)
	_, err := reg.Load(ctx, "a", plugin.Bytes(second))
	require.ErrorIs(t, err, plugin.ErrHeldBack)
	require.ErrorIs(t, err, errFull)
	serves(t, reg, "a", first)
	load(t, reg, "a", first)
	_, err = reg.Load(ctx, "a", plugin.Bytes(echo(t)))
	require.ErrorIs(t, err, plugin.ErrSelfTest)
	_, err = reg.Load(ctx, "a", plugin.Bytes([]byte("no module")))
	require.ErrorIs(t, err, gohost.ErrContract)
	_, err = reg.Load(ctx, "engine", plugin.Embedded())
	require.NoError(t, err)
	assert.Zero(t, open, "each load that was let in has ended")
	assert.Equal(t, []plugin.Candidate{
		{Plugin: "a", Hash: hashOf(first), Source: "bytes"},
		{Plugin: "a", Hash: hashOf(second), Source: "bytes"},
		{Plugin: "a", Hash: hashOf(echo(t)), Source: "bytes"},
		{Plugin: "a", Hash: hashOf([]byte("no module")), Source: "bytes"},
	}, asked, "not for what is there already, and not for the program's own engine")
}
