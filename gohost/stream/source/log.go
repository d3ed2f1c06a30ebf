package source

import (
	"context"
	"time"
)

// A Message is one message of a partition.
type Message struct {
	// Topic is the topic of Kafka, or the subject of NATS.
	Topic string
	// Key is the key of Kafka, or the subject of NATS.
	Key   []byte
	Value []byte
	// Offset grows with each message of a partition. It may skip numbers.
	Offset uint64
	// Time is when it was published, by the clock of the broker or the publisher.
	Time time.Time
}

// A Position is a place in a partition: that before a message.
type Position struct {
	// Log identifies what the offsets belong to. A log that was deleted and created again is
	// another one. Empty means the place where the source begins.
	Log string `json:"log"`
	// Next is the smallest offset that the next message can have.
	Next uint64 `json:"next"`
	// Epoch is that of the message before, for a log that has leaders, or -1.
	Epoch int32 `json:"epoch"`
}

// A Batch is what [Partition.Next] returns: messages in their order.
type Batch struct {
	// Messages are valid until the next call of Next.
	Messages []Message
	// After is the position behind them.
	After Position
	// Lag is how many messages, at most, are in the partition behind them.
	Lag uint64
	// End says that all messages that were there when [Partition.Seek] was called have been
	// returned.
	End bool
}

// A Partition is a sequence of messages that can be read again from any position. Its methods are
// called by one goroutine at a time.
type Partition interface {
	// Name identifies the partition in a [Store].
	Name() string
	// Seek makes Next begin at a position, and returns it with what was unknown filled in. It is called
	// once, before Next. A position that the log does not have is an [ErrPosition]: the log was
	// created again, is shorter, or no longer has messages that were not read.
	Seek(ctx context.Context, from Position) (Position, error)
	// Next returns what comes next. It waits until that is at least one message, or the end of the
	// messages that were there at the start. If the context ends, nothing is lost: the next call
	// returns the messages.
	Next(ctx context.Context) (Batch, error)
	// Commit says that a store has all messages before a position, so that they can be
	// acknowledged.
	Commit(ctx context.Context, before Position) error
}

// A Source has partitions.
type Source interface {
	// Run calls serve for each partition that belongs to this process, in a goroutine for each, and
	// returns once all calls have. If one fails, the contexts of the others end, and Run returns
	// that error. If a partition is to go to another process, its context ends, and another
	// process gets it only when serve has returned. If another process may have it already, the cause of
	// that context's end is an [ErrFenced], and nothing is stored.
	Run(ctx context.Context, serve func(context.Context, Partition) error) error
}
