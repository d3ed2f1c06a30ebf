package peer

import (
	"context"

	"github.com/tetratelabs/wazero"
	"github.com/tetratelabs/wazero/imports/wasi_snapshot_preview1"

	"example.org/compute-pipeline/bench/protobuf"
	"example.org/compute-pipeline/bench/work"
)

// wasmPlugin is knqyf263/go-plugin: protobuf to a plugin in Go, on wazero.
type wasmPlugin struct {
	plugin *protobuf.StatisticsPlugin
	cache  wazero.CompilationCache
	path   string
	bytes  bool
}

func openWasmPlugin(f Files, asBytes bool) (Host, error) {
	// Each plugin has a runtime; they share what is compiled.
	cache := wazero.NewCompilationCache()
	runtime := func(ctx context.Context) (wazero.Runtime, error) {
		r := wazero.NewRuntimeWithConfig(ctx, wazero.NewRuntimeConfig().WithCompilationCache(cache))
		_, err := wasi_snapshot_preview1.Instantiate(ctx, r)
		return r, err
	}
	plugin, err := protobuf.NewStatisticsPlugin(context.Background(), protobuf.WazeroRuntime(runtime))
	return &wasmPlugin{plugin, cache, f.Protobuf, asBytes}, err
}

func (p *wasmPlugin) Close() error { return p.cache.Close(context.Background()) }

func (p *wasmPlugin) Service() (Service, error) {
	instance, err := p.plugin.Load(context.Background(), p.path)
	if err != nil {
		return nil, err
	}
	return wasmPluginInstance{instance, func() error { return instance.Close(context.Background()) }, p.bytes}, nil
}

type wasmPluginInstance struct {
	protobuf.Statistics
	close func() error
	bytes bool
}

func (p wasmPluginInstance) Close() error { return p.close() }

func (p wasmPluginInstance) Aggregate(ctx context.Context, points []work.Point) (work.Moments, error) {
	var m *protobuf.Moments
	var err error
	if p.bytes {
		m, err = p.Statistics.AggregateBytes(ctx, &protobuf.Bytes{Data: work.Bytes(points)})
	} else {
		list := make([]*protobuf.Point, len(points))
		for i, q := range points {
			list[i] = &protobuf.Point{Timestamp: q.Timestamp, Value: q.Value}
		}
		m, err = p.Statistics.Aggregate(ctx, &protobuf.Points{Points: list})
	}
	return work.Moments{Mean: m.GetMean(), Variance: m.GetVariance(), Sum: m.GetSum()}, err
}

func (p wasmPluginInstance) Parse(ctx context.Context, dst []work.Point, text []byte) ([]work.Point, error) {
	if p.bytes {
		b, err := p.Statistics.ParseBytes(ctx, &protobuf.Bytes{Data: text})
		return work.AppendPoints(dst, b.GetData()), err
	}
	list, err := p.Statistics.Parse(ctx, &protobuf.Bytes{Data: text})
	for _, q := range list.GetPoints() {
		dst = append(dst, work.Point{Timestamp: q.GetTimestamp(), Value: q.GetValue()})
	}
	return dst, err
}

// Knqyf263 are plugins over protobuf on wazero.
func Knqyf263() []Peer {
	peer := func(name, how string, asBytes bool) Peer {
		return Peer{
			Name: "knqyf263/go-plugin, " + name, How: how + ", to a plugin in Go that makes two passes, or reads JSON by encoding/json",
			Aggregates: true, Parses: true, Sandboxed: true, Module: "github.com/knqyf263/go-plugin",
			Open: func(f Files) (Host, error) { return openWasmPlugin(f, asBytes) },
		}
	}
	return []Peer{
		peer("messages", "protobuf with a message per point", false),
		peer("bytes", "protobuf with the points' memory as bytes", true),
	}
}
