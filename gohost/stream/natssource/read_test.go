package natssource_test

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/nats-io/nats.go/jetstream"
	"github.com/stretchr/testify/require"

	"example.org/compute-pipeline/gohost"
	"example.org/compute-pipeline/gohost/stream/natssource"
	"example.org/compute-pipeline/gohost/stream/source"
)

// A context that ends while the server is asked about a gap, as that of a checkpoint does, loses nothing.
func TestContextsThatEndWithinNextLoseNothing(t *testing.T) {
	js := start(t).connect()
	s := sensors(t, js)
	for range 10 {
		_, err := js.Publish(t.Context(), "sensors.a", []byte("1"))
		require.NoError(t, err)
	}
	require.NoError(t, s.DeleteMsg(t.Context(), 6))
	err := newSource(t, js).Run(t.Context(), func(ctx context.Context, p source.Partition) error {
		if _, err := p.Seek(ctx, source.Position{}); err != nil {
			return err
		}
		ended, cancel := context.WithCancel(ctx)
		cancel()
		var got []uint64
		for i := 0; len(got) < 9; i++ {
			with := ended
			if i > 100 { // the messages came by now, or come while this waits
				with = ctx
			} else {
				time.Sleep(time.Millisecond)
			}
			batch, err := p.Next(with)
			if err != nil {
				require.ErrorIs(t, err, context.Canceled)
				require.Empty(t, batch.Messages)
			}
			for _, m := range batch.Messages {
				got = append(got, m.Offset)
			}
		}
		require.Equal(t, []uint64{1, 2, 3, 4, 5, 7, 8, 9, 10}, got)
		return nil
	})
	require.NoError(t, err)
}

// Batches are bounded by bytes, too.
func TestBatchesAreBoundedByBytes(t *testing.T) {
	js := start(t).connect()
	sensors(t, js)
	const size, count, limit = 100_000, 60, 1 << 20
	for range count {
		_, err := js.Publish(t.Context(), "sensors.a", []byte(strings.Repeat(" ", size)))
		require.NoError(t, err)
	}
	err := newSource(t, js, natssource.WithBatch(4096, limit)).Run(t.Context(), func(ctx context.Context, p source.Partition) error {
		if _, err := p.Seek(ctx, source.Position{}); err != nil {
			return err
		}
		for n := 0; n < count; {
			batch, err := p.Next(ctx)
			require.NoError(t, err)
			require.LessOrEqual(t, len(batch.Messages)*size, limit+size)
			n += len(batch.Messages)
			require.Equal(t, n == count, batch.End)
		}
		return nil
	})
	require.NoError(t, err)
}

// A stream that drops messages without a sign is refused, unless gaps are allowed.
func TestStreamsThatDropMessagesUnseen(t *testing.T) {
	js := start(t).connect()
	for _, config := range []jetstream.StreamConfig{{MaxMsgsPerSubject: 2}, {AllowMsgTTL: true}} {
		config.Name, config.Subjects = streamName, []string{"sensors.>"}
		_, err := js.CreateStream(t.Context(), config)
		require.NoError(t, err)
		seek := func(ctx context.Context, p source.Partition) error {
			_, err := p.Seek(ctx, source.Position{})
			return err
		}
		err = newSource(t, js).Run(t.Context(), seek)
		require.ErrorIs(t, err, gohost.ErrInvalidInput)
		require.ErrorContains(t, err, "WithGaps")
		require.NoError(t, newSource(t, js, natssource.WithGaps()).Run(t.Context(), seek))
		require.NoError(t, js.DeleteStream(t.Context(), streamName))
	}
}
