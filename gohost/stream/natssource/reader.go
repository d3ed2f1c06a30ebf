package natssource

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"example.org/compute-pipeline/gohost/stream/source"
)

// A message, or the error that ends the partition.
type incoming struct {
	jetstream.Msg
	meta *jetstream.MsgMetadata
	err  error
}

// A reader reads a stream in order and without gaps, through lost connections: the server numbers what
// it delivers to a consumer, and when a number is missing the reader makes another consumer, which begins
// at the message that is due. The ordered consumer of nats.go does the same, but drops messages
// when the reader is slow, and then reads them again.
type reader struct {
	*natsSource
	bytes int    // that are fetched at a time
	log   string // the stream that has what was read
	next  uint64 // sequence number from which on messages are due

	consumer  jetstream.Consumer // nil if there is to be another
	delivered uint64             // by it
	messages  chan []incoming    // no room: a fetch begins when the one before was taken
	done      chan struct{}
}

// Times of a reader: how long the server keeps the consumer of one that is gone, how often it shows that
// it is there while there are no messages, and how long to wait between attempts.
const (
	forgotten = time.Minute
	heartbeat = time.Second
	pause     = 50 * time.Millisecond
)

// open makes a consumer, and returns how many messages it has.
func (r *reader) open(ctx context.Context) (uint64, error) {
	consumer, err := r.js.CreateConsumer(ctx, r.stream, jetstream.ConsumerConfig{
		DeliverPolicy:     jetstream.DeliverByStartSequencePolicy,
		OptStartSeq:       r.next,
		FilterSubjects:    r.config.subjects,
		AckPolicy:         jetstream.AckNonePolicy,
		InactiveThreshold: forgotten,
		MemoryStorage:     true,
		Replicas:          1,
	})
	if err != nil {
		return 0, err
	}
	// A consumer belongs to one stream. If that was made again, it was before this.
	handle, err := r.js.Stream(ctx, r.stream)
	if err != nil {
		return 0, err
	}
	if err := r.check(handle.CachedInfo(), r.log, r.next); err != nil {
		return 0, err
	}
	r.consumer, r.delivered = consumer, 0
	return consumer.CachedInfo().NumPending, nil
}

// run hands over messages, no more than there is room for.
func (r *reader) run(ctx context.Context) {
	defer close(r.done)
	for ctx.Err() == nil {
		if r.consumer == nil {
			if conn := r.js.Conn(); !conn.IsConnected() && !conn.IsClosed() {
				wait(ctx)
				continue
			}
			opening, cancel := context.WithTimeout(ctx, 2*heartbeat)
			_, err := r.open(opening)
			cancel()
			if err != nil {
				if errors.Is(err, jetstream.ErrStreamNotFound) {
					err = fmt.Errorf("%w: %w", source.ErrPosition, err)
				} else if !errors.Is(err, source.ErrPosition) && !r.js.Conn().IsClosed() {
					wait(ctx) // the server comes back
					continue
				}
				r.hand(ctx, []incoming{{err: err}})
				return
			}
		}
		r.fetch(ctx)
	}
}

func wait(ctx context.Context) {
	select {
	case <-ctx.Done():
	case <-time.After(pause):
	}
}

// fetch hands over a batch of messages, and forgets the consumer if something was wrong.
func (r *reader) fetch(ctx context.Context) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	batch, err := r.consumer.Fetch(r.config.batch, jetstream.FetchMaxBytes(r.bytes), jetstream.FetchContext(ctx), jetstream.FetchHeartbeat(heartbeat))
	if err != nil {
		r.consumer = nil
		wait(ctx)
		return
	}
	var some []incoming // at most what was fetched
	for m := range r.messagesOf(ctx, batch, &some) {
		meta, err := m.Metadata()
		if err == nil && meta.Sequence.Consumer != r.delivered+1 {
			r.consumer = nil
			break
		}
		some = append(some, incoming{Msg: m, meta: meta, err: err})
		if err != nil {
			break
		}
		r.delivered++
		r.next = meta.Sequence.Stream + 1
	}
	if len(some) > 0 && !r.hand(ctx, some) || r.consumer == nil {
		return
	}
	if err := batch.Error(); err != nil {
		r.consumer = nil
		if !errors.Is(err, nats.ErrTimeout) {
			wait(ctx)
		}
	}
}

// messagesOf yields the messages of a batch. While the next one has not come, it hands over those before.
func (r *reader) messagesOf(ctx context.Context, batch jetstream.MessageBatch, some *[]incoming) iter.Seq[jetstream.Msg] {
	return func(yield func(jetstream.Msg) bool) {
		for {
			var m jetstream.Msg
			select {
			case m = <-batch.Messages():
			default:
				var taker chan<- []incoming
				if len(*some) > 0 {
					taker = r.messages
				}
				select {
				case m = <-batch.Messages():
				case taker <- *some:
					*some = nil
					continue
				case <-ctx.Done():
					return
				}
			}
			if m == nil || !yield(m) { // nil: the batch has ended
				return
			}
		}
	}
}

// hand hands over messages, and reports whether they were taken.
func (r *reader) hand(ctx context.Context, some []incoming) bool {
	select {
	case r.messages <- some:
		return true
	case <-ctx.Done():
		return false
	}
}
