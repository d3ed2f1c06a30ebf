package wasi

import "example.org/compute-pipeline/gohost/internal/fuel"

// Prices in units of fuel, each of which is about a nanosecond of an idle machine,
// with the files in its cache: tests/hostile has a benchmark that compares them.
const (
	// callPrice is for leaving the guest and looking at the clock.
	callPrice = 100
	// vectorPrice is for an entry of a list of buffers.
	vectorPrice = 10
	// bytesPerUnit are copied for one, as by the instructions in bulk.
	bytesPerUnit = 16
	// randomPrice is for one random byte.
	randomPrice = 2
	// linePrice is for a line of output, or a piece of one.
	linePrice = 200
	// systemPrice is for one question to the file system.
	systemPrice = 1_000
	// namePrice is for each name in a path, which is looked up by itself.
	namePrice = 3_000
	// entryPrice is for one entry of a directory: an os.Root looks up each.
	entryPrice = 3_000
)

// Bounds of what one function is given.
const (
	// chunk is how many bytes are worked on between two looks at the clock.
	chunk = 64 << 10
	// maxVectors bounds a list of buffers: IOV_MAX of Linux and the BSDs.
	maxVectors = 1024
	// maxPath bounds a path in bytes: PATH_MAX of Linux.
	maxPath = 4096
	// maxOpenFiles bounds what one instance may have open: each is memory of the
	// host, and perhaps a file descriptor of the process.
	maxOpenFiles = 64
	// entriesAtOnce are read of a directory between two looks at the clock, and
	// kept for the next function.
	entriesAtOnce = 64
)

// charge pays for what is about to be done, or ends the guest: wazero turns the
// panic of a host function into the error of the call.
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

// chargeBytes is charge for a chunk that goes through the host.
func (h *Host) chargeBytes(price uint64, n int) { h.charge(price + uint64(n)/bytesPerUnit) }
