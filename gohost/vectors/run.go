package vectors

import (
	"encoding/json"
	"fmt"

	"example.org/compute-pipeline/gohost/wit"
)

// Result is what the last step of a case returned, or the step that ended the case.
type Result struct {
	// Value is the value: {"ok": ...} or {"err": ...} for a WIT result.
	Value any `json:"value,omitempty"`
	// Given is what the last step's references stood for, in their order. Nil if an
	// earlier step ended the case.
	Given []any `json:"given,omitempty"`
	// Trap is the message of a trap, which may be empty.
	Trap *string `json:"trap,omitempty"`
}

// String returns the result as JSON, for people: a long one is cut.
func (r Result) String() string {
	if r.Trap != nil {
		return fmt.Sprintf("a trap: %q", *r.Trap)
	}
	return Text(r.Value)
}

// UnmarshalJSON keeps numbers as [json.Number].
func (r *Result) UnmarshalJSON(text []byte) error {
	type plain Result
	return strictly(text, (*plain)(r))
}

// Run runs the steps of the case, each by call, whose value it takes to be the function's
// result. For a function that returns a WIT result, call returns a wit.Result[any, any];
// an err ends the case. So does an error of call, which Run returns with the step.
func (c *Case) Run(call func(function string, args []any) (any, error)) (Result, error) {
	var returned []any
	var result Result
	steps := c.Steps()
	for i, step := range steps {
		args := make([]any, len(step.Args))
		result = Result{}
		for j, arg := range step.Args {
			args[j] = arg
			ref, ok := arg.(*Ref)
			if !ok {
				continue
			}
			value, err := ref.Of(returned[ref.Step])
			if err != nil {
				return Result{}, fmt.Errorf("step %d: %w", i, err)
			}
			args[j] = value
			result.Given = append(result.Given, value)
		}
		value, err := call(step.Call, args)
		if err != nil {
			return Result{}, fmt.Errorf("step %d: %w", i, err)
		}
		wrapped, ok := value.(wit.Result[any, any])
		switch {
		case !ok:
			result.Value = value
		case wrapped.IsErr:
			result.Value = map[string]any{"err": wrapped.Err}
			if i < len(steps)-1 {
				result.Given = nil
			}
			return result, nil
		default:
			value = wrapped.Value
			result.Value = map[string]any{"ok": value}
		}
		returned = append(returned, value)
	}
	return result, nil
}

var _ json.Unmarshaler = (*Result)(nil)
