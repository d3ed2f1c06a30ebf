//go:build wasip1

// Command guest is the plugin for knqyf263/go-plugin.
package main

import (
	"context"

	"example.org/compute-pipeline/bench/protobuf"
	"example.org/compute-pipeline/bench/protobuf/statistics"
)

func main() {}

func init() { protobuf.RegisterStatistics(guest{}) }

type guest struct{}

func moments(mean, variance, sum float64) (*protobuf.Moments, error) {
	return &protobuf.Moments{Mean: mean, Variance: variance, Sum: sum}, nil
}

func (guest) Aggregate(_ context.Context, p *protobuf.Points) (*protobuf.Moments, error) {
	return moments(statistics.Moments(p.GetPoints(), (*protobuf.Point).GetValue))
}

func (guest) AggregateBytes(_ context.Context, b *protobuf.Bytes) (*protobuf.Moments, error) {
	return moments(statistics.OfBytes(b.GetData()))
}

func (guest) Parse(_ context.Context, b *protobuf.Bytes) (*protobuf.Points, error) {
	points, err := statistics.Parse(b.GetData())
	list := make([]*protobuf.Point, len(points))
	for i, p := range points {
		list[i] = &protobuf.Point{Timestamp: p.Timestamp, Value: p.Value}
	}
	return &protobuf.Points{Points: list}, err
}

func (guest) ParseBytes(_ context.Context, b *protobuf.Bytes) (*protobuf.Bytes, error) {
	points, err := statistics.Parse(b.GetData())
	return &protobuf.Bytes{Data: statistics.ToBytes(points)}, err
}
