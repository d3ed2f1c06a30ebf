package natssource_test

import (
	"context"
	"fmt"
	"log"
	"os"

	"github.com/nats-io/nats-server/v2/server"
	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"example.org/compute-pipeline/gohost"
	"example.org/compute-pipeline/gohost/stream"
	"example.org/compute-pipeline/gohost/stream/natssource"
	"example.org/compute-pipeline/gohost/stream/source"
)

// A job computes windows of ten seconds of a stream, keeps its state in the same server, and goes on
// where it was when it runs again.
func Example() {
	dir, err := os.MkdirTemp("", "")
	if err != nil {
		log.Fatal(err)
	}
	defer os.RemoveAll(dir)
	ns, err := server.NewServer(&server.Options{Host: "127.0.0.1", Port: server.RANDOM_PORT, JetStream: true, StoreDir: dir, NoSigs: true, NoLog: true})
	if err != nil {
		log.Fatal(err)
	}
	ns.Start()
	defer ns.Shutdown()
	nc, err := nats.Connect(ns.ClientURL(), nats.MaxReconnects(-1))
	if err != nil {
		log.Fatal(err)
	}
	defer nc.Close()
	js, err := jetstream.New(nc)
	if err != nil {
		log.Fatal(err)
	}

	ctx := context.Background()
	if _, err := js.CreateStream(ctx, jetstream.StreamConfig{Name: "SENSORS", Subjects: []string{"sensors.>"}}); err != nil {
		log.Fatal(err)
	}
	for t := range 25 {
		text := fmt.Appendf(nil, `[{"timestamp": %d, "value": %d.5}]`, t, t)
		if _, err := js.Publish(ctx, fmt.Sprintf("sensors.%d", t%2), text); err != nil {
			log.Fatal(err)
		}
	}

	eng, err := gohost.New(ctx)
	if err != nil {
		log.Fatal(err)
	}
	defer eng.Close(ctx)
	src, err := natssource.New(js, "SENSORS", natssource.WithSubjects("sensors.>"))
	if err != nil {
		log.Fatal(err)
	}
	store, err := natssource.NewStore(ctx, js, "tens")
	if err != nil {
		log.Fatal(err)
	}
	tens, err := source.New(src, source.Job[gohost.Statistics]{
		Engine:  eng,
		Windows: stream.Tumbling(10),
		Decode:  source.JSON(eng.AppendValidated),
		Store:   store,
		Emit: func(_ context.Context, o source.Output[gohost.Statistics]) error {
			fmt.Println(o.Number, o.Key, o.Span.Start, o.Value.Count, o.Value.Mean)
			return nil
		},
		ToEnd: true, // what is there; a service works until its context ends
	})
	if err != nil {
		log.Fatal(err)
	}
	if err := tens.Run(ctx); err != nil {
		log.Fatal(err)
	}
	// Output:
	// 0 sensors.0 0 5 4.5
	// 1 sensors.1 0 5 5.5
	// 2 sensors.0 10 5 14.5
	// 3 sensors.1 10 5 15.5
	// 4 sensors.0 20 3 22.5
	// 5 sensors.1 20 2 22.5
}
