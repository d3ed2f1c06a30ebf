// Package source runs a stream of package stream over a log of messages, such as a JetStream stream
// or a Kafka topic, and counts each message exactly once, through crashes and restarts.
//
//	runner, err := source.New(src, source.Job[gohost.Statistics]{
//		Engine:  eng,
//		Windows: stream.Tumbling(3600),
//		Decode:  source.JSON(eng.AppendValidated),
//		Store:   source.Dir("/var/lib/hourly"),
//		Emit:    func(ctx context.Context, o source.Output[gohost.Statistics]) error { … },
//	})
//	err = runner.Run(ctx)
//
// The sources are in Go modules of their own, natssource and kafkasource, beside this package.
//
// # Exactly once
//
// A log has partitions, and each partition has messages in an order. [Runner.Run] has one
// [stream.Operator] for each partition. Now and then it stores the operator's snapshot and the
// position in the partition together, in one atomic step ([Store]). Only then does it acknowledge
// messages to the source. A new process restores both and goes on with the message after the last one
// that the snapshot has: no message is missing in the state, and none is in it twice.
//
// A state belongs to one process at a time. If two run on one store, the one that is too late gets
// [ErrFenced] when it saves, and its work since its last checkpoint counts for nothing.
//
// # Results
//
// Results are emitted before the checkpoint that has them is stored: none is lost, and after a crash
// those since the last checkpoint come again. They are the same ones: what a partition's operator emits
// depends on the messages and their order and on nothing else, neither on time nor on batches. So
// [Output.Number], which counts the results of a partition, names the same result with the same bits
// in every run, and a sink that skips numbers it has is exact. Some stores can publish results so
// that readers see each once ([Job.Encode]).
package source
