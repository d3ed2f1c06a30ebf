package kit

import (
	"fmt"

	"example.org/compute-pipeline/gohost/internal/dynamic"
)

// org:analytics@0.2.0 has the functions of 0.1.0 with other types for the same answers. So
// every case of such a function is one of the later function too, whose answer is judged as
// the one of 0.1.0 that says the same.

// laterVersion follows the name of a function that an earlier version of its interface has.
const laterVersion = "@0.2.0"

// withLater returns the cases, and after them those of later functions that the module exports.
func (c *checker) withLater(cases []*testCase) []*testCase {
	if !c.own {
		return cases
	}
	for _, t := range cases[:len(cases):len(cases)] {
		later := *t
		later.id += laterVersion
		later.steps = func() ([]step, error) { return c.laterSteps(t) }
		later.judge = func(c *checker, o *outcome) (*Failure, error) {
			earlier, failure := c.earlier(o)
			if failure != nil || earlier == nil {
				return failure, nil
			}
			return t.judge(c, earlier)
		}
		if steps, err := later.steps(); err == nil && len(steps) > 0 {
			cases = append(cases, &later)
		}
	}
	return cases
}

// laterSteps returns the steps of a case of the later function, or none if there is none in
// the module.
func (c *checker) laterSteps(t *testCase) ([]step, error) {
	steps, err := t.steps()
	if err != nil || len(steps) != 1 {
		return nil, err
	}
	f := c.function(steps[0].f.name + laterVersion)
	if f == nil || !c.module.Exports(f.number) {
		return nil, nil
	}
	return []step{{f, steps[0].args}}, nil
}

// earlier returns the outcome of the function of 0.1.0 that says what the later one's says, or
// the failure of one that nothing says.
func (c *checker) earlier(o *outcome) (*outcome, *Failure) {
	e := *o
	switch o.f.name {
	case "compute-aggregate" + laterVersion:
		e.f = c.function("compute-aggregate")
		if o.answer.err != nil {
			break
		}
		fields, points := o.answer.value.([]any), o.args[0].([]any)
		if n := fields[0].(uint64); n != uint64(len(points)) {
			failure := c.failure(o.f, o.answer)
			failure.Reason = fmt.Sprintf("count is %d, and %d points were given", n, len(points))
			return nil, failure
		}
		e.answer.value = fields[1:]
	case "validate-stream" + laterVersion:
		e.f = c.function("validate-stream")
		result, ok := o.answer.value.(dynamic.Case)
		if o.answer.err == nil && ok && result.Index == 1 {
			e.answer.value = dynamic.Case{Index: 1, Value: streamText(result.Value.(dynamic.Case))}
		}
	}
	return &e, nil
}

// streamText is the text of 0.1.0 for a stream-error.
func streamText(failure dynamic.Case) string {
	if failure.Index == 1 {
		return "Empty dataset"
	}
	fields := failure.Value.([]any)
	if line := fields[0].(uint64); line > 0 {
		return fmt.Sprintf("Parse failed: %v at line %d column %d", fields[2], line, fields[1])
	}
	return fmt.Sprintf("Parse failed: %v", fields[2])
}
