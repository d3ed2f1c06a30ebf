package granted

import (
	"time"

	"example.org/compute-pipeline/gohost/internal/fuel"
)

// Prices in units of fuel. A unit is about a nanosecond on an idle machine with the
// files in its cache; a benchmark in tests/hostile compares them.
const (
	// CallPrice is for leaving the guest and checking the clock.
	CallPrice = 100
	// SubscriptionPrice is for an entry of a list of subscriptions, and its event.
	SubscriptionPrice = 20
	// SystemPrice is for one request to the file system.
	SystemPrice = 1_000

	// bytesPerUnit is how many bytes are copied per unit, as by bulk instructions.
	bytesPerUnit = 16
	// waitPrice is for a nanosecond that a guest waits, in which it holds its instance.
	waitPrice = 1
	// randomPrice is for one random byte.
	randomPrice = 2
	// linePrice is for a line of output, or a piece of one.
	linePrice = 200
	// namePrice is for each name in a path, since each is looked up.
	namePrice = 3_000
	// entryPrice is for one directory entry: an os.Root looks up each.
	entryPrice = 3_000
)

// Limits of one function call.
const (
	// Chunk is how many bytes are processed between two checks of the clock.
	Chunk = 64 << 10
	// MaxSubscriptions is the max length of a list of subscriptions.
	MaxSubscriptions = 1024
	// LongestWait is how long a guest waits between two checks of the clock.
	LongestWait = 100 * time.Millisecond
	// MaxPath is the max length of a path in bytes: PATH_MAX of Linux.
	MaxPath = 4096
	// MaxOpenFiles is the max number of open files of an instance: each uses
	// memory of the host, and perhaps a file descriptor of the process.
	MaxOpenFiles = 64
	// MaxHandles is the max number of handles of an instance, of files and all else.
	MaxHandles = 1024
	// EntriesAtOnce is how many directory entries are read between two checks of
	// the clock, and kept for the next call.
	EntriesAtOnce = 64
)

// Charge charges for work that is about to be done, or stops the guest: wazero turns
// the panic of a host function, a *fuel.Stopped, into the error of the call.
func (h *Host) Charge(units uint64) {
	if h.meter == nil {
		if err := h.Err(); err != nil {
			panic(&fuel.Stopped{Reason: err})
		}
		return
	}
	if err := h.meter.Charge(h.Module, units); err != nil {
		panic(err)
	}
}

// ChargeBytes charges price and the copying of n bytes.
func (h *Host) ChargeBytes(price uint64, n int) { h.Charge(price + uint64(n)/bytesPerUnit) }
