package natssource

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/nats-io/nats.go/jetstream"

	"example.org/compute-pipeline/gohost"
	"example.org/compute-pipeline/gohost/stream/source"
)

// Option configures a source in [New].
type Option func(*config) error

type config struct {
	subjects []string
	first    uint64
	batch    int
	bytes    int
	gaps     bool
}

// WithSubjects reads only messages of these subjects, which may have wildcards. The default is all of
// the stream. The subjects are a part of the partition's name: other ones are another state.
func WithSubjects(subjects ...string) Option {
	return func(c *config) error {
		c.subjects = append(c.subjects, subjects...)
		return nil
	}
}

// WithFirst makes a job without a state begin at a sequence number. The default is the first message
// of the stream.
func WithFirst(sequence uint64) Option {
	return func(c *config) error {
		c.first = sequence
		return nil
	}
}

// WithBatch limits how many messages are fetched at a time, and their bytes: up to three such batches are
// in memory, that of the job and two behind it. The default is 4,096 messages and 16 MiB. The bytes are at least those of one message.
func WithBatch(messages, bytes int) Option {
	return func(c *config) error {
		if messages < 1 || bytes < 1 {
			return fmt.Errorf("%w: WithBatch(%d, %d): expected at least 1", gohost.ErrInvalidInput, messages, bytes)
		}
		c.batch, c.bytes = messages, bytes
		return nil
	}
}

// WithGaps goes on if the stream has dropped messages before they were read. Without it, that is a
// [source.ErrPosition], and a stream that limits the messages of a subject (MaxMsgsPerSubject) or lets
// messages expire one by one (AllowMsgTTL) is refused: what it drops does not show. With [WithSubjects] the
// source cannot tell whether dropped messages were of these subjects.
func WithGaps() Option {
	return func(c *config) error {
		c.gaps = true
		return nil
	}
}

type natsSource struct {
	js     jetstream.JetStream
	stream string
	config config
}

// New returns a source of one partition, a stream. The connection should reconnect for ever
// (nats.MaxReconnects(-1)): the source then goes on where it was.
func New(js jetstream.JetStream, stream string, opts ...Option) (source.Source, error) {
	s := &natsSource{js: js, stream: stream, config: config{batch: 4096, bytes: 16 << 20}}
	for _, opt := range opts {
		if err := opt(&s.config); err != nil {
			return nil, err
		}
	}
	return s, nil
}

func (s *natsSource) Run(ctx context.Context, serve func(context.Context, source.Partition) error) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	p := &partition{natsSource: s}
	defer p.close()
	return serve(ctx, p)
}

type partition struct {
	*natsSource
	handle  jetstream.Stream
	at      source.Position
	end     uint64 // the last sequence number at the start
	pending bool   // there was a message to read at the start
	ended   bool   // End was said

	reader *reader
	stop   context.CancelFunc
	rest   []incoming // came, and is behind the batch
	batch  []source.Message
	bytes  int          // of the batch
	part   source.Batch // Lag and End of the batch
	given  bool         // the batch was returned
}

func (p *partition) Name() string {
	if len(p.config.subjects) == 0 {
		return "nats:" + p.stream
	}
	return "nats:" + p.stream + ":" + strings.Join(p.config.subjects, ",")
}

func (p *partition) Seek(ctx context.Context, from source.Position) (source.Position, error) {
	var err error
	if p.handle, err = p.js.Stream(ctx, p.stream); err != nil {
		return from, err
	}
	info := p.handle.CachedInfo()
	if info.Config.Retention != jetstream.LimitsPolicy {
		return from, fmt.Errorf("%w: the stream %s drops messages that were acknowledged (%v), and this source needs one that keeps them by limits",
			gohost.ErrInvalidInput, p.stream, info.Config.Retention)
	}
	if per, ttl := info.Config.MaxMsgsPerSubject, info.Config.AllowMsgTTL; (per > 0 || ttl) && !p.config.gaps {
		return from, fmt.Errorf("%w: the stream %s can drop messages that were not read, and nobody would see it (max %d of a subject, expiry of single messages %t); WithGaps reads what is left",
			gohost.ErrInvalidInput, p.stream, per, ttl)
	}
	p.at = from
	if from.Log == "" {
		p.at = source.Position{Log: identity(info), Next: max(1, p.config.first, info.State.FirstSeq), Epoch: -1}
	}
	r := &reader{natsSource: p.natsSource, bytes: p.config.bytes, log: p.at.Log, next: p.at.Next, messages: make(chan []incoming), done: make(chan struct{})}
	// A message that is larger than what may wait would never come.
	r.bytes = max(r.bytes, int(p.js.Conn().MaxPayload())+64<<10)
	pending, err := r.open(ctx)
	if err != nil {
		return from, err
	}
	p.end, p.pending, p.reader = info.State.LastSeq, pending > 0, r
	var reading context.Context
	reading, p.stop = context.WithCancel(context.Background())
	go r.run(reading)
	return p.at, nil
}

// identity tells a stream from another one with its name.
func identity(info *jetstream.StreamInfo) string { return info.Created.UTC().Format(time.RFC3339Nano) }

// check reports whether the stream is the one of a log, and has a message or is waiting for it.
func (s *natsSource) check(info *jetstream.StreamInfo, log string, next uint64) error {
	bad := func(format string, args ...any) error {
		return fmt.Errorf("%w: the stream %s %s", source.ErrPosition, s.stream, fmt.Sprintf(format, args...))
	}
	switch state := info.State; {
	case log != identity(info):
		return bad("was created at %s, and the position is of that of %s", identity(info), log)
	case next > max(state.LastSeq+1, s.config.first):
		return bad("ends with message %d, and %d is the next", state.LastSeq, next)
	case next < state.FirstSeq && !s.config.gaps:
		return bad("begins with message %d, and %d is the next: those between are lost", state.FirstSeq, next)
	}
	return nil
}

func (p *partition) close() {
	if p.stop != nil {
		p.stop()
		<-p.reader.done
	}
}

func (p *partition) Next(ctx context.Context) (source.Batch, error) {
	if !p.pending && !p.ended {
		p.ended = true
		return source.Batch{After: p.at, End: true}, nil
	}
	if p.given {
		clear(p.batch)
		p.batch, p.bytes, p.part, p.given = p.batch[:0], 0, source.Batch{}, false
	}
	for len(p.batch) < p.config.batch && p.bytes < p.config.bytes {
		if len(p.rest) == 0 {
			more, err := p.more(ctx)
			if err != nil {
				return source.Batch{}, err
			}
			if !more {
				break
			}
		}
		// After an error the message, those behind it and the batch before it are for the next call: the
		// context may have ended while the server was asked.
		if err := p.add(ctx, p.rest[0]); err != nil {
			return source.Batch{}, err
		}
		p.rest = p.rest[1:]
	}
	b := p.part
	b.Messages, b.After = p.batch, p.at
	p.given = true
	p.ended = p.ended || b.End
	return b, nil
}

// more takes messages of the reader, and reports whether there were any. It waits for them if the batch
// is empty.
func (p *partition) more(ctx context.Context) (bool, error) {
	if len(p.batch) > 0 {
		select {
		case p.rest = <-p.reader.messages:
			return true, nil
		default:
			return false, nil
		}
	}
	select {
	case p.rest = <-p.reader.messages:
		return true, nil
	case <-ctx.Done():
		return false, ctx.Err()
	}
}

// add adds a message to the batch.
func (p *partition) add(ctx context.Context, in incoming) error {
	if in.err != nil {
		return in.err
	}
	sequence := in.meta.Sequence.Stream
	if sequence < p.at.Next {
		return nil // it was read
	}
	if sequence > p.at.Next && len(p.config.subjects) == 0 && !p.config.gaps {
		// Did the stream drop those between before they were read, or were they deleted on purpose?
		info, err := p.handle.Info(ctx)
		if err != nil {
			return err
		}
		if err := p.check(info, p.at.Log, p.at.Next); err != nil {
			return err
		}
	}
	p.batch = append(p.batch, source.Message{
		Topic: in.Subject(), Key: []byte(in.Subject()), Value: in.Data(), Offset: sequence, Time: in.meta.Timestamp,
	})
	p.bytes += len(in.Data())
	p.at.Next = sequence + 1
	p.part.Lag = in.meta.NumPending
	p.part.End = p.part.End || p.part.Lag == 0 || sequence >= p.end
	return nil
}

func (p *partition) Commit(context.Context, source.Position) error { return nil }
