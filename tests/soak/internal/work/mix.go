package work

import (
	"context"
	"fmt"
	"math"
	"math/rand/v2"

	"example.org/compute-pipeline/gohost"
)

// Mix is jobs of many sizes: small ones often, large ones rarely, so that each
// size takes a fair part of the time.
type Mix struct {
	classes []class
	total   int
}

type class struct {
	points, weight int
	jobs           []Job
}

// sizes and how many jobs of a thousand are about lists of that many points.
var sizes = []struct{ points, weight int }{
	{1, 290}, {10, 250}, {100, 235}, {1000, 200}, {10_000, 20}, {100_000, 5},
}

// NewMix makes the lists and computes the answers, of lists up to largest
// points. The same seed makes the same.
func NewMix(seed uint64, largest int) *Mix {
	r := rand.New(rand.NewPCG(seed, 0))
	m := &Mix{}
	for _, size := range sizes {
		if size.points > largest {
			break
		}
		c := class{points: size.points, weight: size.weight}
		for _, shape := range shapes {
			list := points(r, size.points, shape.value)
			want := Exact(list)
			c.add(shape.name,
				aggregate(list, want), validate(list), checksum(list), summary(list, want),
				batch(list), batch(untidy(r, list)))
		}
		m.classes, m.total = append(m.classes, c), m.total+c.weight
	}
	special := class{points: 2, weight: 10}
	special.add("special", refusals()...)
	nans := []gohost.Datapoint{{Timestamp: 1, Value: math.NaN()}, {Timestamp: 2, Value: 1}}
	special.add("special", aggregate(nans, notANumber()), summary(nans, notANumber()))
	m.classes, m.total = append(m.classes, special), m.total+special.weight
	return m
}

func (c *class) add(shape string, jobs ...Job) {
	for _, job := range jobs {
		job.Name += ", " + shape
		run := job.Run
		job.Run = func(ctx context.Context, p Pipeline) error {
			if err := run(ctx, p); err != nil {
				return fmt.Errorf("%s, %d points: %w", job.Name, c.points, err)
			}
			return nil
		}
		c.jobs = append(c.jobs, job)
	}
}

// Pick draws a job. Generators of the same state pick the same.
func (m *Mix) Pick(r *rand.Rand) *Job {
	n := r.IntN(m.total)
	for i := range m.classes {
		c := &m.classes[i]
		if n < c.weight {
			return &c.jobs[r.IntN(len(c.jobs))]
		}
		n -= c.weight
	}
	panic("unreachable: the weights make the total")
}

// Jobs are all jobs there are.
func (m *Mix) Jobs() []Job {
	var all []Job
	for _, c := range m.classes {
		all = append(all, c.jobs...)
	}
	return all
}
