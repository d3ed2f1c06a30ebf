package source

import (
	"errors"
	"fmt"
)

var (
	// ErrFenced: another process has saved a newer state of the partition, or has taken it over. What
	// this one did since its last checkpoint does not count, and it must not go on.
	ErrFenced = errors.New("another process has taken over the partition")
	// ErrCheckpoint: what a store has is no checkpoint, or it is damaged, or of another version or
	// partition.
	ErrCheckpoint = errors.New("the checkpoint cannot be used")
	// ErrPosition: the log does not have the position that is stored with the state. Messages are
	// lost, or it is another log.
	ErrPosition = errors.New("the log does not have the stored position")
)

// A PoisonError is the error of a message that has no points. [Job.Poison] decides what becomes
// of it.
type PoisonError struct {
	Partition string
	Topic     string
	Offset    uint64
	Err       error // what was wrong with it
}

func (e *PoisonError) Error() string {
	return fmt.Sprintf("the message at offset %d of %s: %v", e.Offset, e.Partition, e.Err)
}

// Unwrap returns what was wrong with the message.
func (e *PoisonError) Unwrap() error { return e.Err }
