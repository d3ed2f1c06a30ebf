package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"runtime"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"example.org/compute-pipeline/bench/measure"
	"example.org/compute-pipeline/bench/peer"
	"example.org/compute-pipeline/bench/work"
)

var ctx = context.Background()

// opened is a peer with a service for each of two goroutines.
type opened struct {
	peer.Peer
	host     peer.Host
	services []peer.Service
}

// openAll opens peers. Those whose programs were not built are named in left.
func openAll(peers []peer.Peer, files peer.Files) (all []opened, left []string, err error) {
	for _, p := range peers {
		host, err := p.Open(files)
		o := opened{Peer: p, host: host}
		for range 2 {
			if err != nil {
				break
			}
			var s peer.Service
			s, err = host.Service()
			o.services = append(o.services, s)
		}
		if errors.Is(err, fs.ErrNotExist) {
			left = append(left, p.Name)
			fmt.Fprintf(os.Stderr, "%s is left out: %v\n", p.Name, err)
			continue
		}
		if err != nil {
			return all, left, fmt.Errorf("starting %s: %w", p.Name, err)
		}
		all = append(all, o)
	}
	return all, left, nil
}

func closeAll(all []opened) error {
	var errs []error
	for _, o := range all {
		for _, s := range o.services {
			errs = append(errs, s.Close())
		}
		errs = append(errs, o.host.Close())
	}
	return errors.Join(errs...)
}

// job is one kind of work on one input.
type job struct {
	points []work.Point
	text   []byte
	// parse says to read the points from the text, which is done in room.
	parse bool
	want  work.Moments
}

func newJob(parse bool, n int, ours peer.Service) (job, error) {
	j := job{points: work.Temperatures(n), parse: parse}
	if parse {
		j.text = work.Text(j.points)
		return j, nil
	}
	var err error
	j.want, err = ours.Aggregate(ctx, j.points)
	return j, err
}

func (j job) does(p peer.Peer) bool {
	if p.Most > 0 && len(j.points) > p.Most {
		return false
	}
	if j.parse {
		return p.Parses
	}
	return p.Aggregates
}

// check compares a peer's answer with the right one.
func (j job) check(p peer.Peer, s peer.Service) error {
	if j.parse {
		got, err := s.Parse(ctx, make([]work.Point, 0, len(j.points)), j.text)
		if err == nil && !slices.Equal(got, j.points) {
			err = errors.New("the points are others")
		}
		return err
	}
	got, err := s.Aggregate(ctx, j.points)
	if err != nil {
		return err
	}
	return work.Same(got, j.want, p.Exact)
}

// time makes calls, and returns how long they took.
func (j job) time(s peer.Service, room []work.Point, calls int) (time.Duration, error) {
	if timed, ok := s.(peer.Timed); ok {
		if j.parse {
			return timed.TimeParse(j.text, calls)
		}
		return timed.TimeAggregate(j.points, calls)
	}
	began := time.Now()
	for range calls {
		var err error
		if j.parse {
			_, err = s.Parse(ctx, room[:0], j.text)
		} else {
			_, err = s.Aggregate(ctx, j.points)
		}
		if err != nil {
			return 0, err
		}
	}
	return time.Since(began), nil
}

// contender returns what makes calls in so many goroutines at once. They wait for each other
// first, since the system may take a while to wake a processor. The time of a call is that from
// there to the last one's end, over the calls of one goroutine. What another program measures is the
// time of the slowest.
func (j job) contender(o opened, goroutines int) measure.Contender {
	rooms := make([][]work.Point, goroutines)
	for i := range rooms {
		if j.parse {
			rooms[i] = make([]work.Point, 0, len(j.points))
		}
	}
	return measure.Contender{Name: o.Name, Time: func(calls int) (time.Duration, error) {
		if goroutines == 1 {
			return j.time(o.services[0], rooms[0], calls)
		}
		took, errs := make([]time.Duration, goroutines), make([]error, goroutines)
		var running sync.WaitGroup
		var ready atomic.Int64
		var began time.Time
		for i := range goroutines {
			running.Go(func() {
				if ready.Add(1) == int64(goroutines) {
					began = time.Now()
				}
				for ready.Load() < int64(goroutines) {
					runtime.Gosched()
				}
				took[i], errs[i] = j.time(o.services[i], rooms[i], calls)
			})
		}
		running.Wait()
		if _, timed := o.services[0].(peer.Timed); timed {
			return slices.Max(took), errors.Join(errs...)
		}
		return time.Since(began), errors.Join(errs...)
	}}
}

// table has the timings of one job by one and by two goroutines. The ratios of Two are to one
// goroutine of the same peer.
type table struct {
	Parse    bool
	N, Bytes int
	One, Two []measure.Timing
}

// faster returns how many times the calls two goroutines make in the time of those of one.
func (t table) faster(name string) (float64, bool) {
	two, ok := of(t.Two, name)
	return 2 / two.Ratio, ok
}

// slowPair is a call in nanoseconds from which two goroutines have three rounds only.
const slowPair = 1e8

// compare measures all peers on one job. Without rounds it checks the answers only.
func compare(all []opened, parse bool, n, rounds, runs int) (table, error) {
	j, err := newJob(parse, n, all[0].services[0])
	if err != nil {
		return table{}, err
	}
	var one, two []measure.Contender
	for _, o := range all {
		if !j.does(o.Peer) {
			continue
		}
		for _, s := range o.services {
			if err := j.check(o.Peer, s); err != nil {
				return table{}, fmt.Errorf("%s on %d points: %w", o.Name, n, err)
			}
		}
		one, two = append(one, j.contender(o, 1)), append(two, j.contender(o, 2))
	}
	t := table{Parse: parse, N: n, Bytes: len(j.text)}
	if rounds == 0 {
		return t, nil
	}
	if t.One, err = measure.Rounds(one, rounds, runs); err != nil {
		return t, err
	}
	// One goroutine and two of a peer are neighbours: other times of a shared machine are no part
	// of their ratio.
	for i := range two {
		turns := max(3, 2*rounds/3)
		if t.One[i].Median > slowPair {
			turns = 3
		}
		pair, err := measure.Rounds([]measure.Contender{one[i], two[i]}, turns, 1)
		if err != nil {
			return t, err
		}
		t.Two = append(t.Two, pair[1])
	}
	return t, nil
}
