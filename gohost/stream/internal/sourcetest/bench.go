package sourcetest

import (
	"encoding/json"
	"slices"
	"testing"
	"time"

	"example.org/compute-pipeline/gohost"
)

// Plain is what a service without this library does with messages of JSON: it parses them with
// encoding/json, and keeps rounded sums of each key and window.
type Plain struct {
	windows map[window]*sums
	points  []gohost.Datapoint
}

type window struct {
	key   string
	start uint64
}

type sums struct{ n, mean, m2 float64 }

// Add adds a message.
func (p *Plain) Add(key string, text []byte) error {
	p.points = p.points[:0]
	if err := json.Unmarshal(text, &p.points); err != nil {
		return err
	}
	if p.windows == nil {
		p.windows = map[window]*sums{}
	}
	for _, point := range p.points {
		w := window{key, point.Timestamp / 100}
		s := p.windows[w]
		if s == nil {
			s = &sums{}
			p.windows[w] = s
		}
		s.n++
		d := point.Value - s.mean
		s.mean += d / s.n
		s.m2 += d * (point.Value - s.mean)
	}
	return nil
}

// ByTurns calls two functions by turns, each of which handles messages of so many bytes in all, and
// reports the medians of their times a message, and of the ratio.
func ByTurns(b *testing.B, messages, bytes int, plain, job func()) {
	b.Helper()
	var times [2][]float64
	var ratios []float64
	for range b.N {
		for i, f := range []func(){plain, job} {
			begin := time.Now()
			f()
			times[i] = append(times[i], time.Since(begin).Seconds())
		}
		ratios = append(ratios, times[1][len(times[1])-1]/times[0][len(times[0])-1])
	}
	median := func(x []float64) float64 {
		slices.Sort(x)
		return x[len(x)/2]
	}
	for i, name := range []string{"plain", "job"} {
		seconds := median(times[i])
		b.ReportMetric(seconds/float64(messages)*1e6, name+"-µs/message")
		b.ReportMetric(float64(messages)/seconds, name+"-messages/s")
		b.ReportMetric(float64(bytes)/seconds/1e6, name+"-MB/s")
	}
	b.ReportMetric(median(ratios), "job/plain")
	b.ReportMetric(0, "ns/op")
}
