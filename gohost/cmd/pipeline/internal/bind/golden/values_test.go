package golden_test

import (
	"context"
	"fmt"

	"example.org/compute-pipeline/gohost/cmd/pipeline/internal/bind/golden/echo"
	"example.org/compute-pipeline/gohost/wit"
)

// values returns what it is given, and keeps the arguments of functions that cannot.
type values struct{ args []any }

func (*values) Bool(_ context.Context, v bool) (bool, error) { return v, nil }

func (*values) U8(_ context.Context, v uint8) (uint8, error) { return v, nil }

func (*values) S8(_ context.Context, v int8) (int8, error) { return v, nil }

func (*values) U16(_ context.Context, v uint16) (uint16, error) { return v, nil }

func (*values) S16(_ context.Context, v int16) (int16, error) { return v, nil }

func (*values) U32(_ context.Context, v uint32) (uint32, error) { return v, nil }

func (*values) S32(_ context.Context, v int32) (int32, error) { return v, nil }

func (*values) U64(_ context.Context, v uint64) (uint64, error) { return v, nil }

func (*values) S64(_ context.Context, v int64) (int64, error) { return v, nil }

func (*values) F32(_ context.Context, v float32) (float32, error) { return v, nil }

func (*values) F64(_ context.Context, v float64) (float64, error) { return v, nil }

func (*values) Char(_ context.Context, v rune) (rune, error) { return v, nil }

func (*values) String(_ context.Context, v string) (string, error) { return v, nil }

func (*values) AllNumbers(_ context.Context, v echo.Numbers) (echo.Numbers, error) { return v, nil }

func (*values) AllMixed(_ context.Context, v echo.Mixed) (echo.Mixed, error) { return v, nil }

func (*values) OneField(_ context.Context, v echo.One) (echo.One, error) { return v, nil }

func (*values) ColorOf(_ context.Context, v echo.Color) (echo.Color, error) { return v, nil }

func (*values) SingleOf(_ context.Context, v echo.Single) (echo.Single, error) { return v, nil }

func (*values) FewOf(_ context.Context, v echo.Few) (echo.Few, error) { return v, nil }

func (*values) EightOf(_ context.Context, v echo.Eight) (echo.Eight, error) { return v, nil }

func (*values) TwelveOf(_ context.Context, v echo.Twelve) (echo.Twelve, error) { return v, nil }

func (*values) TwentyOf(_ context.Context, v echo.Twenty) (echo.Twenty, error) { return v, nil }

func (*values) AllOf(_ context.Context, v echo.All) (echo.All, error) { return v, nil }

func (*values) JoinedOf(_ context.Context, v echo.Joined) (echo.Joined, error) { return v, nil }

func (*values) BareOf(_ context.Context, v echo.Bare) (echo.Bare, error) { return v, nil }

func (*values) SmallOf(_ context.Context, v echo.Small) (echo.Small, error) { return v, nil }

func (*values) Option(_ context.Context, v wit.Option[uint32]) (wit.Option[uint32], error) {
	return v, nil
}

func (*values) OptionText(_ context.Context, v wit.Option[string]) (wit.Option[string], error) {
	return v, nil
}

func (*values) OptionTwice(_ context.Context, v wit.Option[wit.Option[uint8]]) (wit.Option[wit.Option[uint8]], error) {
	return v, nil
}

func (*values) Results(_ context.Context, v wit.Result[uint64, string], w wit.Result[wit.Unit, float32], x wit.Result[rune, wit.Unit], y wit.Result[wit.Unit, wit.Unit]) (wit.Tuple4[wit.Result[uint64, string], wit.Result[wit.Unit, float32], wit.Result[rune, wit.Unit], wit.Result[wit.Unit, wit.Unit]], error) {
	return wit.Tuple4[wit.Result[uint64, string], wit.Result[wit.Unit, float32], wit.Result[rune, wit.Unit], wit.Result[wit.Unit, wit.Unit]]{V0: v, V1: w, V2: x, V3: y}, nil
}

func (*values) Returns(_ context.Context, v uint32) (uint32, error) {
	if v%2 == 1 {
		return 0, echo.JoinedInt{Value: v}
	}
	return v, nil
}

func (*values) ReturnsNothing(_ context.Context, v bool) error {
	if !v {
		return wit.Err(wit.Unit{})
	}
	return nil
}

func (*values) ReturnsError(_ context.Context, v bool) error {
	if !v {
		return fmt.Errorf("no color: %w", echo.ColorBlue)
	}
	return nil
}

func (*values) ReturnsValue(_ context.Context, v string) (string, error) { return v, nil }

func (*values) Pair(_ context.Context, v wit.Tuple2[uint8, string]) (wit.Tuple2[uint8, string], error) {
	return v, nil
}

func (*values) Seventeen(_ context.Context, v echo.Tuple) (echo.Tuple, error) { return v, nil }

func (*values) Bytes(_ context.Context, v []byte) ([]byte, error) { return v, nil }

func (*values) Strings(_ context.Context, v []string) ([]string, error) { return v, nil }

func (*values) Bools(_ context.Context, v []bool) ([]bool, error) { return v, nil }

func (*values) Chars(_ context.Context, v []rune) ([]rune, error) { return v, nil }

func (*values) Colors(_ context.Context, v []echo.Color) ([]echo.Color, error) { return v, nil }

func (*values) SomeFlags(_ context.Context, v []echo.Twelve) ([]echo.Twelve, error) { return v, nil }

func (*values) S16s(_ context.Context, v []int16) ([]int16, error) { return v, nil }

func (*values) F32s(_ context.Context, v []float32) ([]float32, error) { return v, nil }

func (*values) Plains(_ context.Context, v []echo.Plain) ([]echo.Plain, error) { return v, nil }

func (*values) Gaps(_ context.Context, v []echo.Gapped) ([]echo.Gapped, error) { return v, nil }

func (*values) Pairs(_ context.Context, v []wit.Tuple2[uint32, int32]) ([]wit.Tuple2[uint32, int32], error) {
	return v, nil
}

func (*values) Lists(_ context.Context, v [][][]uint16) ([][][]uint16, error) { return v, nil }

func (*values) ListsOfText(_ context.Context, v [][]string) ([][]string, error) { return v, nil }

func (*values) AllJoined(_ context.Context, v []echo.Joined) ([]echo.Joined, error) { return v, nil }

func (*values) AllMixedOptions(_ context.Context, v []wit.Option[echo.Mixed]) ([]wit.Option[echo.Mixed], error) {
	return v, nil
}

func (*values) AllResults(_ context.Context, v []wit.Result[echo.Numbers, []byte]) ([]wit.Result[echo.Numbers, []byte], error) {
	return v, nil
}

func (*values) Fixed(_ context.Context, v [4]uint32) ([4]uint32, error) { return v, nil }

func (*values) FixedText(_ context.Context, v [2]string) ([2]string, error) { return v, nil }

func (*values) FixedTwice(_ context.Context, v [2][3]wit.Option[uint8]) ([2][3]wit.Option[uint8], error) {
	return v, nil
}

func (*values) LongFixed(_ context.Context, v [20]uint64) ([20]uint64, error) { return v, nil }

func (*values) MapText(_ context.Context, v map[string]uint32) (map[string]uint32, error) {
	return v, nil
}

func (*values) MapNested(_ context.Context, v map[rune]map[bool][]echo.Mixed) (map[rune]map[bool][]echo.Mixed, error) {
	return v, nil
}

func (r *values) Sixteen(_ context.Context, a uint8, b uint16, cValue uint32, d uint64, e int8, f int16, g int32, h int64, i float32, j float64, k bool, l rune, m uint8, n uint8, o string) (uint64, error) {
	r.args = []any{a, b, cValue, d, e, f, g, h, i, j, k, l, m, n, o}
	return uint64(len(r.args)), nil
}

func (r *values) Many(_ context.Context, a uint8, b uint16, cValue uint32, d uint64, e int8, f int16, g int32, h int64, i float32, j float64, k bool, l rune, m string, n []byte, o echo.Joined) (uint64, error) {
	r.args = []any{a, b, cValue, d, e, f, g, h, i, j, k, l, m, n, o}
	return uint64(len(r.args)), nil
}

func (*values) None(context.Context) error { return nil }
