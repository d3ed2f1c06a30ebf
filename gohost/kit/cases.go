package kit

import (
	"context"
	"fmt"
	"reflect"
	"strings"
	"sync"

	"example.org/compute-pipeline/gohost/internal/dynamic"
	"example.org/compute-pipeline/gohost/sandbox"
	"example.org/compute-pipeline/gohost/vectors"
	"example.org/compute-pipeline/gohost/vectors/conformance"
)

// testCase is a few calls, the last of which is judged.
type testCase struct {
	id string
	// group is set for cases whose last steps must get the same arguments.
	group string
	steps func() ([]step, error)
	// judge returns what is wrong with the answer of the last call, or nil.
	judge func(c *checker, o *outcome) (*Failure, error)
	fresh bool
}

// step is one call. An argument is a value of its type, or a [*vectors.Ref].
type step struct {
	f    *function
	args []any
}

// outcome is what became of a case: the answer of its last step, or of the one that ended
// it with an error or a trap.
type outcome struct {
	f      *function
	args   []any
	answer answer
	// given are the arguments of the last step that were results of others, unless an
	// earlier step has ended the case.
	given []any
	// unusable says why the next step cannot have the result as an argument.
	unusable error
}

// ownVectors reads the vectors of the engine's contract once, which takes a good part of a
// second.
var ownVectors = sync.OnceValues(conformance.Vectors)

// readCases reads the vectors.
func (c *checker) readCases() error {
	if c.own {
		file, err := ownVectors()
		if err != nil {
			return err
		}
		c.addCases(file)
	}
	if len(c.vectors) == 0 {
		return nil
	}
	file, err := vectors.Parse(c.vectors...)
	if err != nil {
		return fmt.Errorf("%w: %w", sandbox.ErrInvalidInput, err)
	}
	// A component does not say the name of its world.
	if file.World != "" && file.World != c.contract.World && !strings.HasPrefix(c.contract.World, "root:component/") {
		return fmt.Errorf("%w: the vectors are for the world %s, and the contract is %s", sandbox.ErrInvalidInput, file.World, c.contract.World)
	}
	c.addCases(file)
	return nil
}

func (c *checker) addCases(file *vectors.File) {
	for _, v := range file.Cases {
		c.cases = append(c.cases, &testCase{
			id: v.ID, group: v.Group,
			steps: func() ([]step, error) { return c.stepsOf(v) },
			judge: func(c *checker, o *outcome) (*Failure, error) { return c.judgeWant(o, v.Want()) },
		})
	}
}

// stepsOf converts the steps of a case of vectors.
func (c *checker) stepsOf(v *vectors.Case) (steps []step, err error) {
	for i, s := range v.Steps() {
		f := c.function(s.Call)
		switch {
		case f == nil:
			return nil, fmt.Errorf("step %d: the contract has no function %q", i, s.Call)
		case f.typ == nil:
			return nil, fmt.Errorf("step %d: %s", i, f.why)
		case len(s.Args) != len(f.typ.Params):
			return nil, fmt.Errorf("step %d: %d arguments, and %s has %d", i, len(s.Args), f.name, len(f.typ.Params))
		}
		args := make([]any, len(s.Args))
		for j, arg := range s.Args {
			if ref, ok := arg.(*vectors.Ref); ok {
				args[j] = ref
				continue
			}
			p := f.typ.Params[j]
			if args[j], err = p.Type.FromJSON(arg); err != nil {
				return nil, fmt.Errorf("step %d: %s: %w", i, p.Name, err)
			}
		}
		steps = append(steps, step{f, args})
	}
	return steps, nil
}

// runCase runs a case. It returns nil if the module does not export one of its functions.
func (c *checker) runCase(ctx context.Context, s *subject, t *testCase) (*outcome, error) {
	steps, err := t.steps()
	if err != nil {
		return nil, err
	}
	for _, step := range steps {
		if !s.Exports(step.f.number) {
			return nil, nil
		}
	}
	o := &outcome{}
	results := make([]any, 0, len(steps)) // as JSON
	for i, step := range steps {
		next := &outcome{f: step.f}
		if err := next.resolve(step, results); err != nil {
			o.unusable = fmt.Errorf("step %d: %w", i, err)
			return o, nil
		}
		o = next
		o.answer = s.call(ctx, step.f, o.args)
		step.f.count(t.id, o.answer)
		if o.answer.err != nil || o.answer.isErr(step.f) {
			if i < len(steps)-1 {
				o.given = nil
			}
			break
		}
		if i < len(steps)-1 {
			results = append(results, okJSON(step.f, o.answer.value))
		}
	}
	return o, nil
}

// resolve sets the arguments of a step.
func (o *outcome) resolve(s step, results []any) error {
	o.args = make([]any, len(s.args))
	for i, arg := range s.args {
		o.args[i] = arg
		ref, ok := arg.(*vectors.Ref)
		if !ok {
			continue
		}
		value, err := ref.Of(results[ref.Step])
		if err != nil {
			return err
		}
		o.given = append(o.given, value)
		if o.args[i], err = s.f.typ.Params[i].Type.FromJSON(value); err != nil {
			return err
		}
	}
	return nil
}

// okJSON returns a result as JSON, of a WIT result what is in its ok.
func okJSON(f *function, value any) any {
	t := f.typ.Result
	if t == nil {
		return nil
	}
	if v, ok := value.(dynamic.Case); ok && f.mayFail() {
		if t, value = t.Fields[0].Type, v.Value; t == nil {
			return nil
		}
	}
	return t.ToJSON(value)
}

// judgeWant compares an answer with what a vector wants.
func (c *checker) judgeWant(o *outcome, want vectors.Want) (*Failure, error) {
	failure := c.failure(o.f, o.answer)
	switch want.Kind {
	case vectors.IsValue:
		return c.judgeValue(o, want.Value)
	case vectors.Traps:
		// The text is the engine's own.
		if o.answer.trapped() && (c.own || contains(o.answer.err, want.Text)) {
			return nil, nil
		}
		failure.Want = "a trap"
		if !c.own && want.Text != "" {
			failure.Want += fmt.Sprintf(" with the message %q", want.Text)
		}
	case vectors.Fails:
		if o.answer.isErr(o.f) {
			return nil, nil
		}
		failure.Want = "an error"
	case vectors.ErrBegins:
		if o.answer.isErr(o.f) && begins(o.answer.value, want.Text) {
			return nil, nil
		}
		failure.Want = fmt.Sprintf("an error that begins with %q", want.Text)
	case vectors.Same:
		if o.answer.err == nil {
			return nil, nil
		}
		failure.Want = "any answer"
	}
	return failure, nil
}

// judgeValue compares an answer with a value.
func (c *checker) judgeValue(o *outcome, want any) (*Failure, error) {
	t := o.f.typ.Result
	if t == nil {
		return nil, fmt.Errorf("want: %s has no result", o.f.name)
	}
	value, err := t.FromJSON(want)
	if err != nil {
		return nil, fmt.Errorf("want: %w", err)
	}
	if o.answer.err == nil && t.Equal(o.answer.value, value) {
		return nil, nil
	}
	if c.own {
		if allowed, failure := c.judgeOwn(o, value); allowed || failure != nil {
			return failure, nil
		}
	}
	failure := c.failure(o.f, o.answer)
	failure.Want = (answer{value: value}).text(o.f)
	if o.answer.err == nil {
		failure.Reason = difference(t, o.answer.value, value)
	}
	return failure, nil
}

// difference says where two values differ.
func difference(t *dynamic.Type, got, want any) string {
	d, _ := t.Differ(got, want)
	if d.Path != "" {
		return d.Path + " is " + d.Text
	}
	return d.Note
}

// isErrValue reports whether a value is the err of a WIT result.
func isErrValue(f *function, value any) bool { return (answer{value: value}).isErr(f) }

// checkVectors runs all vectors and fresh cases on one module, in an order of the seed: a
// module that expects a certain order does not find it.
func (c *checker) checkVectors(ctx context.Context, r *Result) {
	cases := c.withLater(append(c.cases, c.freshCases()...))
	c.random.Shuffle(len(cases), func(i, j int) { cases[i], cases[j] = cases[j], cases[i] })
	c.fresh = &Result{rule: r.rule}
	groups := map[string]*outcome{}
	missing := 0
	for _, t := range cases {
		if c.exhausted(ctx) {
			return
		}
		to := r
		if t.fresh {
			to = c.fresh
		}
		o, err := c.runCase(ctx, c.module, t)
		if err == nil && o == nil {
			missing++
			continue
		}
		var failure *Failure
		switch {
		case err != nil || ctx.Err() != nil:
		case o.unusable != nil:
			failure = c.failure(o.f, o.answer)
			failure.Reason = "the next step cannot use this: " + o.unusable.Error()
		default:
			failure, err = t.judge(c, o)
		}
		if err != nil {
			c.broken = fmt.Errorf("%w: the vector %s: %w", sandbox.ErrInvalidInput, t.id, err)
			return
		}
		to.Cases++
		if failure == nil {
			failure = sameGroup(groups, t, o)
		}
		if failure != nil {
			to.failCall(t.id, o.f, o.args, failure)
			c.tooLarge(o)
		} else {
			c.sample(o)
		}
	}
	switch {
	case r.Cases == 0 && missing == 0:
		r.skip("there are no vectors")
	case missing > 0:
		r.note("without %s for the optional interface", thousands(uint64(missing)))
	}
}

// sameGroup compares what the last step was given with other cases of the group.
func sameGroup(groups map[string]*outcome, t *testCase, o *outcome) *Failure {
	if t.group == "" || o.given == nil {
		return nil
	}
	first, ok := groups[t.group]
	if !ok {
		groups[t.group] = o
		return nil
	}
	if reflect.DeepEqual(first.given, o.given) {
		return nil
	}
	return &Failure{
		Got: vectors.Text(o.given[0]), Want: vectors.Text(first.given[0]),
		Reason: "cases of the group " + t.group + " lead to the same values",
	}
}

// checkFresh reports what [checker.checkVectors] found.
func (c *checker) checkFresh(_ context.Context, r *Result) {
	r.Cases, r.Failed, r.Failures = c.fresh.Cases, c.fresh.Failed, c.fresh.Failures
	if r.Failed > 0 {
		r.Status = Failed
	}
}
