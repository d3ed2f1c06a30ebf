package peer

import (
	"context"
	"encoding/json"
	"fmt"
	"unsafe"

	extism "github.com/extism/go-sdk"
	"github.com/tetratelabs/wazero"

	"example.org/compute-pipeline/bench/work"
)

// extismHost is Extism's SDK for Go.
type extismHost struct {
	plugin *extism.CompiledPlugin
	bytes  bool
}

func openExtism(f Files, asBytes bool) (Host, error) {
	manifest := extism.Manifest{Wasm: []extism.Wasm{extism.WasmFile{Path: f.Extism}}}
	plugin, err := extism.NewCompiledPlugin(context.Background(), manifest, extism.PluginConfig{}, nil)
	return extismHost{plugin, asBytes}, err
}

func (h extismHost) Close() error { return h.plugin.Close(context.Background()) }

func (h extismHost) Service() (Service, error) {
	instance, err := h.plugin.Instance(context.Background(), extism.PluginInstanceConfig{ModuleConfig: wazero.NewModuleConfig()})
	return extismInstance{instance, h.bytes}, err
}

type extismInstance struct {
	plugin *extism.Plugin
	bytes  bool
}

func (e extismInstance) Close() error { return e.plugin.Close(context.Background()) }

func (e extismInstance) call(ctx context.Context, name string, data []byte) ([]byte, error) {
	code, out, err := e.plugin.CallWithContext(ctx, name, data)
	if err == nil && code != 0 {
		err = fmt.Errorf("the plugin returned %d", code)
	}
	return out, err
}

func (e extismInstance) Aggregate(ctx context.Context, points []work.Point) (work.Moments, error) {
	if e.bytes {
		out, err := e.call(ctx, "aggregate_bytes", work.Bytes(points))
		if err != nil {
			return work.Moments{}, err
		}
		return work.Three(out)
	}
	text, err := json.Marshal(unsafe.Slice((*record)(unsafe.Pointer(unsafe.SliceData(points))), len(points)))
	if err != nil {
		return work.Moments{}, err
	}
	out, err := e.call(ctx, "aggregate", text)
	if err != nil {
		return work.Moments{}, err
	}
	var m work.Moments // its names differ only in case
	err = json.Unmarshal(out, &m)
	return m, err
}

func (e extismInstance) Parse(ctx context.Context, dst []work.Point, text []byte) ([]work.Point, error) {
	if e.bytes {
		out, err := e.call(ctx, "parse_bytes", text)
		return work.AppendPoints(dst, out), err
	}
	out, err := e.call(ctx, "parse", text)
	if err != nil {
		return nil, err
	}
	return native{parse: json.Unmarshal}.Parse(ctx, dst, out)
}

// Extism are plugins of Extism.
func Extism() []Peer {
	peer := func(name, how string, asBytes bool) Peer {
		return Peer{
			Name: "Extism, " + name, How: how + ", to a plugin in Rust that makes two passes, or reads JSON by serde_json; no timeout",
			Aggregates: true, Parses: true, Sandboxed: true, Module: "github.com/extism/go-sdk",
			Open: func(f Files) (Host, error) { return openExtism(f, asBytes) },
		}
	}
	return []Peer{peer("JSON", "JSON in both directions", false), peer("bytes", "the points' memory", true)}
}
