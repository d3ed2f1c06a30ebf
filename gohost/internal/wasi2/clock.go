package wasi2

import (
	"math"
	"time"

	"example.org/compute-pipeline/gohost/cabi"
	"example.org/compute-pipeline/gohost/internal/granted"
)

// pollable is something to wait for: that a stream can be used, which it always can, or a
// reading of the monotonic clock.
type pollable struct {
	owned
	clock bool
	at    uint64
}

// later returns the reading of a clock after a duration, up to the last there is.
func later(now, duration uint64) uint64 {
	if duration > math.MaxUint64-now {
		return math.MaxUint64
	}
	return now + duration
}

func (c *call) datetime(t time.Time) {
	at := c.result(16, 8)
	c.StoreU64(at, uint64(t.Unix()))
	c.StoreU32(at+8, uint32(t.Nanosecond()))
}

func (c *call) subscribeClock(at uint64) { c.push(pollables, &pollable{clock: true, at: at}) }

// left returns how many nanoseconds there are to wait.
func (c *call) left(p *pollable) uint64 {
	if !p.clock {
		return 0
	}
	return p.at - min(p.at, c.Monotonic())
}

func (c *call) ready() {
	if p := self[*pollable](c, pollables); c.Lifted() {
		c.PushBool(c.left(p) == 0)
	}
}

func (c *call) block() {
	if p := self[*pollable](c, pollables); c.Lifted() {
		c.Wait(granted.Nanoseconds(c.left(p)))
	}
}

var (
	listOfPollables = cabi.NewList(4, 4, func(c *cabi.Call, at uint32) *pollable {
		return cabi.LiftBorrow[*pollable](c, pollables, c.LoadU32(at))
	}, nil)
	listOfIndices = cabi.NewPlainList(4, 4, (*cabi.Call).LoadU32, (*cabi.Call).StoreU32)
)

// poll waits for the first of the pollables, and returns the indices of all that are ready
// then.
func (c *call) poll() {
	_, n := c.PopU32(), c.PopU32()
	if n == 0 || n > granted.MaxSubscriptions {
		c.violate("poll waits for %d pollables; it can for 1 to %d", n, granted.MaxSubscriptions)
		return
	}
	c.Charge(uint64(n) * granted.SubscriptionPrice)
	c.Seek(0)
	list := listOfPollables.Pop(c.Call, nil)
	if !c.Lifted() {
		return
	}
	waits := make([]uint64, len(list))
	first := uint64(math.MaxUint64)
	for i, p := range list {
		waits[i] = c.left(p)
		first = min(first, waits[i])
	}
	c.Wait(granted.Nanoseconds(first))
	var ready []uint32
	for i, wait := range waits {
		if wait <= first {
			ready = append(ready, uint32(i))
		}
	}
	listOfIndices.Store(c.Call, c.result(8, 4), ready)
}
