package kit

import (
	"context"
	"errors"
	"strings"
	"time"

	"example.org/compute-pipeline/gohost/grade"
	"example.org/compute-pipeline/gohost/internal/text"
	"example.org/compute-pipeline/gohost/sandbox"
)

// checkContract loads the module.
func (c *checker) checkContract(ctx context.Context, r *Result) {
	// The first check of a process takes longer, whatever it checks.
	_ = sandbox.Check(ctx, nil, c.contract)
	began := time.Now()
	s, err := c.load(ctx)
	took := time.Since(began)
	if err != nil {
		c.refused(r, err)
		return
	}
	c.module = s
	c.findMakers()
	m := &c.report.Module
	m.LoadSeconds, m.StartMemory = took.Seconds(), s.Stats().MemoryBytes
	if len(c.functions) == 0 {
		return
	}
	began = time.Now()
	s.CloseIdle()
	err = s.Use(ctx, 0, func(context.Context, *sandbox.Instance) error { return nil })
	m.StartSeconds = time.Since(began).Seconds()
	if err != nil && !errors.Is(err, sandbox.ErrNotExported) {
		c.refused(r, err)
		return
	}
	missing := 0
	for _, f := range c.functions {
		if !s.Exports(f.number) {
			missing++
		}
	}
	r.Cases = len(c.functions) - missing
	r.note("%s", count(r.Cases, "function"))
	if missing > 0 {
		r.Note += ", without the optional " + thousands(uint64(missing))
	}
}

// refused records why the module cannot be loaded.
func (c *checker) refused(r *Result, err error) {
	c.skip = "the module cannot be loaded"
	if c.systemFailed(err) {
		return
	}
	if contract := (*sandbox.ContractError)(nil); errors.As(err, &contract) {
		for _, problem := range contract.Problems {
			r.fail(&Failure{Got: problem})
		}
		return
	}
	f := &Failure{Got: reason(err)}
	switch {
	case errors.Is(err, sandbox.ErrTrap):
		f.Reason = "its start function failed"
	case errors.Is(err, sandbox.ErrLimit):
		f.rule = ruleLimits
	}
	r.fail(f)
}

// checkClaim reads which grade the module claims.
func (c *checker) checkClaim(_ context.Context, r *Result) {
	claimed, claims, err := grade.Claimed(c.wasm)
	if c.report.Module.SHA256 == embeddedHash() {
		claimed, claims, err = grade.Exact, true, nil
	}
	if err != nil {
		r.fail(&Failure{Got: reason(err)})
		c.skip = "the claim is not valid"
		return
	}
	if claims {
		c.report.Module.Claims = string(claimed)
	}
	c.judged = claimed
	r.Cases = 1
	switch {
	case c.grade == "" || claimed.Meets(c.grade):
	case claims:
		r.fail(&Failure{Got: "it claims " + string(claimed), Want: string(c.grade)})
	default:
		r.fail(&Failure{Got: "it claims no grade, which means stable", Want: string(c.grade), Reason: "`pipeline claim exact FILE` adds a claim"})
	}
	if r.Status == Failed {
		c.judged = c.grade
	}
	c.report.Grade = string(c.judged)
	if r.note("%s", c.judged); !claims {
		r.Note += ", since it claims nothing"
	}
}

// checkABI calls every function with random arguments: whatever it answers must be a
// value.
func (c *checker) checkABI(ctx context.Context, r *Result) {
	const calls, length = 30, 300
	traps, imports, unmade := 0, 0, 0
	var left []string
	for _, f := range c.functions {
		if !c.module.Exports(f.number) {
			continue
		}
		if f.typ == nil {
			left = append(left, f.why)
			continue
		}
		for range calls {
			if c.exhausted(ctx) {
				return
			}
			o := &outcome{f: f, args: c.arguments(f, length)}
			o.answer = c.module.call(ctx, f, o.args)
			r.Cases++
			if len(c.cases) == 0 {
				f.count("", o.answer)
			}
			switch {
			case ctx.Err() != nil:
			case c.own:
				if err := c.judgeCall(o); err != nil {
					r.failCall("", f, o.args, c.violation(o, err))
					c.tooLarge(o)
					continue
				}
			case o.answer.err == nil:
			case o.answer.dropped:
				r.failCall("", f, o.args, c.failure(f, o.answer))
				continue
			case errors.Is(o.answer.err, errUnmade) && !errors.Is(o.answer.err, sandbox.ErrABI) && !o.answer.stopped():
				unmade++
				continue
			case o.answer.trapped():
				traps++
			case errors.Is(o.answer.err, sandbox.ErrHost):
				imports++
				continue
			default:
				r.failCall("", f, o.args, c.failure(f, o.answer))
				continue
			}
			c.sample(o)
		}
	}
	var notes []string
	if traps > 0 {
		notes = append(notes, thousands(uint64(traps))+" trapped")
	}
	if imports > 0 {
		notes = append(notes, thousands(uint64(imports))+" ended in an import that failed")
	}
	if unmade > 0 {
		notes = append(notes, thousands(uint64(unmade))+" without a resource, which was not made")
	}
	if len(left) > 0 {
		notes = append(notes, "without "+count(len(left), "function")+": "+left[0])
	}
	r.Note = strings.Join(notes, ", ")
}

// checkReturns judges whether the others have judged anything: a module whose functions
// never return has answered nothing, and so nothing wrong.
func (c *checker) checkReturns(_ context.Context, r *Result) {
	r.problems = true
	var silent []string
	var failed *function
	for _, f := range c.functions {
		switch {
		case f.returned > 0:
			r.Cases++
		case f.called > 0:
			silent = append(silent, f.name)
			if failed == nil {
				failed = f
			}
		}
	}
	switch {
	case r.Cases > 0 && len(silent) > 0:
		r.note("no call of %s did", text.Cut(strings.Join(silent, ", "), maxValue))
	case r.Cases > 0:
	case failed != nil:
		r.fail(&Failure{Function: text.Cut(failed.id, maxID), Got: failed.shown() + ": " + reason(failed.failed), Reason: "no call of any function returned; this is the first"})
	default:
		r.fail(&Failure{Got: "no function was called"})
	}
}
