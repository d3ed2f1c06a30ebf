package plugin

import "time"

// lossSlices is the number of slices into which losses divides its span.
const lossSlices = 30

// losses records how much time of instances failed calls took over the last span of
// time. It uses a fixed amount of memory: it divides time into slices, and adds a failed
// call's time to the slices in which the call ran.
type losses struct {
	slice  time.Duration
	since  time.Time // the start of counting and of slice 0
	slices [lossSlices]struct {
		number   int64 // of the slice at this index
		lost     time.Duration
		failures int
	}
}

// begin resets the counts, and counts over the span from now on.
func (l *losses) begin(span time.Duration, now time.Time) {
	*l = losses{slice: max(span/lossSlices, 1), since: now}
	for i := range l.slices {
		l.slices[i].number = -1
	}
}

// add records a call that failed at now and held an instance for the duration took.
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

// sum returns the time lost in the slices up to now, the number of failed calls in them,
// and the time they cover, which is less than the span soon after counting began.
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
