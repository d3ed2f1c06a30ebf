package vectors

import (
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"strings"
)

// expansion expands macros. They know nothing of WIT types: JSON becomes JSON. It owns
// the values that it is given, and changes them. The budget has paid for each value that
// value returns, with all its parts, so only what uses parts again pays for them again.
type expansion struct {
	budget *budget
	sets   map[string]set
}

// set is a list that cases may use. The first i elements have the size sizes[i].
type set struct {
	elements []any
	sizes    []int
}

func setOf(elements []any) set {
	sizes := make([]int, len(elements)+1)
	for i, element := range elements {
		sizes[i+1] = sizes[i] + sizeOf(element, maxExpanded)
	}
	return set{elements, sizes}
}

// macros are the names of the macros, with the other members that each may have.
var macros = map[string]string{
	"$repeat": "times", "$concat": "", "$words": "", "$count": "", "$records": "",
	"$set": "from to stride",
}

// value returns v without macros.
func (e *expansion) value(v any) (any, error) {
	var err error
	switch v := v.(type) {
	case []any:
		for i := range v {
			if v[i], err = e.value(v[i]); err != nil {
				return nil, err
			}
		}
	case map[string]any:
		name, err := macroName(v)
		if err != nil {
			return nil, err
		}
		if name != "" {
			return e.macro(name, v)
		}
		for field := range v {
			if v[field], err = e.value(v[field]); err != nil {
				return nil, err
			}
		}
	}
	return v, nil
}

// macroName returns the member that begins with $, or nothing.
func macroName(v map[string]any) (name string, err error) {
	for field := range v {
		if strings.HasPrefix(field, "$") {
			if name != "" {
				return "", fmt.Errorf("%s and %s in one object", min(name, field), max(name, field))
			}
			name = field
		}
	}
	return name, nil
}

// only returns an error if an object has other members than the named ones.
func only(v map[string]any, name, others string) error {
	for field := range v {
		if field != name && !strings.Contains(" "+others+" ", " "+field+" ") {
			return fmt.Errorf("%s: unknown member %.80q", name, field)
		}
	}
	return nil
}

func (e *expansion) macro(name string, v map[string]any) (any, error) {
	others, ok := macros[name]
	if !ok {
		return nil, fmt.Errorf("no macro %.80q may be here", name)
	}
	if err := only(v, name, others); err != nil {
		return nil, err
	}
	expanded, err := e.named(name, v)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	return expanded, nil
}

func (e *expansion) named(name string, v map[string]any) (any, error) {
	switch argument := v[name]; name {
	case "$repeat":
		return e.repeat(argument, v)
	case "$concat":
		parts, ok := argument.([]any)
		if !ok {
			return nil, errors.New("not a list")
		}
		return e.concat(parts)
	case "$words":
		text, ok := argument.(string)
		if !ok {
			return nil, errors.New("not a string")
		}
		return e.words(text)
	case "$count":
		fields, ok := argument.(map[string]any)
		if !ok {
			return nil, errors.New("not an object")
		}
		return e.count(fields)
	case "$records":
		columns, ok := argument.(map[string]any)
		if !ok {
			return nil, errors.New("not an object")
		}
		return e.records(columns)
	default: // $set
		set, ok := argument.(string)
		if !ok {
			return nil, errors.New("not a string")
		}
		return e.set(set, v)
	}
}

// repeat returns a list or a string a number of times over.
func (e *expansion) repeat(what any, v map[string]any) (any, error) {
	times, err := whole(v, "times", -1)
	if err != nil {
		return nil, err
	}
	if what, err = e.value(what); err != nil {
		return nil, err
	}
	switch what := what.(type) {
	case string:
		if err := e.budget.spend(times, len(what)); err != nil {
			return nil, err
		}
		if what == "" {
			return "", nil
		}
		return strings.Repeat(what, times), nil
	case []any:
		if len(what) == 0 {
			return what, nil
		}
		if err := e.budget.spendCopies(times, what); err != nil {
			return nil, err
		}
		repeated := make([]any, 0, times*len(what))
		for range times {
			repeated = append(repeated, what...)
		}
		return repeated, nil
	}
	return nil, errors.New("neither a list nor a string")
}

// concat joins lists, or strings.
func (e *expansion) concat(parts []any) (any, error) {
	var text strings.Builder
	list := []any{}
	strs, lists := 0, 0
	for _, part := range parts {
		part, err := e.value(part)
		if err != nil {
			return nil, err
		}
		switch part := part.(type) {
		case string:
			strs++
			err = e.budget.spend(1, len(part))
			if err == nil {
				text.WriteString(part)
			}
		case []any:
			lists++
			err = e.budget.spend(len(part), sizeElement)
			if err == nil {
				list = append(list, part...)
			}
		default:
			err = errors.New("a part is neither a list nor a string")
		}
		if err != nil {
			return nil, err
		}
	}
	if strs > 0 && lists > 0 {
		return nil, errors.New("both lists and strings")
	}
	if strs > 0 {
		return text.String(), nil
	}
	return list, nil
}

// words splits a string at its spaces.
func (e *expansion) words(text string) (any, error) {
	if text == "" {
		return []any{}, nil
	}
	if err := e.budget.spend(strings.Count(text, " ")+1, sizeString); err != nil {
		return nil, err
	}
	words := []any{}
	for word := range strings.SplitSeq(text, " ") {
		words = append(words, word)
	}
	return words, nil
}

// count returns u64s as decimal strings: first, first + step, ... modulo 2^64.
func (e *expansion) count(fields map[string]any) (any, error) {
	if err := only(fields, "$count", "first step times"); err != nil {
		return nil, err
	}
	first, err := decimal(fields, "first")
	if err != nil {
		return nil, err
	}
	step, err := decimal(fields, "step")
	if err != nil {
		return nil, err
	}
	times, err := whole(fields, "times", -1)
	if err != nil {
		return nil, err
	}
	if err := e.budget.spend(times, sizeDecimal); err != nil {
		return nil, err
	}
	numbers := make([]any, times)
	for i := range numbers {
		numbers[i] = strconv.FormatUint(first, 10)
		first += step
	}
	return numbers, nil
}

// records makes a list of records of one list for each field.
func (e *expansion) records(columns map[string]any) (any, error) {
	n := -1
	names := 0
	lists := make(map[string][]any, len(columns))
	for field, column := range columns {
		if strings.HasPrefix(field, "$") {
			return nil, fmt.Errorf("the field %.80q begins with $", field)
		}
		names += len(field)
		list, err := e.list(column)
		if err != nil {
			return nil, fmt.Errorf("field %.80q: %w", field, err)
		}
		if n >= 0 && len(list) != n {
			return nil, errors.New("the lists of the fields are not of the same length")
		}
		n = len(list)
		lists[field] = list
	}
	if n < 0 {
		return nil, errors.New("no fields")
	}
	if err := e.budget.spend(n, sizeElement+sizeRecord+names+sizeField*max(0, len(lists)-8)); err != nil {
		return nil, err
	}
	records := make([]any, n)
	for i := range records {
		record := make(map[string]any, len(lists))
		for field, list := range lists {
			record[field] = list[i]
		}
		records[i] = record
	}
	return records, nil
}

// set returns elements of a set: those at i * stride mod n, for i from..to.
func (e *expansion) set(name string, v map[string]any) (any, error) {
	set, ok := e.sets[name]
	if !ok {
		return nil, fmt.Errorf("unknown set %.80q", name)
	}
	n := len(set.elements)
	to, err := whole(v, "to", n)
	if err != nil {
		return nil, err
	}
	from, err := whole(v, "from", 0)
	if err != nil {
		return nil, err
	}
	stride, err := whole(v, "stride", 1)
	if err != nil {
		return nil, err
	}
	if from > to || to > n {
		return nil, fmt.Errorf("%d..%d of the set %.80q, which has %d", from, to, name, n)
	}
	if stride == 1 || n == 0 {
		return set.elements[from:to:to], e.budget.spend(1, set.sizes[to]-set.sizes[from])
	}
	if err := e.budget.spend(to-from, sizeElement); err != nil {
		return nil, err
	}
	stride %= n
	elements := make([]any, 0, to-from)
	for i := from; i < to; i++ {
		at := i * stride % n
		if err := e.budget.spend(1, set.sizes[at+1]-set.sizes[at]); err != nil {
			return nil, err
		}
		elements = append(elements, set.elements[at])
	}
	return elements, nil
}

// list returns v without macros, which must be a list.
func (e *expansion) list(v any) ([]any, error) {
	v, err := e.value(v)
	if err != nil {
		return nil, err
	}
	list, ok := v.([]any)
	if !ok {
		return nil, errors.New("not a list")
	}
	return list, nil
}

// whole returns the member of an object that is a whole number, not negative. A negative
// default means that there is none.
func whole(v map[string]any, name string, without int) (int, error) {
	member, ok := v[name]
	if !ok && without >= 0 {
		return without, nil
	}
	number, _ := member.(json.Number)
	n, err := strconv.ParseUint(string(number), 10, 32)
	if err != nil {
		return 0, fmt.Errorf("%q is not a whole number below 2^32", name)
	}
	return int(n), nil
}

// decimal returns the member of an object that is a u64 as a decimal string.
func decimal(v map[string]any, name string) (uint64, error) {
	text, _ := v[name].(string)
	n, err := strconv.ParseUint(text, 10, 64)
	if err != nil {
		return 0, fmt.Errorf("%q is not a u64 as a string", name)
	}
	return n, nil
}
