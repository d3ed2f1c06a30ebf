package natssource_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"github.com/nats-io/nats.go/jetstream"
	"github.com/stretchr/testify/require"

	"example.org/compute-pipeline/gohost/stream/internal/sourcetest"
	"example.org/compute-pipeline/gohost/stream/source"
)

// A job beside a consumer in plain Go, by turns, with the server in the same process: messages of
// one point, and of a hundred.
func Benchmark(b *testing.B) {
	for points, messages := range map[int]int{1: 100_000, 100: 10_000} {
		b.Run(fmt.Sprintf("points=%d", points), func(b *testing.B) {
			js := start(b).connect()
			sensors(b, js)
			bytes := 0
			var acks []jetstream.PubAckFuture
			all := sourcetest.Points(rand.New(rand.NewPCG(1, 1)), points*messages)
			for i := range messages {
				var texts []string
				for _, p := range all[points*i : points*(i+1)] {
					texts = append(texts, fmt.Sprintf(`{"timestamp": %d, "value": %.3f}`, p.Timestamp, p.Value))
				}
				text := "[" + strings.Join(texts, ",") + "]"
				bytes += len(text)
				ack, err := js.PublishAsync(all[points*i].Key, []byte(text))
				require.NoError(b, err)
				acks = append(acks, ack)
				if len(acks) == 1000 {
					<-js.PublishAsyncComplete()
					acks = acks[:0]
				}
			}
			<-js.PublishAsyncComplete()
			src := newSource(b, js)
			b.ResetTimer()
			sourcetest.ByTurns(b, messages, bytes, func() {
				consumer, err := js.OrderedConsumer(b.Context(), streamName, jetstream.OrderedConsumerConfig{})
				require.NoError(b, err)
				iterator, err := consumer.Messages(jetstream.PullMaxMessages(4096))
				require.NoError(b, err)
				defer iterator.Stop()
				plain := &sourcetest.Plain{}
				for range messages {
					m, err := iterator.Next()
					require.NoError(b, err)
					require.NoError(b, plain.Add(m.Subject(), m.Data()))
				}
			}, func() {
				one := job(source.Dir(b.TempDir()), func(context.Context, sourcetest.Output) error { return nil })
				one.Every, one.EveryMessages = time.Second, 0
				require.NoError(b, run(b, src, one))
			})
		})
	}
}
