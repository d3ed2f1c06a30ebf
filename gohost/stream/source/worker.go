package source

import (
	"context"
	"errors"
	"fmt"
	"time"

	"example.org/compute-pipeline/gohost"
	"example.org/compute-pipeline/gohost/stream"
)

// A worker is the work on one partition.
type worker[R any] struct {
	runner    *Runner[R]
	job       *Job[R]
	partition Partition
	session   Session
	op        *stream.Operator[R]

	at      checkpoint // its snapshot is that of the last save
	saved   Position
	since   int // messages after the last save
	due     time.Time
	results uint64 // that were emitted
	points  []stream.Point
}

// How long a save may go on after the context has ended. What the operator has is whole then, and the
// next process begins sooner if it is stored.
const grace = 10 * time.Second

// withGrace returns a context that ends a while after ctx.
func withGrace(ctx context.Context) (context.Context, context.CancelFunc) {
	longer, cancel := context.WithCancel(context.WithoutCancel(ctx))
	stop := context.AfterFunc(ctx, func() {
		select {
		case <-longer.Done():
		case <-time.After(grace):
			cancel()
		}
	})
	return longer, func() {
		stop()
		cancel()
	}
}

func (r *Runner[R]) serve(ctx context.Context, p Partition) (err error) {
	w := &worker[R]{runner: r, job: &r.job, partition: p}
	if w.session, err = r.job.Store.Open(ctx, p.Name()); err != nil {
		return err
	}
	defer func() { err = errors.Join(err, w.session.Close()) }()
	if _, ok := w.session.(Publisher); !ok && r.job.Encode != nil {
		return fmt.Errorf("%w: Job.Encode is set, and the store publishes nothing", gohost.ErrInvalidInput)
	}
	if err := w.restore(ctx); err != nil {
		return err
	}
	defer func() { err = errors.Join(err, w.op.Close()) }()
	if w.at.Finished {
		return nil
	}
	if w.at.Position, err = p.Seek(ctx, w.at.Position); err != nil {
		return err
	}
	w.saved = w.at.Position
	w.due = time.Now().Add(r.job.Every)
	if w.at.Ended {
		return w.finish(ctx)
	}
	for {
		done, err := w.step(ctx)
		if done || err != nil {
			return err
		}
	}
}

// restore makes the operator.
func (w *worker[R]) restore(ctx context.Context) error {
	name := w.partition.Name()
	data, err := w.session.Load(ctx)
	if err != nil {
		return err
	}
	if data == nil {
		w.at = checkpoint{Partition: name}
		w.op, err = stream.New(w.job.Engine, w.job.Windows, w.job.Options...)
		return err
	}
	if w.at, err = decodeCheckpoint(data, name); err != nil {
		return err
	}
	if w.op, err = stream.Restore(ctx, w.job.Engine, w.job.Windows, w.at.Snapshot, w.job.Options...); err != nil {
		return err
	}
	w.at.Snapshot = nil
	w.at.Ended = w.at.Ended && w.job.ToEnd // a job that goes on has no end
	w.results = w.op.Stats().Results
	return nil
}

// step takes a batch, or saves because it is time.
func (w *worker[R]) step(ctx context.Context) (done bool, err error) {
	waiting := ctx
	if w.since > 0 {
		var cancel context.CancelFunc
		waiting, cancel = context.WithDeadline(ctx, w.due)
		defer cancel()
	}
	batch, err := w.partition.Next(waiting)
	switch {
	case err == nil:
	case errors.Is(context.Cause(ctx), ErrFenced):
		return true, context.Cause(ctx) // what it would store is another's
	case ctx.Err() != nil:
		return true, errors.Join(err, w.save(ctx))
	case errors.Is(err, context.DeadlineExceeded) && waiting.Err() != nil:
		return false, w.save(ctx)
	default:
		return true, err
	}
	if err := w.take(ctx, batch); err != nil {
		return true, err
	}
	if batch.End && w.job.ToEnd {
		// The end is stored before results depend on it: after a crash it is the same one.
		w.at.Ended = true
		w.since++ // there is something to save
		if err := w.save(ctx); err != nil {
			return true, err
		}
		return true, w.finish(ctx)
	}
	if n := w.job.EveryMessages; n > 0 && w.since >= n || w.since > 0 && !time.Now().Before(w.due) {
		return false, w.save(ctx)
	}
	return false, nil
}

// finish emits all windows, and notes that the job is done.
func (w *worker[R]) finish(ctx context.Context) error {
	if err := w.op.Finish(ctx, w.emitter(ctx)); err != nil {
		return err
	}
	w.at.Finished = true
	w.since++ // there is something to save
	return w.save(ctx)
}

// take adds a batch to the operator.
func (w *worker[R]) take(ctx context.Context, batch Batch) error {
	w.points = w.points[:0]
	bytes := 0
	for _, m := range batch.Messages {
		if err := w.decode(ctx, m); err != nil {
			return err
		}
		bytes += len(m.Value)
	}
	if _, err := w.op.Push(ctx, w.points, w.emitter(ctx)); err != nil {
		return err
	}
	w.at.Position = batch.After
	w.at.Counts.Messages += uint64(len(batch.Messages))
	w.since += len(batch.Messages)
	w.runner.note(w.partition.Name(), func(s *Stats) {
		s.Messages, s.Poison = w.at.Counts.Messages, w.at.Counts.Poison
		s.Bytes += uint64(bytes)
		s.since += uint64(len(batch.Messages))
		s.Lag, s.Position, s.Stored, s.Stream = batch.Lag, batch.After, w.saved, w.op.Stats()
	})
	return nil
}

// decode appends the points of a message.
func (w *worker[R]) decode(ctx context.Context, m Message) error {
	before := len(w.points)
	points, err := w.job.Decode(ctx, w.points, m)
	if err == nil {
		for _, p := range points[before:] {
			if len(p.Key) > stream.MaxKeySize {
				err = &gohost.LimitError{
					Which: stream.LimitKeySize, Max: stream.MaxKeySize,
					Err: fmt.Errorf("a key has %d bytes; at most %d are allowed", len(p.Key), stream.MaxKeySize),
				}
				break
			}
		}
	}
	if err == nil {
		w.points = points
		return nil
	}
	if ctx.Err() != nil || !poisoned(err) {
		return err
	}
	poison := &PoisonError{Partition: w.partition.Name(), Topic: m.Topic, Offset: m.Offset, Err: err}
	if w.job.Poison == nil {
		return poison
	}
	if err := w.job.Poison(ctx, m, poison); err != nil {
		return err
	}
	w.at.Counts.Poison++
	return nil
}

func (w *worker[R]) emitter(ctx context.Context) func(stream.Result[R]) error {
	return func(r stream.Result[R]) error {
		o := Output[R]{Result: r, Partition: w.partition.Name(), Number: w.results}
		if w.job.Encode != nil {
			key, value, err := w.job.Encode(o)
			if err != nil {
				return err
			}
			if err := w.session.(Publisher).Publish(ctx, Record{Number: o.Number, Key: key, Value: value}); err != nil {
				return err
			}
		}
		if w.job.Emit != nil {
			if err := w.job.Emit(ctx, o); err != nil {
				return err
			}
		}
		w.results++
		return nil
	}
}

// save stores a checkpoint, and then acknowledges the messages that it has.
func (w *worker[R]) save(ctx context.Context) error {
	w.due = time.Now().Add(w.job.Every)
	if w.since == 0 {
		return nil
	}
	ctx, cancel := withGrace(ctx)
	defer cancel()
	snapshot, err := w.op.Snapshot(ctx)
	if err != nil {
		return err
	}
	w.at.Snapshot = snapshot
	data, err := w.at.encode()
	w.at.Snapshot = nil
	if err != nil {
		return err
	}
	if err := w.session.Save(ctx, data); err != nil {
		return err
	}
	w.since, w.saved = 0, w.at.Position
	w.due = time.Now().Add(w.job.Every)
	w.runner.note(w.partition.Name(), func(s *Stats) {
		s.Checkpoints++
		s.Stored = w.saved
	})
	return w.partition.Commit(ctx, w.saved)
}
