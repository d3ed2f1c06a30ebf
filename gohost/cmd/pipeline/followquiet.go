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
	if time.Since(f.saved) >= saveEvery {
		// An error comes again with the next points, and is reported there.
		_ = f.save()
	}
	return nil
}

// advance moves the watermark of an input that has been quiet for longer than --idle-timeout on by the
// time that has passed, as points at the pace of the clock would.
func (f *following) advance() error {
	passed := f.now().Sub(f.quiet.since)
	if before := f.op.Stats(); f.IdleTimeout > 0 && passed > f.IdleTimeout && before.Points > 0 {
		watermark := f.quiet.watermark + min(uint64(passed)/(1e9/f.Unit.PerSecond()), math.MaxUint64-f.quiet.watermark)
		if err := f.op.Advance(context.Background(), "", watermark, f.print); err != nil {
			return err
		}
		after := f.op.Stats()
		f.status.update(after)
		f.dirty = f.dirty || after.Results > before.Results
	}
	return nil
}
