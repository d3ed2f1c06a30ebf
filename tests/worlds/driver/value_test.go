package driver

import (
	"context"
	"math"
	"reflect"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"example.org/compute-pipeline/gohost/wit"
)

type (
	shape  interface{ isShape() }
	circle struct{ Value float32 }
	dot    struct{}
	point  struct {
		X int8
		Y uint16
	}
)

// closer is like the Go interface of a resource without functions.
type closer interface {
	Close(ctx context.Context) error
}

func (circle) isShape() {}
func (dot) isShape()    {}

var shapes = Variants{reflect.TypeFor[shape](): {reflect.TypeFor[dot](), reflect.TypeFor[circle]()}}

func decode[T any](encoded string) (value T, err error) {
	err = shapes.decode([]byte(encoded), reflect.ValueOf(&value).Elem(), nil)
	return value, err
}

func decodesTo[T any](t *testing.T, expected T, encoded string) {
	t.Helper()
	value, err := decode[T](encoded)
	require.NoError(t, err)
	assert.Equal(t, expected, value)
	for cut := range len(encoded) {
		_, err := decode[T](encoded[:cut])
		require.Error(t, err, "%q", encoded[:cut])
	}
	_, err = decode[T](encoded + "\x00")
	require.ErrorContains(t, err, "1 bytes left")
}

func TestDecode(t *testing.T) {
	decodesTo(t, true, "?\x01")
	decodesTo(t, int8(-2), "b\xfe")
	decodesTo(t, int16(-2), "h\xfe\xff")
	decodesTo(t, uint32(1<<31), "I\x00\x00\x00\x80")
	decodesTo(t, int64(-1), "q\xff\xff\xff\xff\xff\xff\xff\xff")
	decodesTo(t, float32(1), "f\x00\x00\x80\x3f")
	decodesTo(t, 1.0, "d\x00\x00\x00\x00\x00\x00\xf0\x3f")
	decodesTo(t, '€', "c\xac\x20\x00\x00")
	decodesTo(t, "hi", "s\x02\x00\x00\x00hi")
	decodesTo(t, []uint8{1, 2}, "l\x02\x00\x00\x00B\x01B\x02")
	decodesTo(t, [1]bool{true}, "a\x01\x00\x00\x00?\x01")
	decodesTo(t, map[uint8]bool{7: true}, "m\x01\x00\x00\x00B\x07?\x01")
	decodesTo(t, wit.Some(wit.None[bool]()), "o\x01o\x00")
	decodesTo(t, wit.Failed[wit.Unit](uint8(3)), "r\x01\x01B\x03")
	decodesTo(t, wit.OK[wit.Unit, uint8](wit.Unit{}), "r\x00\x00")
	decodesTo(t, point{X: -1, Y: 2}, "t\x02\x00\x00\x00b\xffH\x02\x00")
	decodesTo(t, shape(circle{1}), "v\x01\x00\x00\x00\x01f\x00\x00\x80\x3f")
	decodesTo(t, shape(dot{}), "v\x00\x00\x00\x00\x00")
	decodesTo(t, closer(&Thing{Number: 7}), "T\x07\x00\x00\x00")
	decodesTo(t, uint8(255), "e\x00\x01\x00\x00\xff\x00\x00\x00")
	decodesTo(t, uint16(256), "e\x01\x01\x00\x00\x00\x01\x00\x00")
	decodesTo(t, uint16(256), "g\x09\x00\x00\x00\x00\x01\x00\x00")
}

func refuses[T any](t *testing.T, encoded string) {
	t.Helper()
	value, err := decode[T](encoded)
	assert.Error(t, err, "%q as a %T", encoded, value)
}

func TestDecodeRefusesOtherTypes(t *testing.T) {
	refuses[uint8](t, "?\x01")
	refuses[int8](t, "B\x01")
	refuses[uint32](t, "c\x00\x00\x00\x00")
	refuses[[2]bool](t, "a\x01\x00\x00\x00?\x01")
	refuses[[]bool](t, "a\x01\x00\x00\x00?\x01")
	refuses[point](t, "o\x01?\x01")
	refuses[wit.Result[bool, bool]](t, "o\x01?\x01")
	refuses[wit.Result[bool, bool]](t, "r\x00\x00") // without a value
	refuses[wit.Unit](t, "t\x02\x00\x00\x00b\xffH\x02\x00")
	refuses[shape](t, "v\x02\x00\x00\x00\x00")
	refuses[shape](t, "v\x01\x00\x00\x00\x00") // without a value
	refuses[uint8](t, "e\x01\x01\x00\x00\x00\x00\x00\x00")
	refuses[uint16](t, "g\x08\x00\x00\x00\x00\x00\x00\x00")
	refuses[uint32](t, "T\x07\x00\x00\x00")
	refuses[shape](t, "T\x07\x00\x00\x00")
	refuses[bool](t, "!")
}

func differ[T any](t *testing.T, text string, lifted, lowered T) {
	t.Helper()
	a, b := reflect.ValueOf(&lifted).Elem(), reflect.ValueOf(&lowered).Elem()
	assert.Equal(t, text, difference("v", a, b))
	assert.Empty(t, difference("v", b, b))
}

func TestDifference(t *testing.T) {
	differ(t, "v is 1, expected 2", 1, 2)
	differ(t, "v is 0x80000000, expected 0x0", float32(math.Copysign(0, -1)), 0)
	differ(t, "v is 0x8000000000000000, expected 0x0", math.Copysign(0, -1), 0)
	differ(t, "v is a, expected b", "a", "b")
	differ(t, "v is of 1 items, expected 2", []int{1}, []int{1, 2})
	differ(t, "v[1] is 3, expected 2", []int{1, 3}, []int{1, 2})
	differ(t, "v[1] is 3, expected 2", [2]int{1, 3}, [2]int{1, 2})
	differ(t, "v[a] is 3, expected 2", map[string]int{"a": 3}, map[string]int{"a": 2})
	differ(t, "v[a] is missing", map[string]int{"b": 2}, map[string]int{"a": 2})
	differ(t, "v is of 0 items, expected 1", map[string]int{}, map[string]int{"a": 2})
	differ(t, "v.Y is 3, expected 2", point{1, 3}, point{1, 2})
	differ(t, "v.Valid is false, expected true", wit.None[int](), wit.Some(0))
	differ[shape](t, "v.Value is 0x3f800000, expected 0x40000000", circle{1}, circle{2})
	differ[shape](t, "v is driver.circle, expected driver.dot", circle{1}, dot{})
	differ[shape](t, "v is <nil>, expected {}", nil, dot{})
	differ[closer](t, "v is 1, expected 2", &Thing{Number: 1}, &Thing{Number: 2})
}

// Lowering keeps the bits of a NaN, and lifting returns the canonical one.
func TestDifferenceOfNaN(t *testing.T) {
	signaling, canonical := math.Float64frombits(0xfff0_0000_0000_0001), math.Float64frombits(canonical64)
	of := func(lifted, lowered float64) string {
		return difference("v", reflect.ValueOf(&lifted).Elem(), reflect.ValueOf(&lowered).Elem())
	}
	assert.Empty(t, of(canonical, signaling))
	assert.NotEmpty(t, of(signaling, signaling))
	assert.NotEmpty(t, of(canonical, 1))
	assert.NotEmpty(t, of(1, canonical))
}

// A guest drops what it made, in the order in which it made it, and nothing else.
func TestThingsThatAreDropped(t *testing.T) {
	var all things
	var first, second closer
	require.True(t, all.makes("random:w2/things#make", &first))
	require.True(t, all.makes("random:w2/things#make", &second))
	require.False(t, all.makes("random:w2/x#make", &second))
	require.Error(t, all.check(2), "not dropped")
	require.NoError(t, first.Close(t.Context()))
	require.NoError(t, second.Close(t.Context()))
	require.NoError(t, all.check(2))
	require.Error(t, all.check(1), "dropped too often")
	all.closed[1] = 3
	require.Error(t, all.check(2), "another one")
}
