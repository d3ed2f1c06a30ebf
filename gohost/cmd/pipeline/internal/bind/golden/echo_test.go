package golden_test

import (
	"context"
	"math"
	"math/rand/v2"
	"reflect"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"example.org/compute-pipeline/gohost/cmd/pipeline/internal/bind/golden/echo"
	"example.org/compute-pipeline/gohost/sandbox"
	"example.org/compute-pipeline/gohost/wit"
)

var ctx = context.Background()

// cases are the variants, whose values reflect cannot find.
var cases = map[reflect.Type][]any{
	reflect.TypeFor[echo.Joined](): {
		echo.JoinedNone{},
		echo.JoinedInt{},
		echo.JoinedLong{},
		echo.JoinedFloat{},
		echo.JoinedDouble{},
		echo.JoinedText{},
		echo.JoinedPair{},
		echo.JoinedTriple{},
		echo.JoinedColor{},
		echo.JoinedDeep{},
	},
	reflect.TypeFor[echo.Bare]():  {echo.BareA{}, echo.BareB{}},
	reflect.TypeFor[echo.Small](): {echo.SmallByte{}, echo.SmallLetter{}},
}

// limits are how many values the types have that are numbers in Go.
var limits = map[reflect.Type]uint64{
	reflect.TypeFor[echo.Color](): 3, reflect.TypeFor[echo.Single](): 1,
	reflect.TypeFor[echo.Few](): 1 << 3, reflect.TypeFor[echo.Twelve](): 1 << 12, reflect.TypeFor[echo.Twenty](): 1 << 20,
}

// value returns a random value, often one at the edge of its type.
func value(r *rand.Rand, t reflect.Type) reflect.Value {
	v := reflect.New(t).Elem()
	edge := r.IntN(3) == 0
	switch t.Kind() {
	case reflect.Bool:
		v.SetBool(r.IntN(2) == 0)
	case reflect.Uint8, reflect.Uint16, reflect.Uint32, reflect.Uint64:
		n := r.Uint64()
		if edge {
			n = []uint64{0, 1, math.MaxUint64}[r.IntN(3)]
		}
		if limit, ok := limits[t]; ok {
			n %= limit
		}
		v.SetUint(n & (math.MaxUint64 >> (64 - t.Bits())))
	case reflect.Int32: // a char too
		v.SetInt(int64([]rune{0, 'a', 0xd7ff, 0xe000, 0x10ffff, 'é', rune(r.IntN(0xd800))}[r.IntN(7)]))
	case reflect.Int8, reflect.Int16, reflect.Int64:
		n := int64(r.Uint64())
		if edge {
			n = []int64{0, -1, math.MinInt64, math.MaxInt64}[r.IntN(4)]
		}
		v.SetInt(n >> (64 - t.Bits()))
	case reflect.Float32, reflect.Float64:
		f := r.NormFloat64()
		if edge {
			f = []float64{0, math.Copysign(0, -1), math.Inf(1), math.Inf(-1), math.SmallestNonzeroFloat32, math.MaxFloat32}[r.IntN(6)]
		}
		v.SetFloat(f)
	case reflect.String:
		v.SetString(strings.Repeat([]string{"", "a", "é𝄞", "\x00", "long text "}[r.IntN(5)], 1+r.IntN(4)))
	case reflect.Slice:
		if n := r.IntN(4); n > 0 {
			v.Set(reflect.MakeSlice(t, n, n))
			for i := range n {
				v.Index(i).Set(value(r, t.Elem()))
			}
		}
	case reflect.Array:
		for i := range t.Len() {
			v.Index(i).Set(value(r, t.Elem()))
		}
	case reflect.Map:
		v.Set(reflect.MakeMap(t))
		for range r.IntN(4) {
			v.SetMapIndex(value(r, t.Key()), value(r, t.Elem()))
		}
	case reflect.Interface:
		of := cases[t]
		v.Set(value(r, reflect.TypeOf(of[r.IntN(len(of))])))
	case reflect.Struct:
		randomStruct(r, v)
	default:
		panic(t.String())
	}
	return v
}

func randomStruct(r *rand.Rand, v reflect.Value) {
	t := v.Type()
	for i := range t.NumField() {
		v.Field(i).Set(value(r, t.Field(i).Type))
	}
	zero := func(name string, when bool) {
		if when {
			f := v.FieldByName(name)
			f.SetZero()
		}
	}
	switch {
	case strings.HasPrefix(t.Name(), "Option["):
		zero("Value", !v.FieldByName("Valid").Bool())
	case strings.HasPrefix(t.Name(), "Result["):
		zero("Value", v.FieldByName("IsErr").Bool())
		zero("Err", !v.FieldByName("IsErr").Bool())
	}
}

// eachRuntime runs a test on the compiler and on the interpreter.
func eachRuntime(t *testing.T, test func(t *testing.T, opts ...sandbox.Option)) {
	t.Run("compiler", func(t *testing.T) { test(t) })
	t.Run("interpreter", func(t *testing.T) { test(t, sandbox.WithInterpreter()) })
}

// start loads a module of a binding.
func start[B any](t testing.TB, binding sandbox.Binding[B], wasm []byte, opts ...sandbox.Option) B {
	t.Helper()
	bound, err := binding.Load(ctx, wasm, opts...)
	require.NoError(t, err)
	return bound
}

func load(t *testing.T, opts ...sandbox.Option) (*echo.Echo, *values) {
	t.Helper()
	host := &values{}
	module := start(t, echo.Binding(echo.Imports{Values: host}), forward(echo.Contract()), opts...)
	t.Cleanup(func() { assert.NoError(t, module.Close(ctx)) })
	return module, host
}

// Every function of the world passes its arguments to a guest, which passes them to
// the host; the result goes back the same way.
func TestEveryKindOfValueBothWays(t *testing.T) {
	eachRuntime(t, func(t *testing.T, opts ...sandbox.Option) {
		module, host := load(t, opts...)
		echoAll(t, module, host)
	})
}

func echoAll(t *testing.T, module *echo.Echo, host *values) {
	r := rand.New(rand.NewPCG(1, 2))
	functions := reflect.ValueOf(module)
	for i := range functions.NumMethod() {
		name := functions.Type().Method(i).Name
		typ := functions.Method(i).Type()
		if typ.NumIn() < 2 || strings.HasPrefix(name, "Append") || strings.HasPrefix(name, "Returns") {
			continue
		}
		for range 200 {
			args := []reflect.Value{reflect.ValueOf(ctx)}
			var plain []any
			for p := 1; p < typ.NumIn(); p++ {
				args = append(args, value(r, typ.In(p)))
				plain = append(plain, args[p].Interface())
			}
			out := functions.Method(i).Call(args)
			require.Nil(t, out[1].Interface(), "%s(%#v)", name, plain)
			got := []any{out[0].Interface()}
			switch {
			case name == "Results":
				got = fields(out[0])
			case len(plain) > 1:
				got = host.args
			}
			require.Equal(t, plain, got, name)
		}
	}
}

func fields(v reflect.Value) []any {
	var values []any
	for i := range v.NumField() {
		values = append(values, v.Field(i).Interface())
	}
	return values
}

func TestResultsThatAreReturned(t *testing.T) {
	module, _ := load(t)
	results(t, module)
}

func results(t *testing.T, module *echo.Echo) {
	t.Helper()
	n, err := module.Returns(ctx, 4)
	require.NoError(t, err)
	assert.EqualValues(t, 4, n)
	n, err = module.Returns(ctx, 5)
	assert.Zero(t, n)
	var joined echo.Joined
	require.ErrorAs(t, err, &joined)
	assert.Equal(t, echo.JoinedInt{Value: 5}, joined)
	require.ErrorIs(t, err, echo.JoinedInt{Value: 5})
	require.NotErrorIs(t, err, echo.JoinedNone{})
	var of *wit.Error[echo.Joined]
	require.ErrorAs(t, err, &of)
	assert.Equal(t, joined, of.Value)
	assert.ErrorContains(t, err, ": joined: int: 5")

	require.NoError(t, module.ReturnsNothing(ctx, true))
	var unit *wit.Error[wit.Unit]
	require.ErrorAs(t, module.ReturnsNothing(ctx, false), &unit)

	require.NoError(t, module.ReturnsError(ctx, true))
	err = module.ReturnsError(ctx, false)
	require.ErrorIs(t, err, echo.ColorBlue)
	var color echo.Color
	require.ErrorAs(t, err, &color)
	assert.Equal(t, echo.ColorBlue, color)
	assert.ErrorContains(t, err, ": blue")

	text, err := module.ReturnsValue(ctx, "text")
	require.NoError(t, err)
	assert.Equal(t, "text", text)
	require.NoError(t, module.None(ctx))
}

// NaNs reach the host as the canonical one, alone and in lists that are copied.
func TestNaNs(t *testing.T) {
	module, _ := load(t)
	odd32, odd64 := math.Float32frombits(0xffc12345), math.Float64frombits(0xfff8000000012345)
	f32, err := module.F32(ctx, odd32)
	require.NoError(t, err)
	assert.Equal(t, uint32(0x7fc00000), math.Float32bits(f32))
	f64, err := module.F64(ctx, odd64)
	require.NoError(t, err)
	assert.Equal(t, uint64(0x7ff8000000000000), math.Float64bits(f64))
	f32s, err := module.F32s(ctx, []float32{1, odd32, 2})
	require.NoError(t, err)
	assert.Equal(t, uint32(0x7fc00000), math.Float32bits(f32s[1]))
	plain, err := module.Plains(ctx, []echo.Plain{{A: 7, B: odd64, C: odd32, D: [2]uint16{8, 9}}})
	require.NoError(t, err)
	assert.Equal(t, uint64(0x7ff8000000000000), math.Float64bits(plain[0].B))
	assert.Equal(t, uint32(0x7fc00000), math.Float32bits(plain[0].C))
	assert.EqualValues(t, 7, plain[0].A)
}

func TestAppendingForms(t *testing.T) {
	module, _ := load(t)
	list := append(make([]int16, 0, 100), 1, 2)
	got, err := module.AppendS16s(ctx, list, []int16{3, 4})
	require.NoError(t, err)
	assert.Equal(t, []int16{1, 2, 3, 4}, got)
	assert.Same(t, &list[0], &got[0])
	texts, err := module.AppendStrings(ctx, []string{"a"}, []string{"b", "c"})
	require.NoError(t, err)
	assert.Equal(t, []string{"a", "b", "c"}, texts)
}

// What is no value of its type is refused before the guest sees it.
func TestInvalidValues(t *testing.T) {
	module, _ := load(t)
	for name, call := range map[string]func() error{
		"nil variant":             func() error { _, err := module.JoinedOf(ctx, nil); return err },
		"pointer to a case":       func() error { _, err := module.BareOf(ctx, &echo.BareA{}); return err },
		"enum":                    func() error { _, err := module.ColorOf(ctx, 3); return err },
		"enum in a list":          func() error { _, err := module.Colors(ctx, []echo.Color{0, 3}); return err },
		"surrogate":               func() error { _, err := module.Char(ctx, 0xd800); return err },
		"not UTF-8":               func() error { _, err := module.String(ctx, "\xff"); return err },
		"nil variant in a list":   func() error { _, err := module.AllJoined(ctx, []echo.Joined{nil}); return err },
		"negative char in a list": func() error { _, err := module.Chars(ctx, []rune{-1}); return err },
	} {
		assert.ErrorIs(t, call(), sandbox.ErrInvalidInput, name)
	}
	few, err := module.FewOf(ctx, 0xff) // bits that are no flags
	require.NoError(t, err)
	assert.Equal(t, echo.FewA|echo.FewB|echo.FewC, few)
	assert.Equal(t, "a|b|c", few.String())
}

func TestMissingImport(t *testing.T) {
	_, err := echo.Load(ctx, forward(echo.Contract()), echo.Imports{})
	assert.ErrorContains(t, err, "echo: Imports.Values is nil")
}
