package wasi

import (
	"context"
	"math"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"example.org/compute-pipeline/gohost/internal/fuel"
	"example.org/compute-pipeline/gohost/internal/granted"
)

// onClock is a subscription to a clock.
func onClock(userdata uint64, clock uint32, timeout uint64, flags uint16) []byte {
	s := make([]byte, subscriptionSize)
	le.PutUint64(s, userdata)
	s[8] = pollClock
	le.PutUint32(s[16:], clock)
	le.PutUint64(s[24:], timeout)
	le.PutUint64(s[32:], math.MaxUint64) // the precision, which is ignored
	le.PutUint16(s[40:], flags)
	return s
}

// onFd is a subscription to a descriptor.
func onFd(userdata uint64, kind uint8, fd uint32) []byte {
	s := make([]byte, subscriptionSize)
	le.PutUint64(s, userdata)
	s[8] = kind
	le.PutUint32(s[16:], fd)
	return s
}

// event is what comes of a subscription.
type event struct {
	userdata uint64
	no       errno
	kind     uint8
}

// poll polls subscriptions.
func (g *guest) poll(subscriptions ...[]byte) (events []event) {
	g.t.Helper()
	g.put(atData, slices.Concat(subscriptions...))
	out := uint32(atData + subscriptionSize*len(subscriptions))
	require.Equal(g.t, success, g.call("poll_oneoff", atData, uint64(out), uint64(len(subscriptions)), atResult))
	n, _ := g.module.Memory().ReadUint32Le(atResult)
	for i := range n {
		e, ok := g.module.Memory().Read(out+i*eventSize, eventSize)
		require.True(g.t, ok)
		events = append(events, event{le.Uint64(e), errno(le.Uint16(e[8:])), e[10]})
		assert.Equal(g.t, make([]byte, eventSize-11), e[11:])
	}
	return events
}

const (
	aYear = uint64(365 * 24 * time.Hour)
	ever  = math.MaxUint64
)

func TestPollingClocks(t *testing.T) {
	now := time.Now()
	g, _ := ours(t, Config{Now: func() time.Time { return now }})
	real, mono := uint64(now.UnixNano()), uint64(now.Sub(granted.Began))
	due := func(userdata uint64) event { return event{userdata, success, pollClock} }
	for name, c := range map[string]struct {
		subscriptions [][]byte
		want          []event
	}{
		"none to go":             {[][]byte{onClock(1, monotonic, 0, 0)}, []event{due(1)}},
		"a moment":               {[][]byte{onClock(1, realtime, 1000, 0)}, []event{due(1)}},
		"a time that has been":   {[][]byte{onClock(1, realtime, real-5, absoluteTime), onClock(2, monotonic, 0, absoluteTime)}, []event{due(1), due(2)}},
		"a time that is now":     {[][]byte{onClock(1, realtime, real, absoluteTime), onClock(2, monotonic, mono, absoluteTime)}, []event{due(1), due(2)}},
		"a time to come":         {[][]byte{onClock(1, realtime, real+1000, absoluteTime), onClock(2, monotonic, mono+1000, absoluteTime)}, []event{due(1), due(2)}},
		"the first of several":   {[][]byte{onClock(1, realtime, aYear, 0), onClock(2, monotonic, 5, 0), onClock(3, monotonic, ever, 0), onClock(2, realtime, 5, 0)}, []event{due(2), due(2)}},
		"clocks of a process":    {[][]byte{onClock(1, 2, 0, 0), onClock(2, 3, ever, 0), onClock(3, realtime, 1, 0)}, []event{{1, inval, pollClock}, {2, inval, pollClock}}},
		"unknown flags":          {[][]byte{onClock(1, realtime, ever, 2), onClock(2, realtime, ever, 0x8001)}, []event{{1, inval, pollClock}, {2, inval, pollClock}}},
		"descriptors":            {[][]byte{onFd(1, pollFdRead, 0), onFd(2, pollFdWrite, 1), onFd(3, pollFdRead, 77), onFd(4, pollFdWrite, 1<<32-1)}, []event{{1, notsup, pollFdRead}, {2, notsup, pollFdWrite}, {3, badf, pollFdRead}, {4, badf, pollFdWrite}}},
		"descriptors and a year": {[][]byte{onClock(1, realtime, aYear, 0), onFd(2, pollFdRead, 0), onClock(3, realtime, 0, 0)}, []event{{2, notsup, pollFdRead}, due(3)}},
	} {
		assert.Equal(t, c.want, g.poll(c.subscriptions...), name)
	}
}

func TestPollingAsByWazero(t *testing.T) {
	p := newPair(t, mapFS)
	for _, s := range [][]byte{onClock(1<<63+7, monotonic, 0, 0), onClock(2, realtime, 1, 0), onFd(3, pollFdWrite, 1), onFd(4, pollFdWrite, 70)} {
		p.put(atData, slices.Concat(s, s))
		for count := range uint64(3) {
			p.call("poll_oneoff", atData, atPath, count, atResult)
		}
	}
}

// Nothing is written by a call that fails, and nothing waits.
func TestPollingWithBadArguments(t *testing.T) {
	g, _ := ours(t, Config{Now: time.Now})
	endless := onClock(1, monotonic, ever, 0)
	g.put(atData, slices.Concat(endless, endless, onFd(1, 3, 0)))
	before := slices.Clone(g.memory())
	const max32 = 1<<32 - 1
	for _, c := range []struct {
		args []uint64
		want errno
	}{
		{[]uint64{atData, 0, 0, 0}, inval},
		{[]uint64{atData, 0, granted.MaxSubscriptions + 1, 0}, inval},
		{[]uint64{atData, 0, max32, 0}, inval},
		{[]uint64{atData, 0, 1 << 28, 0}, inval}, // times 48 it is 3 x 2^32
		{[]uint64{atData, 0, 3, 0}, inval},       // the third is of no kind
		{[]uint64{memorySize - subscriptionSize + 1, 0, 1, 0}, fault},
		{[]uint64{max32, 0, 1, 0}, fault},
		{[]uint64{atData, memorySize - 2*eventSize + 1, 2, 0}, fault},
		{[]uint64{atData, max32 - eventSize + 2, 1, 0}, fault},
		{[]uint64{atData, 0, 1, memorySize - 3}, fault},
		{[]uint64{atData, 0, 1, max32}, fault},
	} {
		assert.Equal(t, c.want, g.call("poll_oneoff", c.args...), "%x", c.args)
		assert.Equal(t, before, g.memory(), "%x", c.args)
	}
	g, _ = ours(t, Config{})
	assert.Equal(t, nosys, g.call("poll_oneoff", atData, 0, 1, 0))
}

// Events may go where the subscriptions were, and the number of events over both.
func TestPollingInOverlappingMemory(t *testing.T) {
	g, _ := ours(t, Config{Now: time.Now})
	var list []byte
	for i := range granted.MaxSubscriptions {
		list = append(list, onFd(uint64(i), pollFdRead, 0)...)
	}
	for _, out := range []uint32{atData, atData - eventSize, atData + 8, atData + subscriptionSize, atData + 1} {
		g.put(atData, list)
		require.Equal(t, success, g.call("poll_oneoff", atData, uint64(out), granted.MaxSubscriptions, uint64(out)+4))
		for i := range uint32(granted.MaxSubscriptions) {
			e, ok := g.module.Memory().Read(out+i*eventSize, eventSize)
			require.True(t, ok)
			want := uint64(i)
			if i == 0 {
				want = granted.MaxSubscriptions << 32 // written last
			}
			require.Equal(t, want, le.Uint64(e), "event %d at %d", i, out)
			require.EqualValues(t, notsup, le.Uint16(e[8:]))
		}
	}
}

// endsInWait is a context that ends when somebody waits for its end.
type endsInWait struct {
	context.Context
	end context.CancelFunc
}

func (e endsInWait) Done() <-chan struct{} {
	e.end()
	return e.Context.Done()
}

func TestWaitingEndsWithTheContext(t *testing.T) {
	g, h := ours(t, Config{Now: time.Now})
	for _, s := range [][]byte{
		onClock(1, monotonic, ever, 0), onClock(1, monotonic, 1<<63, 0), onClock(1, realtime, 1<<63-1, 0),
		onClock(1, realtime, ever, absoluteTime), onClock(1, monotonic, 1<<63, absoluteTime),
	} {
		ctx, cancel := context.WithCancel(t.Context())
		defer cancel()
		g.put(atData, s)
		_, err := g.module.ExportedFunction("poll_oneoff").Call(h.Within(endsInWait{ctx, cancel}), atData, 0, 1, atResult)
		var stopped *fuel.Stopped
		require.ErrorAs(t, err, &stopped)
		require.ErrorIs(t, stopped, context.Canceled)
	}
}

// impatient is a context whose end is near, and which is looked at so many times.
type impatient struct{ *endsAfter }

var closed = func() chan struct{} {
	c := make(chan struct{})
	close(c)
	return c
}()

func (impatient) Done() <-chan struct{} { return closed }

// Any arguments and subscriptions get an answer, or wait until the end of the call.
func TestPollingOfAnyKind(t *testing.T) {
	random := rand.New(rand.NewPCG(8, 20))
	g, h := ours(t, Config{Files: tree(), Now: time.Now})
	near := func(n uint64) uint64 { return n - uint64(random.IntN(100)) }
	number := func() uint64 {
		numbers := []uint64{random.Uint64(), near(100), near(memorySize), near(1 << 32), near(0), atData, atData, atResult}
		return numbers[random.IntN(len(numbers))]
	}
	answers := map[errno]int{}
	waited := 0
	for range 20_000 {
		var list []byte
		for range 1 + random.IntN(3) {
			switch random.IntN(3) {
			case 0:
				list = append(list, onClock(number(), uint32(random.IntN(4)), number(), uint16(random.IntN(3)))...)
			case 1:
				list = append(list, onFd(number(), uint8(random.IntN(4)), uint32(random.IntN(6)))...)
			case 2:
				list = le.AppendUint64(le.AppendUint64(list, number()), number())
			}
		}
		g.put(atData, list)
		ctx := impatient{&endsAfter{Context: t.Context(), looks: 10}}
		args := []uint64{number() & (1<<32 - 1), number() & (1<<32 - 1), uint64(random.IntN(4)), number() & (1<<32 - 1)}
		results, err := g.module.ExportedFunction("poll_oneoff").Call(h.Within(ctx), args...)
		if err != nil {
			require.ErrorIs(t, err, context.Canceled)
			waited++
			continue
		}
		answers[errno(results[0])]++
		require.LessOrEqual(t, cap(h.subscriptions), granted.MaxSubscriptions)
	}
	assert.NotZero(t, waited)
	for _, no := range []errno{success, fault, inval} {
		assert.NotZero(t, answers[no], no)
	}
	assert.Len(t, answers, 3)
}
