package soak

import (
	"bytes"
	"fmt"
	"os"
	"runtime"
	"runtime/debug"
	"runtime/metrics"
	"strconv"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// holds is what the process holds at one moment. In bytes: heap is the part of Go's
// heap that the last collection found alive; anonymous is the resident memory that no
// file backs (Go's, the guests', compiled code); guests is the linear memory of all
// instances. Mappings are the process's regions of memory. Anonymous and mappings are 0
// on systems other than Linux.
type holds struct {
	calls                                                    uint64
	heap, anonymous, mappings, guests, goroutines, instances int64
}

func now() holds {
	live := []metrics.Sample{{Name: "/gc/heap/live:bytes"}}
	metrics.Read(live)
	h := holds{heap: int64(live[0].Value.Uint64()), goroutines: int64(runtime.NumGoroutine())}
	status, _ := os.ReadFile("/proc/self/status")
	kib, _ := kibibytes(status, "RssAnon:")
	h.anonymous = kib << 10
	maps, _ := os.ReadFile("/proc/self/maps")
	h.mappings = int64(bytes.Count(maps, []byte("\n")))
	return h
}

// kibibytes reads one line of /proc/PID/status.
func kibibytes(status []byte, name string) (int64, error) {
	_, after, _ := bytes.Cut(status, []byte(name))
	number, _, _ := bytes.Cut(bytes.TrimSpace(after), []byte(" "))
	return strconv.ParseInt(string(number), 10, 64)
}

// settled returns what is held after garbage collection and finalizers.
func settled() holds {
	for range 3 {
		debug.FreeOSMemory()
	}
	return now()
}

const (
	// heapSlack is for pools of the standard library and buffers of the runtime.
	heapSlack = 4 << 20
	// anonymousSlack is for the runtime's own structures, and spans in part in use.
	anonymousSlack = 32 << 20
	// mappingsSlack is for what the runtime adds to its own.
	mappingsSlack = 64
)

// left returns an error if the process holds more than before, beyond the slack and
// the allowed bytes.
func (before holds) left(allowed int64) error {
	after := settled()
	for _, series := range []struct {
		name                 string
		before, after, slack int64
	}{
		{"bytes of Go heap", before.heap, after.heap, heapSlack + allowed},
		{"bytes of anonymous memory", before.anonymous, after.anonymous, anonymousSlack + allowed},
		{"mappings", before.mappings, after.mappings, mappingsSlack},
		{"goroutines", before.goroutines, after.goroutines, 0},
	} {
		if more := series.after - series.before; more > series.slack {
			return fmt.Errorf("%d %s are left, more than %d", more, series.name, series.slack)
		}
	}
	return nil
}

// nothingLeft fails the test if anything is left. It waits for goroutines that are
// about to end.
func (before holds) nothingLeft(t *testing.T, allowed int64) {
	t.Helper()
	err := before.left(allowed)
	for end := time.Now().Add(time.Minute); err != nil && time.Now().Before(end); err = before.left(allowed) {
		time.Sleep(20 * time.Millisecond)
	}
	assert.NoError(t, err)
}

// exceeds returns an error if a count is above its bound.
func (h holds) exceeds(bound holds) error {
	for _, count := range []struct {
		name       string
		is, atMost int64
	}{
		{"instances", h.instances, bound.instances},
		{"bytes of guests", h.guests, bound.guests},
		{"goroutines", h.goroutines, bound.goroutines},
	} {
		if count.is > count.atMost {
			return fmt.Errorf("%d %s, more than %d", count.is, count.name, count.atMost)
		}
	}
	return nil
}

// watch compares the process with the bound ten times a second, until the caller calls
// stop, which saves the samples. The probe fills in calls, guests and instances.
func watch(t *testing.T, name string, bound holds, probe func(*holds)) (stop func()) {
	rows := [][]string{{"seconds", "calls", "heap_bytes", "anonymous_bytes", "mappings", "guest_bytes", "goroutines", "instances"}}
	begin := time.Now()
	take := func() {
		h := now()
		probe(&h)
		assert.NoError(t, h.exceeds(bound))
		row := []string{fmt.Sprintf("%.3f", time.Since(begin).Seconds())}
		for _, v := range []int64{int64(h.calls), h.heap, h.anonymous, h.mappings, h.guests, h.goroutines, h.instances} {
			row = append(row, strconv.FormatInt(v, 10))
		}
		rows = append(rows, row)
	}
	end := make(chan struct{})
	var done sync.WaitGroup
	done.Go(func() {
		tick := time.NewTicker(100 * time.Millisecond)
		defer tick.Stop()
		for {
			select {
			case <-tick.C:
				take()
			case <-end:
				return
			}
		}
	})
	return func() {
		close(end)
		done.Wait()
		take()
		save(t, name, rows)
		t.Logf("%s calls in %s s", rows[len(rows)-1][1], rows[len(rows)-1][0])
	}
}

// A leak of two kilobytes a call, which even a short run must find, and others.
func TestALeakIsFound(t *testing.T) {
	before := settled()
	kept := make([][]byte, 0, 10_000)
	for range cap(kept) {
		kept = append(kept, make([]byte, 2<<10))
	}
	require.ErrorContains(t, before.left(0), "bytes of Go heap are left, more than 4194304")
	require.NoError(t, before.left(20<<20))
	assert.Len(t, kept, cap(kept))

	before = settled()
	end := make(chan struct{})
	go func() { <-end }()
	require.ErrorContains(t, before.left(0), "1 goroutines are left, more than 0")
	close(end)
	before.nothingLeft(t, 0)

	if before.anonymous > 0 {
		before.anonymous -= anonymousSlack + 1<<20
		require.ErrorContains(t, before.left(0), "bytes of anonymous memory are left, more than 33554432")
	}

	before = settled()
	if before.mappings > 0 {
		before.mappings -= mappingsSlack + 20
		require.ErrorContains(t, before.left(0), "mappings are left, more than 64")
	}
}

func TestABoundIsHeld(t *testing.T) {
	h := holds{instances: 5, guests: 400, goroutines: 9}
	require.NoError(t, h.exceeds(h))
	require.ErrorContains(t, h.exceeds(holds{instances: 4, guests: 400, goroutines: 9}), "5 instances, more than 4")
	require.ErrorContains(t, h.exceeds(holds{instances: 5, guests: 399, goroutines: 9}), "400 bytes of guests, more than 399")
	require.ErrorContains(t, h.exceeds(holds{instances: 5, guests: 400, goroutines: 8}), "9 goroutines, more than 8")
}
