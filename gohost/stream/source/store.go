package source

import "context"

// A Store keeps one state for each partition, and replaces it whole or not at all.
type Store interface {
	// Open begins to work on the state of a partition.
	Open(ctx context.Context, partition string) (Session, error)
}

// A Session is the work of one process on the state of one partition. Its methods are called by one
// goroutine at a time. After an error of Save or Publish nobody knows what has been stored: the
// session can only be closed, and what is stored is what the next one loads.
type Session interface {
	// Load returns what Save stored last, in this session or another, or nothing.
	Load(ctx context.Context) ([]byte, error)
	// Save replaces the state. It returns [ErrFenced] if another session has saved since this one was
	// opened.
	Save(ctx context.Context, state []byte) error
	Close() error
}

// A Publisher is a session that publishes results so that readers see each number once.
type Publisher interface {
	Publish(ctx context.Context, r Record) error
}

// A Record is an encoded result.
type Record struct {
	// Number is that of the result, [Output.Number]. It is one more than that of the record before,
	// or one that was published already, with the same bytes.
	Number     uint64
	Key, Value []byte
}
