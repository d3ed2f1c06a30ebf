package transform

import (
	"context"
	"fmt"
	"math/rand/v2"
	"reflect"
	"sync"
	"testing"
	"time"

	"github.com/apache/beam/sdks/v2/go/pkg/beam"
	"github.com/apache/beam/sdks/v2/go/pkg/beam/core/graph/mtime"
	"github.com/apache/beam/sdks/v2/go/pkg/beam/core/graph/window"
	"github.com/apache/beam/sdks/v2/go/pkg/beam/register"
	_ "github.com/apache/beam/sdks/v2/go/pkg/beam/runners/prism"
	"github.com/stretchr/testify/require"

	"example.org/compute-pipeline/gohost"
)

func init() {
	register.DoFn2x0[gohost.Datapoint, func(beam.EventTime, string, gohost.Datapoint)](&stampFn{})
	register.Emitter3[beam.EventTime, string, gohost.Datapoint]()
	register.DoFn3x0[beam.Window, string, gohost.Statistics](&keepFn{})
	register.DoFn2x0[Group, []byte](&keepBatchFn{})
	register.DoFn2x0[gohost.Datapoint, func(Group, []byte)](&groupFn{})
	beam.RegisterType(reflect.TypeFor[gohost.Datapoint]())
}

// stampFn gives points a key and their time.
type stampFn struct{}

func (*stampFn) ProcessElement(p gohost.Datapoint, emit func(beam.EventTime, string, gohost.Datapoint)) {
	emit(mtime.FromTime(time.Unix(int64(p.Timestamp), 0)), fmt.Sprint(p.Timestamp%3), p)
}

// kept is what pipelines in this process leave.
var kept = struct {
	sync.Mutex
	stats   map[string]gohost.Statistics
	batches map[Group][]byte
}{stats: map[string]gohost.Statistics{}, batches: map[Group][]byte{}}

type keepFn struct{}

func (*keepFn) ProcessElement(w beam.Window, key string, s gohost.Statistics) {
	kept.Lock()
	defer kept.Unlock()
	kept.stats[fmt.Sprint(key, " ", w)] = s
}

type groupFn struct{}

func (*groupFn) ProcessElement(p gohost.Datapoint, emit func(Group, []byte)) {
	emit(Group{Key: fmt.Sprint(p.Timestamp % 2)}, gohost.AppendPacked(nil, p))
}

type keepBatchFn struct{}

func (*keepBatchFn) ProcessElement(g Group, packed []byte) {
	kept.Lock()
	defer kept.Unlock()
	kept.batches[g] = packed
}

// Beam's own windows do as well as groups: here sliding ones, in which each point is twice.
func TestWindowsOfBeam(t *testing.T) {
	r := rand.New(rand.NewPCG(13, 14))
	points := randomPoints(r, 1000, kinds["cancel"])
	want := map[string][]gohost.Datapoint{}
	for i := range points {
		at := 1_000_000 + r.Uint64N(7200)
		points[i].Timestamp = at
		for _, start := range []uint64{at / 1800 * 1800, at/1800*1800 - 1800} {
			w := window.IntervalWindow{Start: mtime.FromTime(time.Unix(int64(start), 0)), End: mtime.FromTime(time.Unix(int64(start)+3600, 0))}
			name := fmt.Sprint(fmt.Sprint(at%3), " ", w)
			want[name] = append(want[name], points[i])
		}
	}
	pipeline, s := beam.NewPipelineWithRoot()
	stamped := beam.ParDo(s, &stampFn{}, beam.Reshuffle(s, beam.CreateList(s, points)))
	windowed := beam.WindowInto(s, window.NewSlidingWindows(30*time.Minute, time.Hour), stamped)
	beam.ParDo0(s, &keepFn{}, Aggregate(s, Engine{}, windowed))
	_, err := beam.Run(context.Background(), "prism", pipeline)
	require.NoError(t, err)

	f := setUp(t, Engine{})
	require.Len(t, kept.stats, len(want))
	for name, points := range want {
		state, err := f.shared.Fold(t.Context(), nil, points)
		require.NoError(t, err)
		stat, err := f.shared.Finish(t.Context(), state)
		require.NoError(t, err)
		require.Equal(t, stat, kept.stats[name], name)
	}
}

func TestNormalizeOnARunner(t *testing.T) {
	r := rand.New(rand.NewPCG(15, 16))
	points := randomPoints(r, 500, kinds["decimals"])
	want := map[Group]map[uint64]float64{}
	for i := range points {
		points[i].Timestamp %= 50
		g := Group{Key: fmt.Sprint(points[i].Timestamp % 2)}
		if want[g] == nil {
			want[g] = map[uint64]float64{}
		}
		if v, ok := want[g][points[i].Timestamp]; !ok || points[i].Value > v {
			want[g][points[i].Timestamp] = points[i].Value
		}
	}
	pipeline, s := beam.NewPipelineWithRoot()
	grouped := beam.ParDo(s, &groupFn{}, beam.CreateList(s, points))
	beam.ParDo0(s, &keepBatchFn{}, Normalize(s, Engine{}, grouped))
	_, err := beam.Run(context.Background(), "prism", pipeline)
	require.NoError(t, err)
	require.Len(t, kept.batches, 2)
	for g, packed := range kept.batches {
		got, err := gohost.AppendUnpacked(nil, packed)
		require.NoError(t, err)
		require.Len(t, got, len(want[g]))
		for i, p := range got {
			require.Equal(t, want[g][p.Timestamp], p.Value)
			require.True(t, i == 0 || got[i-1].Timestamp < p.Timestamp)
		}
	}
}

func TestOtherElementsAreRefusedWhenThePipelineIsBuilt(t *testing.T) {
	_, s := beam.NewPipelineWithRoot()
	require.PanicsWithValue(t, "transform.Aggregate: elements of type string; expected gohost.Datapoint or []byte", func() {
		Aggregate(s, Engine{}, beam.Create(s, "a"))
	})
	require.Panics(t, func() { Aggregate(s, Engine{MemoryMiB: -1}, beam.Create(s, []byte{})) })
	require.Panics(t, func() { Read(s, "a", ReadFn{}) })
}
