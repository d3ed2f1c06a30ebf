package transform

import (
	"encoding/binary"
	"errors"
	"reflect"

	"github.com/apache/beam/sdks/v2/go/pkg/beam"
)

func init() {
	beam.RegisterCoder(reflect.TypeFor[Group](), encodeGroup, decodeGroup)
}

// Group is what points are aggregated by: a series and a window of time. Beam's own windows have
// no months, so files are divided into windows by the key.
type Group struct {
	// Key names the series.
	Key string
	// Start is the beginning of the window, in Unix seconds.
	Start int64
}

// encodeGroup is deterministic, as a key must be.
func encodeGroup(g Group) []byte {
	out := make([]byte, 0, 8+len(g.Key))
	out = binary.BigEndian.AppendUint64(out, uint64(g.Start))
	return append(out, g.Key...)
}

func decodeGroup(b []byte) (Group, error) {
	if len(b) < 8 {
		return Group{}, errors.New("a group of less than 8 bytes")
	}
	return Group{Key: string(b[8:]), Start: int64(binary.BigEndian.Uint64(b))}, nil
}
