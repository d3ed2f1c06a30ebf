package wasi

import (
	"time"

	"example.org/compute-pipeline/gohost/internal/fuel"
)

// Prices in units of fuel. A unit is about a nanosecond on an idle machine with the
// files in its cache; a benchmark in tests/hostile compares them.
const (
	// callPrice is for leaving the guest and checking the clock.
	callPrice = 100
	// vectorPrice is for an entry of a list of buffers.
	vectorPrice = 10
	// bytesPerUnit is how many bytes are copied per unit, as by bulk instructions.
	bytesPerUnit = 16
	// subscriptionPrice is for an entry of a list of subscriptions, and its event.
	subscriptionPrice = 20
	// waitPrice is for a nanosecond that a guest waits, in which it holds its instance.
	waitPrice = 1
	// randomPrice is for one random byte.
	randomPrice = 2
	// linePrice is for a line of output, or a piece of one.
	linePrice = 200
	// systemPrice is for one request to the file system.
	systemPrice = 1_000
	// namePrice is for each name in a path, since each is looked up.
	namePrice = 3_000
	// entryPrice is for one directory entry: an os.Root looks up each.
	entryPrice = 3_000
)

// Limits of one function call.
const (
	// chunk is how many bytes are processed between two checks of the clock.
	chunk = 64 << 10
	// maxVectors is the max length of a list of buffers: IOV_MAX of Linux and the
	// BSDs.
	maxVectors = 1024
	// maxSubscriptions is the max length of a list of subscriptions.
	maxSubscriptions = 1024
	// longestWait is how long a guest waits between two checks of the clock.
	longestWait = 100 * time.Millisecond
	// maxPath is the max length of a path in bytes: PATH_MAX of Linux.
	maxPath = 4096
	// maxOpenFiles is the max number of open files of an instance: each uses
	// memory of the host, and perhaps a file descriptor of the process.
	maxOpenFiles = 64
	// entriesAtOnce is how many directory entries are read between two checks of
	// the clock, and kept for the next call.
	entriesAtOnce = 64
)

// charge charges for work that is about to be done, or stops the guest: wazero turns
// the panic of a host function into the error of the call.
func (h *Host) charge(units uint64) {
	if h.meter == nil {
		if err := h.Err(); err != nil {
			panic(&fuel.Stopped{Reason: err})
		}
		return
	}
	if err := h.meter.Charge(h.module, units); err != nil {
		panic(err)
	}
}

// chargeBytes charges price and the copying of n bytes.
func (h *Host) chargeBytes(price uint64, n int) { h.charge(price + uint64(n)/bytesPerUnit) }
