package compilertest

import (
	"bytes"
	"os"
	"runtime"
	"testing"
	"time"
)

// LeavesNoCode runs f and checks that all code that was mapped meanwhile is unmapped.
func LeavesNoCode(t testing.TB, f func()) {
	t.Helper()
	before := mappings(t)
	f()
	after := 0
	for range 500 {
		// Code is unmapped by finalizers, some time after a collection.
		runtime.GC()
		if after = mappings(t); after <= before {
			return
		}
		time.Sleep(10 * time.Millisecond)
	}
	t.Errorf("%d mappings of code are left, where there were %d", after, before)
}

// mappings counts the mappings of code that come from no file.
func mappings(t testing.TB) (n int) {
	t.Helper()
	maps, err := os.ReadFile("/proc/self/maps")
	if err != nil {
		t.Fatal(err)
	}
	for line := range bytes.Lines(maps) {
		if fields := bytes.Fields(line); len(fields) == 5 && bytes.ContainsRune(fields[1], 'x') {
			n++
		}
	}
	return n
}
