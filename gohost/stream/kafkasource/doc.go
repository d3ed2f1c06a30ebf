// Package kafkasource reads topics of Kafka, or of what speaks its protocol, such as Redpanda, for
// package source, and keeps the state of a source in a compacted topic.
//
//	brokers := kgo.SeedBrokers("localhost:9092")
//	src, err := kafkasource.New("sensors", []kgo.Opt{brokers}, kafkasource.WithGroup("hourly"))
//	store, err := kafkasource.NewStore(ctx, "hourly-state", []kgo.Opt{brokers}, kafkasource.WithResults("hourly"))
//	runner, err := source.New(src, source.Job[gohost.Statistics]{Store: store, …})
//
// Each partition of the topic is a partition of the job, with a state of its own: the points of a key
// must be in one partition, as they are if messages have keys. Positions are with the state. A consumer
// group only divides the partitions among processes.
//
// Messages are read as they were committed: those of transactions that were aborted do not count.
package kafkasource
