package main

import (
	"cmp"
	"errors"
	"math/rand/v2"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

func sorterOf(dir string, limit int) *sorter[Row] {
	return &sorter[Row]{compare: compareRows, size: func(r Row) int { return 1 }, limit: limit, dir: dir}
}

func TestRowsAreSortedInRuns(t *testing.T) {
	r := rand.New(rand.NewPCG(31, 32))
	var rows []Row
	for i := range 2000 {
		rows = append(rows, Row{Key: strings.Repeat("k", r.IntN(4)), Start: int64(r.IntN(1000)), Line: []byte{byte(i), byte(i >> 8)}})
	}
	want := slices.Clone(rows)
	slices.SortFunc(want, func(a, b Row) int { return cmp.Or(cmp.Compare(a.Key, b.Key), cmp.Compare(a.Start, b.Start)) })
	for _, limit := range []int{5, 100, 5000} { // 400 runs, some of them merged; 20 runs; one in memory
		dir := t.TempDir()
		s := sorterOf(dir, limit)
		most := 0
		for _, row := range rows {
			require.NoError(t, s.add(row))
			most = max(most, len(s.values), len(s.runs))
		}
		require.LessOrEqual(t, most, max(limit, maxRuns))
		var got []Row
		require.NoError(t, s.each(func(row Row) error { got = append(got, row); return nil }))
		require.Len(t, got, len(want))
		seen := map[string]int{}
		for i := range want {
			require.Equal(t, want[i].Key, got[i].Key)
			require.Equal(t, want[i].Start, got[i].Start)
			seen[string(got[i].Line)]++
		}
		require.Len(t, seen, len(rows), "each row once")
		require.NoError(t, s.close())
		left, err := os.ReadDir(dir)
		require.NoError(t, err)
		require.Empty(t, left)
	}
}

func TestASortThatFails(t *testing.T) {
	s := sorterOf("/nowhere/at/all", 2)
	require.NoError(t, s.add(Row{}))
	require.ErrorIs(t, s.add(Row{}), os.ErrNotExist)

	s = sorterOf(t.TempDir(), 2)
	for range 10 {
		require.NoError(t, s.add(Row{}))
	}
	full := errors.New("the disk is full")
	require.ErrorIs(t, s.each(func(Row) error { return full }), full)
	require.NoError(t, s.close())
}
