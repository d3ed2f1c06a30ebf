package plugin

import "time"

// lossSlices is into how many slices the time that losses remembers is cut.
const lossSlices = 30

// losses remembers how much time of instances went into calls that failed, over
// the latest span of time. It takes a fixed amount of memory, however many fail:
// time is cut into slices, and a failed call's time is put into those in which it
// ran.
type losses struct {
	slice  time.Duration
	since  time.Time // when counting began, and slice 0
	slices [lossSlices]struct {
		number   int64 // of the slice that stands here
		lost     time.Duration
		failures int
	}
}

// begin forgets all, and counts over the span from now on.
func (l *losses) begin(span time.Duration, now time.Time) {
	*l = losses{slice: max(span/lossSlices, 1), since: now}
	for i := range l.slices {
		l.slices[i].number = -1
	}
}

// add takes in a call that failed at now and had an instance for so long.
func (l *losses) add(took time.Duration, now time.Time) {
	last := l.number(now)
	from := now.Add(-max(took, 0))
	if from.Before(l.since) {
		from = l.since
	}
	first := max(l.number(from), last-lossSlices+1, 0)
	for n := first; n <= last; n++ {
		s := &l.slices[n%lossSlices]
		if s.number != n {
			s.number, s.lost, s.failures = n, 0, 0
		}
		begin, end := l.since.Add(time.Duration(n)*l.slice), l.since.Add(time.Duration(n+1)*l.slice)
		if from.After(begin) {
			begin = from
		}
		if end.After(now) {
			end = now
		}
		s.lost += max(end.Sub(begin), 0)
	}
	l.slices[max(last, 0)%lossSlices].failures++
}

// sum returns the time that was lost in the slices up to now, how many calls
// failed in them, and how long that is: less than the span for as long as it has
// not passed since counting began.
func (l *losses) sum(now time.Time) (lost time.Duration, failures int, over time.Duration) {
	last := l.number(now)
	for _, s := range l.slices {
		if s.number >= 0 && s.number > last-lossSlices && s.number <= last {
			lost, failures = lost+s.lost, failures+s.failures
		}
	}
	begin := l.since.Add(time.Duration(max(last-lossSlices+1, 0)) * l.slice)
	return lost, failures, max(now.Sub(begin), 0)
}

func (l *losses) number(t time.Time) int64 { return int64(t.Sub(l.since) / l.slice) }
