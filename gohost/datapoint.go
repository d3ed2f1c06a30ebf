package gohost

// Datapoint is one measurement. The caller chooses the timestamp's unit; nothing in
// the engine depends on it.
//
// On a little-endian machine it has the guest's memory layout (16 bytes: the
// timestamp, then the value), so lists are copied into the sandbox without
// conversion.
type Datapoint struct {
	Timestamp uint64
	Value     float64
}

// PackedSize is the size in bytes of a packed datapoint; see
// [Engine.ProcessBatch].
const PackedSize = 16
