package transform

import (
	"cmp"
	"context"
	"fmt"
	"math"
	"slices"

	"github.com/apache/beam/sdks/v2/go/pkg/beam"
	"github.com/apache/beam/sdks/v2/go/pkg/beam/register"

	"example.org/compute-pipeline/gohost"
)

func init() {
	register.DoFn4x1[context.Context, Group, func(*[]byte) bool, func(Group, []byte), error](&NormalizeFn{})
	register.Iter1[[]byte]()
}

// Normalize makes one batch of the points of each group: PCollection<KV<Group, []byte>> with
// packed points, in and out. It drops values that are not finite, sorts by timestamp and keeps one
// point for each, as gohost.Engine.ProcessBatch does. Groups of which nothing is left are left
// out.
//
// Beam has no order of elements, so there is no last value of a timestamp: of several it keeps
// the largest, and of zeros +0. A group's points are in memory together, at most 2^24 of
// them; time is that of sorting them.
func Normalize(s beam.Scope, engine Engine, points beam.PCollection) beam.PCollection {
	s = s.Scope("transform.Normalize")
	must(engine.Check())
	return beam.ParDo(s, &NormalizeFn{Engine: engine}, beam.GroupByKey(s, points))
}

// NormalizeFn is the DoFn of [Normalize], after a GroupByKey.
type NormalizeFn struct {
	Engine Engine `json:"engine"`

	shared *shared
}

// Setup opens the engine, or takes the one that the process has.
func (f *NormalizeFn) Setup(ctx context.Context) (err error) {
	f.shared, err = acquire(ctx, f.Engine)
	return err
}

// Teardown gives the engine back.
func (f *NormalizeFn) Teardown(ctx context.Context) error {
	engine := f.shared
	f.shared = nil
	return engine.release(ctx)
}

// maxGroup is the max number of points of a group: one list of the component model.
const maxGroup = (1<<28 - 1) / gohost.PackedSize

// ProcessElement normalises a group.
func (f *NormalizeFn) ProcessElement(ctx context.Context, group Group, batches func(*[]byte) bool, emit func(Group, []byte)) error {
	var points []gohost.Datapoint
	for packed := []byte(nil); batches(&packed); {
		var err error
		if points, err = gohost.AppendUnpacked(points, packed); err != nil {
			return fmt.Errorf("the group %q from %d: %w", group.Key, group.Start, err)
		}
		if len(points) > maxGroup {
			return fmt.Errorf("%w: the group %q from %d has more than %d points", gohost.ErrInvalidInput, group.Key, group.Start, maxGroup)
		}
	}
	slices.SortFunc(points, func(a, b gohost.Datapoint) int {
		return cmp.Or(cmp.Compare(a.Timestamp, b.Timestamp), compareValues(a.Value, b.Value))
	})
	out, err := f.shared.ProcessBatch(ctx, gohost.AppendPacked(make([]byte, 0, gohost.PackedSize*len(points)), points...))
	if err != nil {
		return fmt.Errorf("the group %q from %d: %w", group.Key, group.Start, err)
	}
	if len(out) > 0 {
		emit(group, out)
	}
	return nil
}

// compareValues orders all doubles: NaN first, and -0 before +0.
func compareValues(a, b float64) int {
	return cmp.Or(cmp.Compare(a, b), -cmp.Compare(math.Float64bits(a)>>63, math.Float64bits(b)>>63))
}
