package kafkasource_test

import (
	"context"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"github.com/twmb/franz-go/pkg/kgo"
	"github.com/twmb/franz-go/pkg/kmsg"

	"example.org/compute-pipeline/gohost/stream/internal/sourcetest"
	"example.org/compute-pipeline/gohost/stream/kafkasource"
	"example.org/compute-pipeline/gohost/stream/source"
)

// The group's offset is that of the last checkpoint.
func TestTheGroupHasTheOffset(t *testing.T) {
	b := start(t, 1)
	b.publish(sourcetest.Points(rand.New(rand.NewPCG(1, 3)), 500))
	one := job(source.Dir(t.TempDir()), func(context.Context, sourcetest.Output) error { return nil })
	one.EveryMessages, one.ToEnd = 50, false
	runner, err := source.New(b.source(kafkasource.WithGroup("g"), kafkasource.WithBatch(20, 1<<20)), one)
	require.NoError(t, err)
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	done := make(chan error, 1)
	go func() { done <- runner.Run(ctx) }()
	require.Eventually(t, func() bool {
		s := runner.Stats()
		return len(s) > 0 && s[0].Messages == 500
	}, time.Minute, time.Millisecond)
	cancel()
	require.ErrorIs(t, <-done, context.Canceled)
	require.Equal(t, uint64(500), runner.Stats()[0].Stored.Next)
	client, err := kgo.NewClient(b.client()...)
	require.NoError(t, err)
	defer client.Close()
	request := kmsg.NewPtrOffsetFetchRequest()
	group := kmsg.NewOffsetFetchRequestGroup()
	group.Group = "g"
	topic := kmsg.NewOffsetFetchRequestGroupTopic()
	topic.Topic, topic.Partitions = topicName, []int32{0}
	group.Topics = append(group.Topics, topic)
	request.Groups = append(request.Groups, group)
	response, err := request.RequestWith(t.Context(), client)
	require.NoError(t, err)
	require.Equal(t, int64(500), response.Groups[0].Topics[0].Partitions[0].Offset)
}

// WithGaps goes on if the topic drops messages while it is read, too.
func TestGapsWhileReading(t *testing.T) {
	b := start(t, 1)
	b.publish(sourcetest.Points(rand.New(rand.NewPCG(1, 4)), 100))
	for _, gaps := range []bool{false, true} {
		opts := []kafkasource.Option{kafkasource.WithPartitions(0), kafkasource.WithBatch(10, 1<<10)}
		if gaps {
			opts = append(opts, kafkasource.WithGaps())
		}
		err := b.source(opts...).Run(t.Context(), func(ctx context.Context, p source.Partition) error {
			at, err := p.Seek(ctx, source.Position{})
			require.NoError(t, err)
			b.publish(sourcetest.Points(rand.New(rand.NewPCG(1, 5)), 300))
			end := at.Next + 300
			if !gaps {
				end = 400
			}
			require.NoError(t, b.cluster.DeleteRecords(topicName, 0, int64(end)-50))
			before := at.Next
			for at.Next < end {
				batch, err := p.Next(ctx)
				if err != nil {
					return err
				}
				for _, m := range batch.Messages {
					require.GreaterOrEqual(t, m.Offset, before)
					before = m.Offset + 1
				}
				at = batch.After
			}
			require.Equal(t, end, before)
			return nil
		})
		if gaps {
			require.NoError(t, err)
		} else {
			require.ErrorIs(t, err, source.ErrPosition)
		}
	}
}
