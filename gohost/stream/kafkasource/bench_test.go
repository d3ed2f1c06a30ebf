package kafkasource_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"github.com/twmb/franz-go/pkg/kgo"

	"example.org/compute-pipeline/gohost/stream/internal/sourcetest"
	"example.org/compute-pipeline/gohost/stream/source"
)

// A job beside a consumer in plain Go, by turns, with the broker in the same process: messages of one
// point, and of a hundred.
func Benchmark(b *testing.B) {
	for points, messages := range map[int]int{1: 100_000, 100: 10_000} {
		b.Run(fmt.Sprintf("points=%d", points), func(b *testing.B) {
			k := start(b, 1)
			bytes := 0
			client, err := kgo.NewClient(k.client()...)
			require.NoError(b, err)
			defer client.Close()
			all := sourcetest.Points(rand.New(rand.NewPCG(1, 1)), points*messages)
			for i := range messages {
				var texts []string
				for _, p := range all[points*i : points*(i+1)] {
					texts = append(texts, fmt.Sprintf(`{"timestamp": %d, "value": %.3f}`, p.Timestamp, p.Value))
				}
				text := "[" + strings.Join(texts, ",") + "]"
				bytes += len(text)
				client.Produce(b.Context(), &kgo.Record{Topic: topicName, Key: []byte(all[points*i].Key), Value: []byte(text)}, nil)
			}
			require.NoError(b, client.Flush(b.Context()))
			src := k.source()
			b.ResetTimer()
			sourcetest.ByTurns(b, messages, bytes, func() {
				reader, err := kgo.NewClient(append(k.client(), kgo.ConsumeTopics(topicName), kgo.ConsumeResetOffset(kgo.NewOffset().AtStart()))...)
				require.NoError(b, err)
				defer reader.Close()
				plain := &sourcetest.Plain{}
				for n := 0; n < messages; {
					reader.PollRecords(b.Context(), 10_000).EachRecord(func(r *kgo.Record) {
						require.NoError(b, plain.Add(string(r.Key), r.Value))
						n++
					})
				}
			}, func() {
				one := job(source.Dir(b.TempDir()), func(context.Context, sourcetest.Output) error { return nil })
				one.Every, one.EveryMessages = time.Second, 0
				require.NoError(b, run(b, src, one))
			})
		})
	}
}
