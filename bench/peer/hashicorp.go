package peer

import (
	"context"
	"io"
	"math"
	"os"
	"os/exec"

	"github.com/hashicorp/go-hclog"
	"github.com/hashicorp/go-plugin"
	"google.golang.org/grpc"

	"example.org/compute-pipeline/bench/protobuf/message"
	"example.org/compute-pipeline/bench/protobuf/statistics"
	"example.org/compute-pipeline/bench/work"
)

// ServeArgument makes the bench the program of the plugin for hashicorp/go-plugin.
const ServeArgument = "serve-plugin"

var handshake = plugin.HandshakeConfig{ProtocolVersion: 1, MagicCookieKey: "COMPUTE_PIPELINE_BENCH", MagicCookieValue: "plugin"}

// ServePlugin is that program.
func ServePlugin() {
	plugin.Serve(&plugin.ServeConfig{
		HandshakeConfig: handshake,
		Plugins:         plugin.PluginSet{"statistics": &processPlugin{}},
		Logger:          hclog.NewNullLogger(),
		GRPCServer: func(opts []grpc.ServerOption) *grpc.Server {
			return grpc.NewServer(append(opts, grpc.MaxRecvMsgSize(math.MaxInt32), grpc.MaxSendMsgSize(math.MaxInt32))...)
		},
	})
}

type processPlugin struct{ plugin.NetRPCUnsupportedPlugin }

func (*processPlugin) GRPCServer(_ *plugin.GRPCBroker, s *grpc.Server) error {
	message.RegisterStatisticsServer(s, server{})
	return nil
}

func (*processPlugin) GRPCClient(_ context.Context, _ *plugin.GRPCBroker, c *grpc.ClientConn) (any, error) {
	return message.NewStatisticsClient(c), nil
}

type server struct {
	message.UnimplementedStatisticsServer
}

func moments(mean, variance, sum float64) (*message.Moments, error) {
	return &message.Moments{Mean: mean, Variance: variance, Sum: sum}, nil
}

func (server) Aggregate(_ context.Context, p *message.Points) (*message.Moments, error) {
	return moments(statistics.Moments(p.GetPoints(), (*message.Point).GetValue))
}

func (server) AggregateBytes(_ context.Context, b *message.Bytes) (*message.Moments, error) {
	return moments(statistics.OfBytes(b.GetData()))
}

func (server) Parse(_ context.Context, b *message.Bytes) (*message.Points, error) {
	points, err := statistics.Parse(b.GetData())
	list := make([]*message.Point, len(points))
	for i, p := range points {
		list[i] = &message.Point{Timestamp: p.Timestamp, Value: p.Value}
	}
	return &message.Points{Points: list}, err
}

func (server) ParseBytes(_ context.Context, b *message.Bytes) (*message.Bytes, error) {
	points, err := statistics.Parse(b.GetData())
	return &message.Bytes{Data: statistics.ToBytes(points)}, err
}

// processes starts a process per service.
type processes struct {
	program string
	bytes   bool
}

func (p processes) Close() error { return nil }

func (p processes) Service() (Service, error) {
	client := plugin.NewClient(&plugin.ClientConfig{
		HandshakeConfig:  handshake,
		Plugins:          plugin.PluginSet{"statistics": &processPlugin{}},
		Cmd:              exec.Command(p.program, ServeArgument),
		AllowedProtocols: []plugin.Protocol{plugin.ProtocolGRPC},
		Logger:           hclog.NewNullLogger(),
		SyncStdout:       io.Discard,
		SyncStderr:       io.Discard,
		GRPCDialOptions: []grpc.DialOption{grpc.WithDefaultCallOptions(
			grpc.MaxCallRecvMsgSize(math.MaxInt32), grpc.MaxCallSendMsgSize(math.MaxInt32))},
	})
	protocol, err := client.Client()
	if err != nil {
		client.Kill()
		return nil, err
	}
	raw, err := protocol.Dispense("statistics")
	if err != nil {
		client.Kill()
		return nil, err
	}
	return process{raw.(message.StatisticsClient), client, p.bytes}, nil
}

type process struct {
	calls  message.StatisticsClient
	client *plugin.Client
	bytes  bool
}

func (p process) Close() error {
	p.client.Kill()
	return nil
}

func (p process) Aggregate(ctx context.Context, points []work.Point) (work.Moments, error) {
	var m *message.Moments
	var err error
	if p.bytes {
		m, err = p.calls.AggregateBytes(ctx, &message.Bytes{Data: work.Bytes(points)})
	} else {
		list := make([]*message.Point, len(points))
		for i, q := range points {
			list[i] = &message.Point{Timestamp: q.Timestamp, Value: q.Value}
		}
		m, err = p.calls.Aggregate(ctx, &message.Points{Points: list})
	}
	return work.Moments{Mean: m.GetMean(), Variance: m.GetVariance(), Sum: m.GetSum()}, err
}

func (p process) Parse(ctx context.Context, dst []work.Point, text []byte) ([]work.Point, error) {
	if p.bytes {
		b, err := p.calls.ParseBytes(ctx, &message.Bytes{Data: text})
		return work.AppendPoints(dst, b.GetData()), err
	}
	list, err := p.calls.Parse(ctx, &message.Bytes{Data: text})
	for _, q := range list.GetPoints() {
		dst = append(dst, work.Point{Timestamp: q.GetTimestamp(), Value: q.GetValue()})
	}
	return dst, err
}

// Hashicorp are plugins in a process of their own.
func Hashicorp() []Peer {
	peer := func(name, how string, asBytes bool) Peer {
		return Peer{
			Name: "hashicorp/go-plugin, " + name, How: how + ", to a process in Go that makes two passes, or reads JSON by encoding/json",
			Aggregates: true, Parses: true, Sandboxed: true, Module: "github.com/hashicorp/go-plugin",
			Open: func(Files) (Host, error) {
				program, err := os.Executable()
				return processes{program, asBytes}, err
			},
		}
	}
	return []Peer{
		peer("messages", "gRPC with a message per point", false),
		peer("bytes", "gRPC with the points' memory as bytes", true),
	}
}
