package gohost_test

import (
	"fmt"
	"testing"

	"example.org/compute-pipeline/gohost"
)

// What more cores gain, and the parts cost where there is one: the base is one instance,
// and the first figure of each size plain Go.
func BenchmarkParts(b *testing.B) {
	one, all := newEngine(b, gohost.WithParallelism(1)), newEngine(b)
	aggregate := func(eng *gohost.Engine, points []gohost.Datapoint) func() {
		return func() {
			agg, err := eng.ComputeAggregate(ctx, points)
			check(b, err)
			sink = agg
		}
	}
	for _, n := range []int{8192, 57_344, 65_536, 100_000, 131_072, 250_000, 1_000_000, 10_000_000} {
		points := temperatures(n)
		b.Run(fmt.Sprintf("%d/one/plain", n), func(b *testing.B) {
			compare(b, func() { sink = plainGo(points) }, aggregate(one, points))
		})
		b.Run(fmt.Sprintf("%d/all/plain", n), func(b *testing.B) {
			compare(b, func() { sink = plainGo(points) }, aggregate(all, points))
		})
		b.Run(fmt.Sprintf("%d/all/one", n), func(b *testing.B) {
			compare(b, aggregate(one, points), aggregate(all, points))
		})
	}
}

// The same for texts: the base is one instance, and one call of the guest.
func BenchmarkValidateParts(b *testing.B) {
	one, all := newEngine(b, gohost.WithParallelism(1)), newEngine(b)
	for _, n := range []int{60_000, 250_000, 1_000_000} {
		text := []byte("[")
		for _, p := range temperatures(n) {
			text = fmt.Appendf(text, `{"timestamp":%d,"value":%v},`, p.Timestamp, p.Value)
		}
		text[len(text)-1] = ']'
		room := make([]gohost.Datapoint, 0, n)
		validate := func(eng *gohost.Engine) func() {
			return func() {
				_, err := eng.AppendValidated(ctx, room, text)
				check(b, err)
			}
		}
		whole := func() {
			_, err := one.ValidateWhole(ctx, room, text)
			check(b, err)
		}
		b.Run(fmt.Sprintf("%d/all/one", n), func(b *testing.B) { compare(b, validate(one), validate(all)) })
		b.Run(fmt.Sprintf("%d/one/whole", n), func(b *testing.B) { compare(b, whole, validate(one)) })
	}
}
