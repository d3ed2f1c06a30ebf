package peer

import (
	"context"
	stdjson "encoding/json"
	"unsafe"

	sonic "github.com/bytedance/sonic"
	jsonv2 "github.com/go-json-experiment/json"
	goccy "github.com/goccy/go-json"

	"example.org/compute-pipeline/bench/exact"
	"example.org/compute-pipeline/bench/work"
)

// native is a Host and Service of Go functions: no sandbox, nothing to start.
type native struct {
	aggregate func([]work.Point) work.Moments
	parse     func([]byte, any) error
}

func (n native) Service() (Service, error) { return n, nil }

func (n native) Close() error { return nil }

func (n native) Aggregate(_ context.Context, points []work.Point) (work.Moments, error) {
	return n.aggregate(points), nil
}

// record is a point with the names that decoders go by. It has the layout of a point.
type record struct {
	Timestamp uint64  `json:"timestamp"`
	Value     float64 `json:"value"`
}

func (n native) Parse(_ context.Context, dst []work.Point, text []byte) ([]work.Point, error) {
	records := unsafe.Slice((*record)(unsafe.SliceData(dst)), cap(dst))[:0]
	err := n.parse(text, &records)
	return unsafe.Slice((*work.Point)(unsafe.SliceData(records)), len(records)), err
}

func goFunction(name, how string, isExact bool, aggregate func([]work.Point) work.Moments) Peer {
	return Peer{
		Name: name, How: how, Exact: isExact, Aggregates: true,
		Open: func(Files) (Host, error) { return native{aggregate: aggregate}, nil },
	}
}

func decoder(name, module string, parse func([]byte, any) error) Peer {
	return Peer{
		Name: name, How: "`Unmarshal` into a slice with room for all points", Exact: true, Parses: true, Module: module,
		Open: func(Files) (Host, error) { return native{parse: parse}, nil },
	}
}

// Native are the peers without a sandbox.
func Native() []Peer {
	rationals := goFunction("math/big.Rat", "`Rat.SetFloat64`, `Add` and `Mul`, as one would write it; up to 10,000 points", true, exact.RatMoments)
	rationals.Most = 10_000
	return []Peer{
		goFunction("plain Go, two passes", "two loops over the slice, rounded at every step", false, work.TwoPasses),
		goFunction("plain Go, the engine's algorithm", "bench/exact: the same grid, blocks and long sums, without SIMD", true, exact.Moments),
		goFunction("math/big.Int", "all values as multiples of one power of two, whose least is looked for first; sum and sum of squares", true, exact.IntMoments),
		goFunction("math/big.Float", "`Float.Add` and `Mul` with room for every bit of any sum", true, exact.FloatMoments),
		rationals,
		decoder("encoding/json", "", stdjson.Unmarshal),
		decoder("encoding/json/v2", "github.com/go-json-experiment/json", func(text []byte, v any) error { return jsonv2.Unmarshal(text, v) }),
		decoder("goccy/go-json", "github.com/goccy/go-json", goccy.Unmarshal),
		decoder("sonic", "github.com/bytedance/sonic", sonic.Unmarshal),
	}
}
