package kafkasource

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kgo"
	"github.com/twmb/franz-go/pkg/kmsg"

	"example.org/compute-pipeline/gohost/stream/source"
)

type partition struct {
	*run
	group  *kgo.Client // is told how far it is, or nil
	number int32
	ctx    context.Context
	cancel context.CancelCauseFunc
	done   chan struct{} // closed when it is no longer served

	reading bool // the client fetches for it; changes between polls
	fetched chan kgo.FetchPartition
	at      source.Position
	end     uint64 // behind the last message at the start
	ended   bool   // End was said
	batch   []source.Message
}

func (p *partition) Name() string { return fmt.Sprintf("kafka:%s/%d", p.topic, p.number) }

func (p *partition) Seek(ctx context.Context, from source.Position) (source.Position, error) {
	bad := func(format string, args ...any) (source.Position, error) {
		return from, fmt.Errorf("%w: partition %d of %s %s", source.ErrPosition, p.number, p.topic, fmt.Sprintf(format, args...))
	}
	t, err := describe(ctx, p.client, p.topic)
	if err != nil {
		return from, err
	}
	start, err := offset(ctx, p.client, p.topic, p.number, first, false)
	if err != nil {
		return from, err
	}
	end, err := offset(ctx, p.client, p.topic, p.number, last, true)
	if err != nil {
		return from, err
	}
	p.at, p.end = from, uint64(end)
	switch {
	case from.Log == "":
		p.at = source.Position{Log: t.id, Next: uint64(start), Epoch: -1}
	case from.Log != t.id:
		return bad("is of the topic %s, and the position of %s, which had the same name", t.id, from.Log)
	case from.Next > uint64(end):
		return bad("ends before offset %d, and %d is the next", end, from.Next)
	case from.Next < uint64(start) && !p.config.gaps:
		return bad("begins with offset %d, and %d is the next: those between are lost", start, from.Next)
	case from.Next < uint64(start):
		p.at.Next, p.at.Epoch = uint64(start), -1 // the epoch is of what is gone
	}
	// No fetch of an earlier owner of the partition is under way then.
	p.between(func() {
		p.reading = true
		p.read()
	})
	return p.at, nil
}

// read makes the client fetch from the position.
func (p *partition) read() {
	p.client.AddConsumePartitions(map[string]map[int32]kgo.Offset{p.topic: {
		p.number: kgo.NewOffset().At(int64(p.at.Next)).WithEpoch(p.at.Epoch),
	}})
}

// skip goes on at the first message that the topic still has.
func (p *partition) skip(ctx context.Context, cause error) error {
	start, err := offset(ctx, p.client, p.topic, p.number, first, false)
	if err != nil {
		return err
	}
	end, err := offset(ctx, p.client, p.topic, p.number, last, false)
	if err != nil {
		return err
	}
	if p.at.Next > uint64(end) {
		return position(cause)
	}
	p.client.RemoveConsumePartitions(map[string][]int32{p.topic: {p.number}})
	if p.at.Next < uint64(start) { // else the error is of a fetch before the last call
		p.at.Next, p.at.Epoch = uint64(start), -1
	}
	p.read()
	return nil
}

func (p *partition) Next(ctx context.Context) (source.Batch, error) {
	for {
		if !p.ended && p.at.Next >= p.end {
			p.ended = true
			return source.Batch{After: p.at, End: true}, nil
		}
		var f kgo.FetchPartition
		select {
		case f = <-p.fetched:
		case <-ctx.Done():
			return source.Batch{}, ctx.Err()
		}
		if p.config.gaps && errors.Is(f.Err, kerr.OffsetOutOfRange) {
			if err := p.skip(ctx, f.Err); err != nil {
				return source.Batch{}, err
			}
			continue
		}
		if err := p.take(f); err != nil {
			return source.Batch{}, err
		}
		ended := !p.ended && p.at.Next >= p.end
		if len(p.batch) > 0 || ended {
			p.ended = p.ended || ended
			lag := max(0, f.LastStableOffset-int64(p.at.Next))
			return source.Batch{Messages: p.batch, After: p.at, Lag: uint64(lag), End: p.ended}, nil
		}
	}
}

// take makes a batch of what was fetched.
func (p *partition) take(f kgo.FetchPartition) error {
	p.batch = p.batch[:0]
	if f.Err != nil {
		return position(f.Err)
	}
	for _, r := range f.Records {
		if r.Offset < int64(p.at.Next) {
			continue // it was read
		}
		if r.Offset > int64(p.at.Next) && f.LogStartOffset > int64(p.at.Next) && !p.config.gaps {
			return fmt.Errorf("%w: partition %d of %s begins with offset %d, and %d is the next: those between are lost",
				source.ErrPosition, p.number, p.topic, f.LogStartOffset, p.at.Next)
		}
		p.at.Next, p.at.Epoch = uint64(r.Offset)+1, r.LeaderEpoch
		if r.Attrs.IsControl() {
			continue // the end of a transaction
		}
		p.batch = append(p.batch, source.Message{Topic: r.Topic, Key: r.Key, Value: r.Value, Offset: uint64(r.Offset), Time: r.Timestamp})
	}
	return nil
}

// Commit sets the offset of the group, which tools show. An error says nothing about the state, which
// is stored.
func (p *partition) Commit(ctx context.Context, before source.Position) error {
	if p.group == nil {
		return nil
	}
	// It goes on when this has returned.
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), 5*time.Second)
	p.commits.Add(1)
	p.group.CommitOffsets(ctx, map[string]map[int32]kgo.EpochOffset{p.topic: {
		p.number: {Epoch: before.Epoch, Offset: int64(before.Next)},
	}}, func(*kgo.Client, *kmsg.OffsetCommitRequest, *kmsg.OffsetCommitResponse, error) {
		cancel()
		p.commits.Done()
	})
	return nil
}
