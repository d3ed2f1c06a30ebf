// Package natssource reads streams of NATS JetStream for package source, and keeps the state of a
// source in a key-value bucket.
//
//	nc, err := nats.Connect(url, nats.MaxReconnects(-1))
//	js, err := jetstream.New(nc)
//	src, err := natssource.New(js, "SENSORS", natssource.WithSubjects("sensors.>"))
//	store, err := natssource.NewStore(ctx, js, "hourly")
//	runner, err := source.New(src, source.Job[gohost.Statistics]{Store: store, …})
//
// A stream is one partition, whose messages are read in the order of their sequence numbers, by a
// consumer that the server forgets. The position is with the state and not in the server: nothing is
// acknowledged, so the stream must keep its messages by limits and not by interest or as a work
// queue.
//
// The key of a message is its subject.
package natssource
