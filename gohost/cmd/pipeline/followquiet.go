package main

import (
	"context"
	"math"
	"time"
)

// quiet is for how long no points have come, and where the watermark was when they last did.
type quiet struct {
	since     time.Time
	watermark uint64
}

func (q *quiet) heard(now time.Time, watermark uint64) { q.since, q.watermark = now, watermark }

// watch reports the status, saves what the last points left to save, and lets the watermark of a quiet
// input go on. An error of that ends the reading.
func (f *following) watch(done <-chan struct{}, stop context.CancelCauseFunc) {
	every := saveEvery
	if f.IdleTimeout > 0 {
		every = max(min(every, f.IdleTimeout/4), time.Millisecond)
	}
	ticker := time.NewTicker(every)
	defer ticker.Stop()
	for {
		select {
		case <-done:
			return
		case <-ticker.C:
			f.status.report(time.Now())
			if err := f.tick(); err != nil {
				stop(err)
				return
			}
		}
	}
}

func (f *following) tick() error {
	f.mu.Lock()
	defer f.mu.Unlock()
	if err := f.advance(); err != nil {
		return err
	}
	if err := f.taking.flush(); err != nil { // records that are bad come without points, too
		return err
	}
	if time.Since(f.saved) >= saveEvery {
		// An error comes again with the next points, and is reported there.
		_ = f.save()
	}
	return nil
}

// advance moves the watermark of inputs that have been quiet for longer than --idle-timeout: one of
// several is left out, and if all are, the time that has passed counts, as points at the pace of the
// clock would.
func (f *following) advance() error {
	before := f.op.Stats()
	if f.IdleTimeout == 0 || before.Points == 0 {
		return nil
	}
	ctx := context.Background()
	err := f.op.Tick(ctx, f.print)
	if passed := f.now().Sub(f.quiet.since); passed > f.IdleTimeout {
		watermark := f.quiet.watermark + min(uint64(passed)/(1e9/f.Unit.PerSecond()), math.MaxUint64-f.quiet.watermark)
		for _, name := range f.inputs() {
			if err == nil && !f.ended[name] { // Advance would wait for it again
				err = f.op.Advance(ctx, f.source(name), watermark, f.print)
			}
		}
	}
	after := f.op.Stats()
	f.status.update(after, f.mark.counts)
	f.dirty = f.dirty || after.Results > before.Results
	return err
}
