package kafkasource_test

import (
	"context"
	"encoding/json"
	"fmt"
	"log"

	"github.com/twmb/franz-go/pkg/kfake"
	"github.com/twmb/franz-go/pkg/kgo"

	"example.org/compute-pipeline/gohost"
	"example.org/compute-pipeline/gohost/stream"
	"example.org/compute-pipeline/gohost/stream/kafkasource"
	"example.org/compute-pipeline/gohost/stream/source"
)

// A job writes its results to a topic in the same transactions as its state: who reads what is
// committed sees each once.
func Example() {
	cluster, err := kfake.NewCluster(kfake.NumBrokers(1), kfake.SeedTopics(1, "sensors", "tens"))
	if err != nil {
		log.Fatal(err)
	}
	defer cluster.Close()
	brokers := []kgo.Opt{kgo.SeedBrokers(cluster.ListenAddrs()...)}
	ctx := context.Background()

	client, err := kgo.NewClient(append(brokers, kgo.ConsumeTopics("tens"), kgo.FetchIsolationLevel(kgo.ReadCommitted()))...)
	if err != nil {
		log.Fatal(err)
	}
	defer client.Close()
	for t := range 25 {
		text := fmt.Appendf(nil, `[{"timestamp": %d, "value": %d.5}]`, t, t)
		if err := client.ProduceSync(ctx, &kgo.Record{Topic: "sensors", Key: []byte("hall"), Value: text}).FirstErr(); err != nil {
			log.Fatal(err)
		}
	}

	eng, err := gohost.New(ctx)
	if err != nil {
		log.Fatal(err)
	}
	defer eng.Close(ctx)
	src, err := kafkasource.New("sensors", brokers)
	if err != nil {
		log.Fatal(err)
	}
	store, err := kafkasource.NewStore(ctx, "tens-state", brokers, kafkasource.WithResults("tens"))
	if err != nil {
		log.Fatal(err)
	}
	tens, err := source.New(src, source.Job[gohost.Statistics]{
		Engine:  eng,
		Windows: stream.Tumbling(10),
		Decode:  source.JSON(eng.AppendValidated),
		Store:   store,
		Encode: func(o source.Output[gohost.Statistics]) (key, value []byte, err error) {
			value, err = json.Marshal(map[string]any{"start": o.Span.Start, "count": o.Value.Count, "mean": o.Value.Mean})
			return []byte(o.Key), value, err
		},
		ToEnd: true, // what is there; a service works until its context ends
	})
	if err != nil {
		log.Fatal(err)
	}
	if err := tens.Run(ctx); err != nil {
		log.Fatal(err)
	}
	for n := 0; n < 3; {
		client.PollFetches(ctx).EachRecord(func(r *kgo.Record) {
			fmt.Printf("%s %s\n", r.Key, r.Value)
			n++
		})
	}
	// Output:
	// hall {"count":10,"mean":5,"start":0}
	// hall {"count":10,"mean":15,"start":10}
	// hall {"count":5,"mean":22.5,"start":20}
}
