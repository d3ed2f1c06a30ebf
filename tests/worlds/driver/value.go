package driver

import (
	"encoding/binary"
	"errors"
	"fmt"
	"math"
	"reflect"
	"strings"

	"example.org/compute-pipeline/gohost/wit"
)

// Variants are the cases of variants, in order: what a sealed interface may hold.
type Variants map[reflect.Type][]reflect.Type

// decode sets the value, which is addressable, to the one in the bytes. The form is that of
// tests/worlds/generator/src/encoding.rs. A value that does not fit the Go type is an error.
func (v Variants) decode(bytes []byte, to reflect.Value, t *things) (err error) {
	defer func() {
		if failed, ok := recover().(mismatch); ok {
			err = errors.New(string(failed))
		}
	}()
	d := decoder{variants: v, things: t, rest: bytes}
	d.value(to)
	if len(d.rest) > 0 {
		d.fail("%d bytes left after a %v", len(d.rest), to.Type())
	}
	return nil
}

// mismatch is what a decoder panics with.
type mismatch string

type decoder struct {
	variants Variants
	things   *things
	rest     []byte
}

func (d *decoder) fail(format string, args ...any) { panic(mismatch(fmt.Sprintf(format, args...))) }

func (d *decoder) take(n int) []byte {
	if len(d.rest) < n {
		d.fail("%d bytes left, %d expected", len(d.rest), n)
	}
	taken := d.rest[:n]
	d.rest = d.rest[n:]
	return taken
}

func (d *decoder) byte() byte     { return d.take(1)[0] }
func (d *decoder) number() uint32 { return binary.LittleEndian.Uint32(d.take(4)) }

// integers are the Go kinds of integers, of the letters that encode them.
var integers = map[byte]reflect.Kind{
	'b': reflect.Int8, 'B': reflect.Uint8, 'h': reflect.Int16, 'H': reflect.Uint16,
	'i': reflect.Int32, 'I': reflect.Uint32, 'q': reflect.Int64, 'Q': reflect.Uint64,
}

func (d *decoder) value(to reflect.Value) {
	letter := d.byte()
	kind := func(kind reflect.Kind) {
		if to.Kind() != kind {
			d.fail("%v for a %q", to.Type(), letter)
		}
	}
	switch letter {
	case '?':
		kind(reflect.Bool)
		to.SetBool(d.byte() == 1)
	case 'b', 'h', 'i', 'q', 'B', 'H', 'I', 'Q':
		kind(integers[letter])
		d.integer(to)
	case 'f':
		kind(reflect.Float32)
		// SetFloat would make a signaling NaN quiet.
		*to.Addr().Interface().(*float32) = math.Float32frombits(d.number())
	case 'd':
		kind(reflect.Float64)
		*to.Addr().Interface().(*float64) = math.Float64frombits(binary.LittleEndian.Uint64(d.take(8)))
	case 'c':
		kind(reflect.Int32)
		to.SetInt(int64(d.number()))
	case 's':
		kind(reflect.String)
		to.SetString(string(d.take(int(d.number()))))
	case 'l':
		kind(reflect.Slice)
		n := int(d.number())
		to.Set(reflect.MakeSlice(to.Type(), n, n))
		d.items(to, n)
	case 'a':
		kind(reflect.Array)
		d.items(to, int(d.number()))
	case 'm':
		kind(reflect.Map)
		to.Set(reflect.MakeMap(to.Type()))
		for range d.number() {
			key, value := reflect.New(to.Type().Key()).Elem(), reflect.New(to.Type().Elem()).Elem()
			d.value(key)
			d.value(value)
			to.SetMapIndex(key, value)
		}
	case 'o':
		d.generic(to, "Option")
		if d.byte() == 1 {
			to.FieldByName("Valid").SetBool(true)
			d.value(to.FieldByName("Value"))
		}
	case 'r':
		d.generic(to, "Result")
		field := "Value"
		if d.byte() == 1 {
			to.FieldByName("IsErr").SetBool(true)
			field = "Err"
		}
		d.maybe(to.FieldByName(field))
	case 't':
		kind(reflect.Struct)
		n := int(d.number())
		if to.NumField() != n {
			d.fail("%v for %d fields", to.Type(), n)
		}
		for i := range n {
			d.value(to.Field(i))
		}
	case 'T':
		thing := reflect.ValueOf(&Thing{Number: d.number(), things: d.things})
		if !thing.CanConvert(to.Type()) {
			d.fail("%v for a thing", to.Type())
		}
		to.Set(thing)
	case 'v':
		kind(reflect.Interface)
		d.variant(to)
	case 'e':
		kind(unsigned(bitsOfEnum(d.number())))
		to.SetUint(uint64(d.number()))
	case 'g':
		kind(unsigned(d.number()))
		to.SetUint(uint64(d.number()))
	default:
		d.fail("a letter %q", letter)
	}
}

func (d *decoder) integer(to reflect.Value) {
	size := int(to.Type().Size())
	bytes := append(d.take(size)[:size:size], make([]byte, 8)...)
	bits := binary.LittleEndian.Uint64(bytes)
	if to.CanUint() {
		to.SetUint(bits)
		return
	}
	unused := 64 - 8*size
	to.SetInt(int64(bits) << unused >> unused)
}

func (d *decoder) items(to reflect.Value, n int) {
	if to.Len() != n {
		d.fail("%v for %d items", to.Type(), n)
	}
	for i := range n {
		d.value(to.Index(i))
	}
}

// generic checks that the type is one of package wit.
func (d *decoder) generic(to reflect.Value, name string) {
	ty := to.Type()
	if ty.PkgPath() != witPath || !strings.HasPrefix(ty.Name(), name+"[") {
		d.fail("%v for an %s", ty, name)
	}
}

var witPath = reflect.TypeFor[wit.Option[bool]]().PkgPath()

// maybe reads the value of a result.
func (d *decoder) maybe(to reflect.Value) {
	switch {
	case d.byte() == 1:
		d.value(to)
	case to.Type() != reflect.TypeFor[wit.Unit]():
		d.fail("%v for no value", to.Type())
	}
}

func (d *decoder) variant(to reflect.Value) {
	cases, index := d.variants[to.Type()], int(d.number())
	if index >= len(cases) {
		d.fail("case %d of %v, which has %d", index, to.Type(), len(cases))
	}
	value := reflect.New(cases[index]).Elem()
	fields := int(d.byte())
	if value.NumField() != fields {
		d.fail("%v for a case with %d values", value.Type(), fields)
	}
	if fields == 1 {
		d.value(value.Field(0))
	}
	to.Set(value)
}

// bitsOfEnum returns the bits of an enum's discriminant.
func bitsOfEnum(cases uint32) uint32 {
	switch {
	case cases <= 1<<8:
		return 8
	case cases <= 1<<16:
		return 16
	}
	return 32
}

// unsigned returns the smallest kind of unsigned integer with so many bits.
func unsigned(bits uint32) reflect.Kind {
	switch {
	case bits <= 8:
		return reflect.Uint8
	case bits <= 16:
		return reflect.Uint16
	}
	return reflect.Uint32
}
