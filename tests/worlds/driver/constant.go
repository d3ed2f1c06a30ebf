package driver

import (
	"fmt"
	"reflect"
	"strconv"
	"strings"

	"example.org/compute-pipeline/tests/worlds/wast"
)

// constant sets the value, which is addressable, to the one of a script.
func (v Variants) constant(n wast.Node, to reflect.Value) error {
	if len(n.List) == 0 {
		return fmt.Errorf("line %d: no constant", n.Line)
	}
	kind, rest := n.List[0].Word, n.List[1:]
	one := func() (string, error) {
		if len(rest) != 1 {
			return "", fmt.Errorf("%d parts", len(rest))
		}
		if rest[0].Text {
			return rest[0].Unquote()
		}
		return rest[0].Word, nil
	}
	var err error
	switch kind {
	case "list.const":
		to.Set(reflect.MakeSlice(to.Type(), len(rest), len(rest)))
		for i := range rest {
			if err := v.constant(rest[i], to.Index(i)); err != nil {
				return err
			}
		}
	case "tuple.const", "record.const":
		if len(rest) != to.NumField() {
			return fmt.Errorf("%d values for %v", len(rest), to.Type())
		}
		for i, part := range rest {
			if part.Is("field") {
				part.List = part.List[2:]
			}
			if err := v.constant(part, to.Field(i)); err != nil {
				return err
			}
		}
	case "option.none":
	case "option.some":
		to.FieldByName("Valid").SetBool(true)
		return v.constant(rest[0], to.FieldByName("Value"))
	case "result.ok":
		return v.constant(rest[0], to.FieldByName("Value"))
	case "result.err":
		to.FieldByName("IsErr").SetBool(true)
		return v.constant(rest[0], to.FieldByName("Err"))
	case "variant.const":
		return v.variantConstant(rest, to)
	case "enum.const":
		return named(rest[0].Word, to, func(i uint) uint64 { return uint64(i) })
	case "flags.const":
		bits := uint64(0)
		for _, flag := range rest {
			if err := named(flag.Word, to, func(i uint) uint64 { return 1 << i }); err != nil {
				return err
			}
			bits |= to.Uint()
		}
		to.SetUint(bits)
	default:
		var text string
		if text, err = one(); err == nil {
			err = scalar(kind, text, to)
		}
	}
	if err != nil {
		return fmt.Errorf("%s: %w", n.Source, err)
	}
	return nil
}

func scalar(kind, text string, to reflect.Value) error {
	var err error
	expect := func(expected reflect.Kind) bool {
		if to.Kind() != expected {
			err = fmt.Errorf("%v for a %s", to.Type(), kind)
		}
		return err == nil
	}
	switch kind {
	case "bool.const":
		if expect(reflect.Bool) {
			to.SetBool(text == "true")
		}
	case "str.const":
		if expect(reflect.String) {
			to.SetString(text)
		}
	case "char.const":
		if expect(reflect.Int32) {
			to.SetInt(int64([]rune(text)[0]))
		}
	case "f32.const", "f64.const":
		if expect(kinds[kind]) {
			var number float64
			number, err = strconv.ParseFloat(text, to.Type().Bits())
			to.SetFloat(number)
		}
	case "u8.const", "u16.const", "u32.const", "u64.const":
		if expect(kinds[kind]) {
			var number uint64
			number, err = strconv.ParseUint(text, 0, to.Type().Bits())
			to.SetUint(number)
		}
	case "s8.const", "s16.const", "s32.const", "s64.const":
		if expect(kinds[kind]) {
			var number int64
			number, err = strconv.ParseInt(text, 0, to.Type().Bits())
			to.SetInt(number)
		}
	default:
		return fmt.Errorf("%s is not known", kind)
	}
	return err
}

var kinds = map[string]reflect.Kind{
	"f32.const": reflect.Float32, "f64.const": reflect.Float64,
	"u8.const": reflect.Uint8, "u16.const": reflect.Uint16, "u32.const": reflect.Uint32, "u64.const": reflect.Uint64,
	"s8.const": reflect.Int8, "s16.const": reflect.Int16, "s32.const": reflect.Int32, "s64.const": reflect.Int64,
}

// variantConstant sets a variant. The type of a case has the names of both.
func (v Variants) variantConstant(parts []wast.Node, to reflect.Value) error {
	for _, ty := range v[to.Type()] {
		if !strings.EqualFold(ty.Name(), to.Type().Name()+parts[0].Word) {
			continue
		}
		value := reflect.New(ty).Elem()
		if len(parts) > 1 {
			if err := v.constant(parts[1], value.FieldByName("Value")); err != nil {
				return err
			}
		}
		to.Set(value)
		return nil
	}
	return fmt.Errorf("no case %s of %v", parts[0].Word, to.Type())
}

// named sets the value of an enum or of flags that has the name.
func named(name string, to reflect.Value, value func(uint) uint64) error {
	for i := range uint(32) {
		to.SetUint(value(i))
		if text, ok := to.Interface().(fmt.Stringer); ok && text.String() == name {
			return nil
		}
	}
	return fmt.Errorf("no %s of %v", name, to.Type())
}
