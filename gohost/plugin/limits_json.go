package plugin

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"time"

	"example.org/compute-pipeline/gohost"
)

// limitsFile is the form of [Limits] in files: durations are text. Each field here
// shadows the embedded one with the same name, and points to it.
type limitsFile struct {
	*limitsFields
	CallTimeout  *duration `json:"call_timeout,omitzero"`
	DrainTimeout *duration `json:"drain_timeout,omitzero"`
}

type limitsFields Limits // without the methods

func (l *Limits) file() *limitsFile {
	return &limitsFile{(*limitsFields)(l), (*duration)(&l.CallTimeout), (*duration)(&l.DrainTimeout)}
}

type breakerFile struct {
	*breakerFields
	Window   *duration `json:"window,omitzero"`
	Cooldown *duration `json:"cooldown,omitzero"`
}

type breakerFields BreakerLimits

func (b *BreakerLimits) file() *breakerFile {
	return &breakerFile{(*breakerFields)(b), (*duration)(&b.Window), (*duration)(&b.Cooldown)}
}

// duration is a duration in the form of time.ParseDuration, such as "1.5s", or -1 for
// [Unlimited].
type duration time.Duration

// IsZero makes omitzero omit a zero.
func (d *duration) IsZero() bool { return *d == 0 }

func (d *duration) MarshalJSON() ([]byte, error) {
	if *d == Unlimited {
		return json.Marshal(Unlimited)
	}
	return json.Marshal(time.Duration(*d).String())
}

func (d *duration) UnmarshalJSON(text []byte) error {
	var number int
	if json.Unmarshal(text, &number) == nil && number == Unlimited {
		*d = Unlimited
		return nil
	}
	var s string
	if err := json.Unmarshal(text, &s); err != nil {
		return fmt.Errorf("a duration is a string such as \"1.5s\", not %s", text)
	}
	parsed, err := time.ParseDuration(s)
	*d = duration(parsed)
	return err
}

// errNull is the error of a null instead of a duration. The decoder would replace the
// file's pointer by nil, and so detach it from the field it points to.
var errNull = errors.New("a duration is a string such as \"1.5s\", not null")

// strictly decodes an object into a struct. The error of an unknown member lists the known
// ones.
func strictly(text []byte, object any) error {
	d := json.NewDecoder(bytes.NewReader(text))
	d.DisallowUnknownFields()
	err := d.Decode(object)
	if err != nil {
		// The decoder describes it only in words.
		if unknown, ok := strings.CutPrefix(err.Error(), "json: unknown field "); ok {
			return fmt.Errorf("unknown field %s; the fields are %s", unknown, strings.Join(members(reflect.TypeOf(object)), ", "))
		}
	}
	return err
}

// members returns the names of a struct's members in JSON, sorted.
func members(of reflect.Type) (names []string) {
	if of.Kind() == reflect.Pointer {
		of = of.Elem()
	}
	for i := range of.NumField() {
		field := of.Field(i)
		if field.Anonymous {
			names = append(names, members(field.Type)...)
			continue
		}
		name, _, _ := strings.Cut(field.Tag.Get("json"), ",")
		names = append(names, name)
	}
	slices.Sort(names)
	return slices.Compact(names)
}

// MarshalJSON implements json.Marshaler. It omits zero limits.
func (l Limits) MarshalJSON() ([]byte, error) { return json.Marshal(l.file()) }

// UnmarshalJSON implements json.Unmarshaler. It reads an object in which every member
// is optional:
//
//	{"max_instances": 4, "memory_mib": 64, "max_result_mib": 64, "heap_mib": 256,
//	 "calls_per_instance": 10000, "max_waiters": 100,
//	 "call_timeout": "2s", "drain_timeout": "30s", "fuel": 1000000000, "max_module_bytes": 1048576,
//	 "breaker": {"off": false, "failures": 5, "ratio": 0.5, "lost": 0.75, "window": "10s", "cooldown": "5s"}}
//
// [Unlimited] and [NoWaiters] are -1. An unknown member is an error, and so is a value
// that [Limits.Check] rejects.
func (l *Limits) UnmarshalJSON(text []byte) error {
	var parsed Limits
	file := parsed.file()
	if err := file.end(&parsed, strictly(text, file)); err != nil {
		return err
	}
	*l = parsed
	return nil
}

// end returns the error of decoding, or that of the limits that were decoded.
func (f *limitsFile) end(parsed *Limits, err error) error {
	if err == nil && *f != *parsed.file() {
		err = errNull
	}
	if err != nil {
		return fmt.Errorf("%w: limits: %w", gohost.ErrInvalidInput, err)
	}
	return parsed.Check()
}

// MarshalJSON implements json.Marshaler. It omits zero limits.
func (b BreakerLimits) MarshalJSON() ([]byte, error) { return json.Marshal(b.file()) }

// UnmarshalJSON implements json.Unmarshaler for the member breaker; see
// [Limits.UnmarshalJSON].
func (b *BreakerLimits) UnmarshalJSON(text []byte) error {
	file := b.file()
	if err := strictly(text, file); err != nil {
		return err
	}
	if *file != *b.file() {
		return errNull
	}
	return nil
}
