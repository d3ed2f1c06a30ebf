package gohost

// Datapoint is one measurement. The timestamp's unit is the caller's choice;
// nothing in the engine depends on it.
//
// Its memory is the guest's own layout (16 bytes: the timestamp, then the
// value) on a little-endian machine, so that a list of points is copied into
// the sandbox as it is.
type Datapoint struct {
	Timestamp uint64
	Value     float64
}

// PackedSize is the size of a datapoint in the packed form of
// [Engine.ProcessBatch], in bytes.
const PackedSize = 16
