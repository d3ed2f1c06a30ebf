package admission

import "fmt"

// A Lease is what a request holds of a gate. It is not safe for concurrent use.
type Lease struct {
	gate    *Gate
	holders []Holder
	slots   int
	bytes   int64
}

// Bytes returns the number of bytes it holds.
func (l *Lease) Bytes() int64 { return l.bytes }

// Resize changes the number of bytes it holds. It fails at once if there are not enough:
// no request waits while it holds something.
func (l *Lease) Resize(bytes int64) error {
	g := l.gate
	g.mu.Lock()
	defer g.mu.Unlock()
	more := bytes - l.bytes
	if more > 0 {
		if g.used.Bytes+more > g.limits.Bytes {
			return &BusyError{Gate: g.name, Why: "its memory is in use"}
		}
		for _, h := range l.holders {
			if g.holder(h).Bytes+more > g.limits.ShareBytes {
				return &BusyError{Gate: g.name, Why: fmt.Sprintf("the %s has used its share of the memory", h.Name)}
			}
		}
	}
	g.take(l, 0, more)
	if more < 0 {
		g.grant()
	}
	return nil
}

// LeaveSlot releases the slot and keeps the bytes.
func (l *Lease) LeaveSlot() { l.give(l.slots, 0) }

// Release releases everything. It may be called more than once, and on nil.
func (l *Lease) Release() {
	if l != nil {
		l.give(l.slots, l.bytes)
	}
}

func (l *Lease) give(slots int, bytes int64) {
	if slots == 0 && bytes == 0 {
		return
	}
	l.gate.mu.Lock()
	defer l.gate.mu.Unlock()
	l.gate.take(l, -slots, -bytes)
	l.gate.grant()
}
