package sources

import (
	"context"
	"time"

	"example.org/compute-pipeline/gohost/input"
)

const (
	readAheadBlock  = 256 << 10
	readAheadBlocks = 4
)

// A readAhead reads a few blocks ahead in a goroutine of its own, so that reading and
// decompression overlap the engine's work, and a read that blocks can be abandoned when
// the context ends.
type readAhead struct {
	ctx      context.Context
	stop     context.CancelFunc
	free     chan []byte
	full     chan block
	stopped  chan struct{}
	mayBlock bool // a read may block forever, so do not wait for it
	current  []byte
	spare    []byte // the block that has current
	err      error
}

type block struct {
	data []byte
	err  error
}

func newReadAhead(ctx context.Context, src *input.Decompressor, mayBlock bool) *readAhead {
	r := &readAhead{
		free:     make(chan []byte, readAheadBlocks),
		full:     make(chan block, readAheadBlocks),
		stopped:  make(chan struct{}),
		mayBlock: mayBlock,
	}
	r.ctx, r.stop = context.WithCancel(ctx)
	for range readAheadBlocks {
		r.free <- make([]byte, readAheadBlock)
	}
	go r.run(src)
	return r
}

func (r *readAhead) run(src *input.Decompressor) {
	defer close(r.stopped)
	defer src.Close()
	for {
		var b block
		select {
		case b.data = <-r.free:
		case <-r.ctx.Done():
			return
		}
		n, err := src.Read(b.data[:cap(b.data)])
		b.data, b.err = b.data[:n], err
		select {
		case r.full <- b:
		case <-r.ctx.Done():
			return
		}
		if err != nil {
			return
		}
	}
}

func (r *readAhead) Read(p []byte) (int, error) {
	for len(r.current) == 0 {
		if r.err != nil {
			return 0, r.err
		}
		r.take(nil)
	}
	n := copy(p, r.current)
	r.current = r.current[n:]
	return n, nil
}

// take makes the next block the current one, which has been read. It waits for a block, the
// context's end, or the given channel.
func (r *readAhead) take(until <-chan time.Time) {
	if r.spare != nil {
		r.free <- r.spare // never blocks: the channel has room for all blocks
		r.spare = nil
	}
	select {
	case b := <-r.full:
		r.current, r.spare, r.err = b.data, b.data, b.err
	case <-r.ctx.Done():
		r.err = r.ctx.Err()
	case <-until:
	}
}

// soon reports whether Read returns after no longer than d.
func (r *readAhead) soon(d time.Duration) bool {
	if len(r.current) > 0 || r.err != nil || len(r.full) > 0 {
		return true
	}
	timer := time.NewTimer(d)
	defer timer.Stop()
	r.take(timer.C)
	return len(r.current) > 0 || r.err != nil
}

func (r *readAhead) cancel() { r.stop() }

func (r *readAhead) wait() {
	if !r.mayBlock {
		<-r.stopped
	}
}
