package wasi

import (
	"time"

	"example.org/compute-pipeline/gohost/internal/granted"
)

// Sizes in memory, as in witx/typenames.witx.
const (
	subscriptionSize = 48
	eventSize        = 32
)

// Kinds of subscriptions and their events.
const (
	pollClock   = 0
	pollFdRead  = 1
	pollFdWrite = 2
)

// absoluteTime is the flag of a timeout that is a time, not a duration.
const absoluteTime = 1

// subscription is what a guest waits for.
type subscription struct {
	userdata uint64
	kind     uint8
	no       errno         // of its event
	wait     time.Duration // until its event
}

// pollOneoff waits for the first clocks, and refuses everything else: the event of a file
// descriptor is an error, and comes at once. It writes an event for each subscription that
// has one after the shortest wait.
func pollOneoff(h *Host, p []uint64) errno {
	if h.Now == nil {
		return nosys
	}
	in, out, count := uint32(p[0]), uint32(p[1]), uint32(p[2])
	if count == 0 || count > granted.MaxSubscriptions {
		return inval
	}
	h.Charge(uint64(count) * granted.SubscriptionPrice)
	if no := h.subscribe(in, count); no != success {
		return no
	}
	// Checked before the wait, and not written to before it: a call that fails changes
	// nothing.
	events, no := h.view(out, count*eventSize)
	if no != success {
		return no
	}
	if _, no := h.view(uint32(p[3]), 4); no != success {
		return no
	}
	first := h.subscriptions[0].wait
	for _, s := range h.subscriptions {
		first = min(first, s.wait)
	}
	h.Wait(first)
	happened := uint32(0)
	for _, s := range h.subscriptions {
		if s.wait <= first {
			s.put(events[happened*eventSize:][:eventSize])
			happened++
		}
	}
	return h.putUint32(uint32(p[3]), happened)
}

// subscribe reads the subscriptions into the host, since their events may overwrite them.
func (h *Host) subscribe(in, count uint32) errno {
	list, no := h.view(in, count*subscriptionSize)
	if no != success {
		return no
	}
	h.subscriptions = h.subscriptions[:0]
	now := h.Now()
	for ; len(list) > 0; list = list[subscriptionSize:] {
		s := subscription{userdata: le.Uint64(list), kind: list[8]}
		switch s.kind {
		case pollClock:
			s.wait, s.no = timeout(now, le.Uint32(list[16:]), le.Uint64(list[24:]), le.Uint16(list[40:]))
		case pollFdRead, pollFdWrite:
			s.no = notsup
			if _, no := h.files.get(uint64(le.Uint32(list[16:]))); no != success {
				s.no = no
			}
		default:
			return inval
		}
		h.subscriptions = append(h.subscriptions, s)
	}
	return success
}

// timeout returns how long a clock has to go to its timeout. It ignores the precision: an
// event is never early.
func timeout(now time.Time, clock uint32, ns uint64, flags uint16) (time.Duration, errno) {
	if clock != realtime && clock != monotonic || flags&^absoluteTime != 0 {
		return 0, inval
	}
	if flags&absoluteTime != 0 {
		reading := uint64(now.UnixNano())
		if clock == monotonic {
			reading = uint64(now.Sub(granted.Began))
		}
		ns -= min(ns, reading)
	}
	return granted.Nanoseconds(ns), success
}

// put writes the event of a subscription.
func (s *subscription) put(to []byte) {
	clear(to)
	le.PutUint64(to, s.userdata)
	le.PutUint16(to[8:], uint16(s.no))
	to[10] = s.kind
}
