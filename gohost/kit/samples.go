package kit

import (
	"context"
	"errors"
	"slices"

	"example.org/compute-pipeline/gohost"
	"example.org/compute-pipeline/gohost/sandbox"
)

// sample is a call with the answer that it got.
type sample struct {
	f    *function
	args []any
	answer
}

// Bounds of what becomes a sample.
const (
	maxSamples    = 40 // of each function
	maxSampleSize = 64 << 10
	maxSampleFuel = 20_000_000
	// maxKept bounds all samples of a contract with many functions, in bytes in a guest's
	// memory. In Go they take several times as much.
	maxKept = 64 << 20
)

// sample keeps a call, or one of those before it goes.
func (c *checker) sample(o *outcome) {
	c.sampled++
	if o.answer.stopped() || o.answer.fuel > maxSampleFuel || o.f.size(o.args) > maxSampleSize || o.answer.size(o.f) > maxSampleSize {
		return
	}
	s := sample{o.f, o.args, o.answer}
	list := c.samples[o.f]
	place := len(list)
	if place == maxSamples {
		if place = c.random.IntN(c.sampled); place >= maxSamples {
			return
		}
	}
	size := s.bytes()
	if place < len(list) {
		size -= list[place].bytes()
	}
	if c.kept+size > maxKept {
		return
	}
	c.kept += size
	if place < len(list) {
		list[place] = s
	} else {
		c.samples[o.f] = append(list, s)
	}
}

// bytes returns about how many bytes the sample has in a guest's memory.
func (s *sample) bytes() int { return s.f.size(s.args) + s.size(s.f) }

// all returns all samples, in the order of the functions.
func (c *checker) all() (list []sample) {
	for _, f := range c.functions {
		list = append(list, c.samples[f]...)
	}
	return list
}

// again calls a sample's function again, and compares the answers.
func (c *checker) again(ctx context.Context, s *subject, r *Result, before sample, where string) {
	a := s.call(ctx, before.f, before.args)
	if ctx.Err() != nil || c.broken != nil {
		return
	}
	r.Cases++
	if before.same(before.f, a) {
		return
	}
	f := c.failure(before.f, a)
	f.Want, f.Reason = before.text(before.f), where
	if a.err == nil && before.err == nil {
		if d := difference(before.f.typ.Result, a.value, before.value); d != "" {
			f.Reason += ": " + d
		}
	}
	r.failCall("", before.f, before.args, f)
}

// checkReuse makes all calls again, three times in another order: twice on one instance,
// and once with those that trap, each of which begins another instance.
func (c *checker) checkReuse(ctx context.Context, r *Result) {
	const rounds = 3
	all := c.all()
	whole := slices.DeleteFunc(slices.Clone(all), func(s sample) bool { return s.err != nil })
	c.module.CloseIdle()
	for _, list := range [rounds][]sample{whole, whole, all} {
		c.random.Shuffle(len(list), func(i, j int) { list[i], list[j] = list[j], list[i] })
		for _, s := range list {
			if c.exhausted(ctx) {
				return
			}
			c.again(ctx, c.module, r, s, "after other calls")
		}
	}
	failed := 0
	for _, s := range whole {
		if s.isErr(s.f) {
			failed++
		}
	}
	if failed > 0 {
		r.note("%s of them with errors", thousands(uint64(failed*rounds)))
	}
}

// checkInstances makes calls as the first of an instance.
func (c *checker) checkInstances(ctx context.Context, r *Result) {
	const each = 10
	for _, f := range c.functions {
		list := c.samples[f]
		for _, s := range list[:min(len(list), each)] {
			if c.exhausted(ctx) {
				return
			}
			c.module.CloseIdle()
			c.again(ctx, c.module, r, s, "in a new instance")
		}
	}
}

// checkInterpreter makes calls in wazero's interpreter. Fuel bounds them, not time: it is 20
// to 100 times slower than the compiler.
func (c *checker) checkInterpreter(ctx context.Context, r *Result) {
	const maxFuel, allFuel = 2_000_000, 60_000_000
	list := c.all()
	slices.SortStableFunc(list, func(a, b sample) int { return int(a.fuel) - int(b.fuel) })
	if len(list) > 0 && list[0].fuel > maxFuel {
		r.skip("every call takes more than %s of fuel", thousands(maxFuel))
		return
	}
	s, err := c.load(ctx, sandbox.WithInterpreter())
	if err != nil {
		if !c.systemFailed(err) {
			r.fail(&Failure{Got: reason(err), Reason: "only in the interpreter"})
		}
		return
	}
	defer s.close()
	var used uint64
	for _, sample := range list {
		if used += sample.fuel; c.exhausted(ctx) || sample.fuel > maxFuel || used > allFuel {
			return
		}
		c.again(ctx, s, r, sample, "in the interpreter")
	}
}

// checkGrowth calls functions with arguments that are larger than the memory with which
// an instance starts.
func (c *checker) checkGrowth(ctx context.Context, r *Result) {
	var grown int64
	for _, f := range c.functions {
		if f.typ == nil || !c.module.Exports(f.number) {
			continue
		}
		args := c.largeArguments(f)
		if args == nil {
			continue
		}
		if c.exhausted(ctx) {
			return
		}
		c.module.CloseIdle()
		o := &outcome{f: f, args: args}
		o.answer = c.module.call(ctx, f, args)
		grown = max(grown, c.module.Stats().MemoryBytes-c.report.Module.StartMemory)
		r.Cases++
		if ctx.Err() != nil {
			return
		}
		if c.own {
			if err := c.judgeLarge(o); err != nil {
				r.failCall("", f, args, c.violation(o, err))
				continue
			}
		} else if o.answer.err != nil && !o.answer.trapped() {
			if !errors.Is(o.answer.err, sandbox.ErrHost) && !o.answer.stopped() { // which may be right
				r.failCall("", f, args, c.failure(f, o.answer))
			}
			continue
		}
		c.module.CloseIdle()
		c.again(ctx, c.module, r, sample{f, args, o.answer}, "in a new instance")
	}
	switch {
	case r.Cases == 0:
		r.skip("no function takes a list or a string")
	default:
		r.note("memory grew by %s", size(grown))
	}
}

// judgeLarge judges the answer to large arguments.
func (c *checker) judgeLarge(o *outcome) error {
	if o.f.name == "fold" {
		return judgePoints(o, pointsOf(o.args[1]))
	}
	return c.judgeCall(o)
}

// largeArguments returns arguments of which the largest has some megabytes, or nil if none
// can be so large.
func (c *checker) largeArguments(f *function) []any {
	const elements = 100_000
	args := make([]any, len(f.typ.Params))
	largest, most := -1, 0
	var large any
	for i, p := range f.typ.Params {
		args[i] = p.Type.Random(c.random, 10, c.resource)
		long, ok := p.Type.Long(c.random, elements)
		if !ok {
			continue
		}
		if size := p.Type.Size(long); size > most {
			largest, most, large = i, size, long
		}
	}
	if largest < 0 {
		return nil
	}
	args[largest] = large
	if !c.own {
		return args
	}
	switch f.name {
	case "fold":
		args[0] = []byte{}
	case "process-batch":
		args[0] = args[0].([]byte)[:elements/gohost.PackedSize*gohost.PackedSize]
	case "validate-stream":
		args[0] = "[" + repeated(`{"timestamp":1700000000,"value":39.25}`, ",", elements/12) + "]"
	}
	return args
}
