package driver

import (
	"fmt"
	"math"
	"reflect"
)

// The NaN that lifting returns for every NaN.
const (
	canonical32 = 0x7fc0_0000
	canonical64 = 0x7ff8_0000_0000_0000
)

// difference describes the first difference between a value that was lifted and the one
// that was lowered, or returns an empty text. Floats have the same bits, but every NaN
// became the canonical one. Both values are addressable.
func difference(path string, lifted, lowered reflect.Value) string {
	differs := func(got, expected any) string {
		return fmt.Sprintf("%s is %.200s, expected %.200s", path, fmt.Sprint(got), fmt.Sprint(expected))
	}
	if lifted.Type() != lowered.Type() {
		return differs(lifted.Type(), lowered.Type())
	}
	switch lifted.Kind() {
	case reflect.Float32:
		// Float would make a signaling NaN quiet.
		a, b := *(*uint32)(lifted.Addr().UnsafePointer()), *(*uint32)(lowered.Addr().UnsafePointer())
		if a != b && (a != canonical32 || !isNaN32(b)) || isNaN32(a) && a != canonical32 {
			return differs(fmt.Sprintf("%#x", a), fmt.Sprintf("%#x", b))
		}
	case reflect.Float64:
		a, b := *(*uint64)(lifted.Addr().UnsafePointer()), *(*uint64)(lowered.Addr().UnsafePointer())
		if a != b && (a != canonical64 || !isNaN64(b)) || isNaN64(a) && a != canonical64 {
			return differs(fmt.Sprintf("%#x", a), fmt.Sprintf("%#x", b))
		}
	case reflect.Slice, reflect.Array:
		if lifted.Len() != lowered.Len() {
			return differs(fmt.Sprintf("of %d items", lifted.Len()), lowered.Len())
		}
		for i := range lifted.Len() {
			if text := difference(fmt.Sprintf("%s[%d]", path, i), lifted.Index(i), lowered.Index(i)); text != "" {
				return text
			}
		}
	case reflect.Map:
		if lifted.Len() != lowered.Len() {
			return differs(fmt.Sprintf("of %d items", lifted.Len()), lowered.Len())
		}
		for keys := lowered.MapRange(); keys.Next(); {
			path := fmt.Sprintf("%s[%.50s]", path, fmt.Sprint(keys.Key()))
			value := lifted.MapIndex(keys.Key())
			if !value.IsValid() {
				return path + " is missing"
			}
			if text := difference(path, addressable(value), addressable(keys.Value())); text != "" {
				return text
			}
		}
	case reflect.Struct:
		for i := range lifted.NumField() {
			name := path + "." + lifted.Type().Field(i).Name
			if text := difference(name, lifted.Field(i), lowered.Field(i)); text != "" {
				return text
			}
		}
	case reflect.Pointer:
		a, b := lifted.Interface().(*Thing), lowered.Interface().(*Thing)
		if a.Number != b.Number {
			return differs(a.Number, b.Number)
		}
	case reflect.Interface:
		// Both are nil where an option or a result holds no variant.
		if lifted.IsNil() && lowered.IsNil() {
			return ""
		}
		if lifted.IsNil() || lowered.IsNil() {
			return differs(lifted, lowered)
		}
		return difference(path, addressable(lifted.Elem()), addressable(lowered.Elem()))
	default:
		if !lifted.Equal(lowered) {
			return differs(lifted, lowered)
		}
	}
	return ""
}

// addressable returns a copy whose bits can be read.
func addressable(value reflect.Value) reflect.Value {
	copied := reflect.New(value.Type()).Elem()
	copied.Set(value)
	return copied
}

func isNaN32(bits uint32) bool { return bits&math.MaxInt32 > 0x7f80_0000 }
func isNaN64(bits uint64) bool { return bits&math.MaxInt64 > 0x7ff0_0000_0000_0000 }
