package columnar

import (
	"context"
	"errors"
	"io"
	"sync"

	"example.org/compute-pipeline/gohost/input"
)

// A queue decodes the groups of a file in several goroutines, and gives their batches in the order of
// the file. A group whose turn it is not waits as soon as what is decoded has the size of ahead.
type queue struct {
	ahead  int64
	read   func(group int, spare func() input.Batch, put func(input.Batch) error) error
	groups []queued

	mu      sync.Mutex
	changed sync.Cond
	taken   int   // groups that are being decoded, or are
	front   int   // the group that the next batch is from
	held    int64 // size of the batches that wait
	free    []input.Batch
	stopped bool
	running sync.WaitGroup
}

// queued is what is decoded of a group.
type queued struct {
	batches []input.Batch
	ended   bool
	err     error
}

var errClosed = errors.New("the input was closed")

func newQueue(ahead int64, groups, parallel int, read func(int, func() input.Batch, func(input.Batch) error) error) *queue {
	q := &queue{ahead: ahead, read: read, groups: make([]queued, groups)}
	q.changed.L = &q.mu
	for range min(parallel, groups) {
		q.running.Go(q.work)
	}
	return q
}

// work decodes one group after the other. They are taken in order, so the front has been taken.
func (q *queue) work() {
	for {
		q.mu.Lock()
		i := q.taken
		if q.stopped || i == len(q.groups) {
			q.mu.Unlock()
			return
		}
		q.taken++
		q.mu.Unlock()
		err := q.read(i, q.spare, func(b input.Batch) error { return q.put(i, b) })
		q.mu.Lock()
		q.groups[i].ended, q.groups[i].err = true, err
		q.changed.Broadcast()
		q.mu.Unlock()
	}
}

// spare returns a batch that was used before, if there is one.
func (q *queue) spare() input.Batch {
	q.mu.Lock()
	defer q.mu.Unlock()
	if n := len(q.free); n > 0 {
		b := q.free[n-1]
		q.free = q.free[:n-1]
		return b
	}
	return input.Batch{}
}

func (q *queue) put(i int, b input.Batch) error {
	q.mu.Lock()
	defer q.mu.Unlock()
	group := &q.groups[i]
	for q.held >= q.ahead && !q.stopped && (i != q.front || len(group.batches) > 0) {
		q.changed.Wait()
	}
	if q.stopped {
		return errClosed
	}
	q.held += sizeOf(&b)
	group.batches = append(group.batches, b)
	q.changed.Broadcast()
	return nil
}

// next exchanges b for the next batch.
func (q *queue) next(ctx context.Context, b *input.Batch) error {
	stop := context.AfterFunc(ctx, func() {
		q.mu.Lock()
		defer q.mu.Unlock()
		q.changed.Broadcast()
	})
	defer stop()
	q.mu.Lock()
	defer q.mu.Unlock()
	for {
		if err := ctx.Err(); err != nil {
			return err
		}
		if q.stopped {
			return errClosed
		}
		if q.front == len(q.groups) {
			return io.EOF
		}
		switch group := &q.groups[q.front]; {
		case len(group.batches) > 0:
			if b.Columns != nil {
				q.free = append(q.free, *b)
			}
			*b = group.batches[0]
			group.batches = group.batches[1:]
			q.held -= sizeOf(b)
			q.changed.Broadcast()
			return nil
		case group.err != nil:
			return group.err
		case group.ended:
			group.batches = nil
			q.front++
			q.changed.Broadcast()
		default:
			q.changed.Wait()
		}
	}
}

// close ends the goroutines, and waits for them.
func (q *queue) close() {
	q.mu.Lock()
	q.stopped = true
	q.changed.Broadcast()
	q.mu.Unlock()
	q.running.Wait()
	q.mu.Lock()
	defer q.mu.Unlock()
	q.free, q.groups = nil, nil
}

// sizeOf returns the size of the values of a batch.
func sizeOf(b *input.Batch) int64 {
	size := 0
	for i := range b.Columns {
		c := &b.Columns[i]
		size += 8*cap(c.Integers) + 8*cap(c.Floats) + cap(c.Text) + 4*cap(c.Begins) + 4*cap(c.Ends) + cap(c.Missing)
	}
	return int64(size)
}
