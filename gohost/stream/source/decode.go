package source

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"math"
	"sync"

	"example.org/compute-pipeline/gohost"
	"example.org/compute-pipeline/gohost/stream"
)

// Decode appends the points of a message to dst. It is called by several goroutines at the same
// time. The same message must always give the same points, or the same error. It may not keep the
// message's bytes.
type Decode func(ctx context.Context, dst []stream.Point, m Message) ([]stream.Point, error)

// Validate appends the datapoints of a JSON array to dst, as [gohost.Engine.AppendValidated] does.
type Validate func(ctx context.Context, dst []gohost.Datapoint, raw []byte) ([]gohost.Datapoint, error)

// JSON decodes messages that are a JSON array of datapoints, as [gohost.Engine.ValidateStream] takes
// them. The key of all of them is that of the message.
func JSON(validate Validate) Decode {
	return decoder(func(ctx context.Context, dst []gohost.Datapoint, text []byte) ([]gohost.Datapoint, error) {
		return validate(ctx, dst, text)
	})
}

// NDJSON decodes messages that are one JSON object a line, each a datapoint as [JSON] takes it. Empty
// lines are allowed, and a message needs at least one other.
func NDJSON(validate Validate) Decode {
	return decoder(func(ctx context.Context, dst []gohost.Datapoint, text []byte) ([]gohost.Datapoint, error) {
		var array []byte
		before := len(dst)
		number := 0
		for line := range bytes.Lines(text) {
			number++
			if line = bytes.TrimSpace(line); len(line) == 0 {
				continue
			}
			array = append(append(append(array[:0], '['), line...), ']')
			n := len(dst)
			var err error
			if dst, err = validate(ctx, dst, array); err != nil {
				return dst, fmt.Errorf("line %d: %w", number, err)
			}
			if len(dst) != n+1 {
				return dst, fmt.Errorf("line %d has %d values, expected one", number, len(dst)-n)
			}
		}
		if len(dst) == before {
			return dst, errors.New("there are no lines")
		}
		return dst, nil
	})
}

// Packed decodes messages of datapoints of 16 bytes each, as [gohost.Engine.ProcessBatch] takes them:
// the timestamp as u64, then the value as double, little-endian. A message has at least one.
func Packed() Decode {
	return func(_ context.Context, dst []stream.Point, m Message) ([]stream.Point, error) {
		if len(m.Value) == 0 || len(m.Value)%gohost.PackedSize != 0 {
			return dst, fmt.Errorf("it has %d bytes, expected a multiple of %d", len(m.Value), gohost.PackedSize)
		}
		key := string(m.Key)
		for b := m.Value; len(b) > 0; b = b[gohost.PackedSize:] {
			dst = append(dst, stream.Point{Key: key, Datapoint: gohost.Datapoint{
				Timestamp: binary.LittleEndian.Uint64(b),
				Value:     math.Float64frombits(binary.LittleEndian.Uint64(b[8:])),
			}})
		}
		return dst, nil
	}
}

// decoder gives points the key of their message.
func decoder(parse Validate) Decode {
	buffers := sync.Pool{New: func() any { return new([]gohost.Datapoint) }}
	return func(ctx context.Context, dst []stream.Point, m Message) ([]stream.Point, error) {
		buffer := buffers.Get().(*[]gohost.Datapoint)
		defer buffers.Put(buffer)
		points, err := parse(ctx, (*buffer)[:0], m.Value)
		*buffer = points[:0]
		if err != nil {
			return dst, err
		}
		key := string(m.Key)
		for _, p := range points {
			dst = append(dst, stream.Point{Key: key, Datapoint: p})
		}
		return dst, nil
	}
}

// poisoned reports whether an error of decoding is the fault of the message. The others can be
// different the next time.
func poisoned(err error) bool {
	for _, other := range []error{context.Canceled, context.DeadlineExceeded, gohost.ErrClosed, gohost.ErrBusy} {
		if errors.Is(err, other) {
			return false
		}
	}
	var limit *gohost.LimitError
	return !errors.As(err, &limit) || limit.Which != gohost.LimitTime // a slow machine is not either
}
