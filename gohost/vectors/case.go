package vectors

import (
	"encoding/json"
	"errors"
	"fmt"
)

// Case is one case.
type Case struct {
	// ID is unique in the file.
	ID string
	// Group, if there is one, says that the last step's references stand for the same
	// values in all cases of the group; see [Result.Given].
	Group string

	file *File
	raw  json.RawMessage
}

// Step is one call.
type Step struct {
	// Call is the function: "org:analytics/metrics#compute-aggregate", without the
	// version of the interface, or only its name.
	Call string
	// Args are values, and [*Ref].
	Args []any
}

// written is a case as it is in the file.
type written struct {
	ID    string        `json:"id"`
	Group string        `json:"group"`
	Call  string        `json:"call"`
	Args  []any         `json:"args"`
	Steps []writtenStep `json:"steps"`
	Want  any           `json:"want"`
}

type writtenStep struct {
	Call  string `json:"call"`
	Args  []any  `json:"args"`
	Times *int   `json:"times"`
}

// parseCase reads a case, and expands it to see that it can be.
func (f *File) parseCase(raw json.RawMessage, total *budget) (*Case, error) {
	c := &Case{file: f, raw: raw}
	b := budget{maxExpanded}
	w, err := c.decode(&b)
	if err != nil {
		return nil, err
	}
	if w.ID == "" {
		return nil, errors.New("no id")
	}
	c.ID, c.Group = w.ID, w.Group
	if _, err := f.steps(w, &b); err != nil {
		return nil, fmt.Errorf("%q: %w", w.ID, err)
	}
	if _, err := f.want(w, &b); err != nil {
		return nil, fmt.Errorf("%q: want: %w", w.ID, err)
	}
	if total.spend(1, maxExpanded-b.left) != nil {
		return nil, fmt.Errorf("%q: all cases together are too large", w.ID)
	}
	return c, nil
}

func (c *Case) decode(b *budget) (*written, error) {
	var w written
	return &w, b.decode(c.raw, &w)
}

// Steps returns the steps of the case, one or more, without macros.
func (c *Case) Steps() []Step {
	b := budget{maxExpanded}
	return checked(c, &b, c.file.steps)
}

// Want returns what the case expects.
func (c *Case) Want() Want {
	b := budget{maxExpanded}
	return checked(c, &b, c.file.want)
}

// checked does again what Parse has done without an error.
func checked[T any](c *Case, b *budget, expand func(*written, *budget) (T, error)) T {
	w, err := c.decode(b)
	if err == nil {
		var part T
		if part, err = expand(w, b); err == nil {
			return part
		}
	}
	panic("vectors: a case that was parsed: " + err.Error())
}

// steps returns all steps of a case.
func (f *File) steps(w *written, b *budget) ([]Step, error) {
	entries := w.Steps
	if w.Call != "" {
		if entries != nil {
			return nil, errors.New("both call and steps")
		}
		entries = []writtenStep{{Call: w.Call, Args: w.Args}}
	} else if w.Args != nil {
		return nil, errors.New("args without call")
	}
	if len(entries) == 0 {
		return nil, errors.New("neither call nor steps")
	}
	s := stepping{expansion: expansion{budget: b, sets: f.sets}}
	for i, entry := range entries {
		if err := s.add(&entry); err != nil {
			return nil, fmt.Errorf("step %d: %w", i, err)
		}
		if f.Functions == nil {
			continue
		}
		function, ok := f.Functions[entry.Call]
		if !ok {
			return nil, fmt.Errorf("step %d: unknown function %.80q", i, entry.Call)
		}
		if len(entry.Args) != len(function.Params) {
			return nil, fmt.Errorf("step %d: %d args, %s has %d", i, len(entry.Args), entry.Call, len(function.Params))
		}
	}
	return s.steps, nil
}

// stepping makes steps of the entries of a case.
type stepping struct {
	expansion
	steps []Step
	// last are the indices of the last step of each entry.
	last []int
}

// each is an argument that makes a step for every few elements of a list.
type each struct {
	list []any
	by   int
}

func (s *stepping) add(entry *writtenStep) error {
	if entry.Call == "" {
		return errors.New("no call")
	}
	times := 1
	if entry.Times != nil {
		if times = *entry.Times; times < 1 {
			return fmt.Errorf("%d times", times)
		}
	}
	args := make([]any, len(entry.Args))
	var parts *each
	for i, arg := range entry.Args {
		var err error
		if args[i], err = s.argument(arg); err != nil {
			return fmt.Errorf("argument %d: %w", i, err)
		}
		if e, ok := args[i].(*each); ok {
			if parts != nil || entry.Times != nil {
				return errors.New("one $each, and no times beside it")
			}
			parts = e
			times = (len(e.list) + e.by - 1) / e.by
		}
	}
	if times > maxSteps-len(s.steps) {
		return fmt.Errorf("more than %d steps", maxSteps)
	}
	if err := s.budget.spend(times, sizeStep+len(args)*64); err != nil {
		return err
	}
	for _, arg := range args {
		// The steps share the argument, which was paid for once, and the parts of an each.
		if _, ok := arg.(*each); !ok {
			if err := s.budget.spendCopies(times-1, arg); err != nil {
				return err
			}
		}
	}
	for i := range times {
		if err := s.step(entry.Call, args, i); err != nil {
			return err
		}
	}
	s.last = append(s.last, len(s.steps)-1)
	return nil
}

// step adds the i-th step of an entry.
func (s *stepping) step(call string, args []any, i int) error {
	own := make([]any, len(args))
	for j, arg := range args {
		switch arg := arg.(type) {
		case *each:
			from := i * arg.by
			to := min(from+arg.by, len(arg.list))
			own[j] = arg.list[from:to:to]
		case *Ref:
			ref := *arg
			switch {
			case ref.Step == -1:
				ref.Step = len(s.steps) - 1
			case ref.Step >= 0 && ref.Step < len(s.last):
				ref.Step = s.last[ref.Step]
			default:
				ref.Step = -1
			}
			if ref.Step < 0 {
				return fmt.Errorf("argument %d: no step %d before this one", j, arg.Step)
			}
			own[j] = &ref
		default:
			own[j] = arg
		}
	}
	s.steps = append(s.steps, Step{Call: call, Args: own})
	return nil
}

// argument expands an argument, which may be a reference or an each.
func (s *stepping) argument(v any) (any, error) {
	object, _ := v.(map[string]any)
	if _, ok := object["$step"]; ok {
		ref, err := parseRef(object)
		return &ref, err
	}
	list, ok := object["$each"]
	if !ok {
		return s.value(v)
	}
	if err := only(object, "$each", "by"); err != nil {
		return nil, err
	}
	by, err := whole(object, "by", -1)
	if err != nil || by == 0 {
		return nil, errors.New("$each: \"by\" is not a whole number above 0")
	}
	elements, err := s.list(list)
	if err != nil {
		return nil, fmt.Errorf("$each: %w", err)
	}
	if len(elements) == 0 {
		return nil, errors.New("$each: no elements")
	}
	return &each{elements, by}, nil
}
