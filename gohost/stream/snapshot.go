package stream

import (
	"context"
	"encoding/binary"
	"errors"
	"hash/crc32"
	"maps"
	"slices"
)

// ErrSnapshot is the error of bytes that are no snapshot, or one that is damaged, of another version,
// of other windows, another lateness, expiry or label.
var ErrSnapshot = errors.New("the snapshot cannot be used")

// The format of a snapshot: the magic, the version, then fields in the order in which Snapshot appends
// them, then a CRC-32C of all of it (4 bytes, little-endian). Numbers are unsigned LEB128, texts and
// states have their lengths before them.
const (
	snapshotMagic   = "cpstream"
	snapshotVersion = 2
)

// Flags of a snapshot.
const (
	flagPending = 1 << iota
	flagEnded

	flags
)

// Snapshot returns all that the operator holds, for [Restore]. It folds points that wait for their
// batch, which changes no result of an exact engine. Its size is that of the keys and the states,
// and about 20 bytes more for each. The same points give the same bytes, however they were split into
// calls, if the engine's states do not depend on that.
func (o *Operator[R]) Snapshot(ctx context.Context) ([]byte, error) {
	if err := o.ready(ctx); err != nil {
		return nil, err
	}
	t := o.table
	b := binary.AppendUvarint([]byte(snapshotMagic), snapshotVersion)
	b = appendText(b, t.config.label)
	b = appendText(b, t.windows.name)
	b = binary.AppendUvarint(b, t.config.lateness)
	b = binary.AppendUvarint(b, t.config.expiry)
	b = append(b, t.flags())
	for _, n := range []uint64{t.counts.Points, t.counts.Late, t.counts.Results, t.counts.Revisions, t.counts.Expired, t.marks.current} {
		b = binary.AppendUvarint(b, n)
	}
	b = binary.AppendUvarint(b, uint64(len(t.marks.all)))
	for _, name := range t.marks.names() {
		b = appendText(b, name)
		b = binary.AppendUvarint(b, t.marks.sources[name].mark)
	}
	b = binary.AppendUvarint(b, uint64(len(t.series)))
	for _, key := range slices.Sorted(maps.Keys(t.series)) {
		s := t.series[key]
		b = appendText(b, key)
		if t.config.expiry > 0 {
			b = binary.AppendUvarint(b, s.life)
			b = binary.AppendUvarint(b, s.seen)
		}
		b = binary.AppendUvarint(b, uint64(len(s.cells)))
		for _, c := range s.cells {
			var err error
			if b, err = t.appendCell(ctx, b, c); err != nil {
				return nil, err
			}
		}
	}
	return binary.LittleEndian.AppendUint32(b, crc32.Checksum(b, castagnoli)), nil
}

func (t *table) flags() byte {
	var f byte
	if t.pending {
		f |= flagPending
	}
	if t.ended {
		f |= flagEnded
	}
	return f
}

func (t *table) appendCell(ctx context.Context, b []byte, c *cell) ([]byte, error) {
	if err := t.fold(ctx, c); err != nil {
		return nil, err
	}
	state := c.state
	if c.place.size > 0 {
		var err error
		if state, err = t.memory.spill.read(c.place); err != nil {
			return nil, err
		}
	}
	b = binary.AppendUvarint(b, c.span.Start)
	b = binary.AppendUvarint(b, c.span.Last)
	b = append(b, byte(c.phase))
	b = binary.AppendUvarint(b, c.revision)
	b = binary.AppendUvarint(b, uint64(len(c.emitted)))
	for _, span := range c.emitted {
		b = binary.AppendUvarint(b, span.Start)
		b = binary.AppendUvarint(b, span.Last)
	}
	return appendText(b, string(state)), nil
}

func appendText(b []byte, text string) []byte {
	b = binary.AppendUvarint(b, uint64(len(text)))
	return append(b, text...)
}
