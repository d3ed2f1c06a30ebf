package cabi

import (
	"context"
	"math"
	"testing"
	"time"

	"github.com/tetratelabs/wazero"

	"example.org/compute-pipeline/gohost/wit"
)

// fastest runs op b.N times and reports the fastest, for each of n elements: on a
// machine that does other things too, the mean says little.
func fastest(b *testing.B, n int, op func()) {
	b.ReportAllocs()
	least := time.Duration(math.MaxInt64)
	for b.Loop() {
		begin := time.Now()
		op()
		least = min(least, time.Since(begin))
	}
	b.ReportMetric(float64(least)/float64(n), "min-ns/element")
}

// BenchmarkCall compares a call without lists to wazero's own, 1,000 at a time.
func BenchmarkCall(b *testing.B) {
	in := start(b, "memory")
	f := in.Func("f")
	ctx := context.Background()
	b.Run("wazero", func(b *testing.B) {
		stack := make([]uint64, 1)
		fastest(b, 1000, func() {
			for range 1000 {
				if f.function.CallWithStack(ctx, stack) != nil {
					b.Fatal("call failed")
				}
			}
		})
	})
	b.Run("cabi", func(b *testing.B) {
		fastest(b, 1000, func() {
			for range 1000 {
				c := in.Call(ctx, f)
				c.Invoke()
				_ = c.PopU32()
				if c.Done() != nil {
					b.Fatal("call failed")
				}
			}
		})
	})
}

// BenchmarkImport is a metered guest's call of an import with a string, 1,000 at a
// time.
func BenchmarkImport(b *testing.B) {
	w := startWorld(b, wazero.NewRuntimeConfig(), "imports")
	w.write(16, "a message")
	w.take = func(c *Call) {
		s := c.PopString()
		if c.Lifted() {
			c.PushU32(uint32(len(s)))
		}
	}
	fastest(b, 1000, func() {
		if _, err := w.call("repeat", 1000, 16, 9); err != nil {
			b.Fatal(err)
		}
	})
}

type place struct{ X, Y float64 }

// shape is a nested record: record { id: u32, at: record { x: f64, y: f64 }, kind:
// enum { a, b, c }, parent: option<u32>, visible: bool }.
type shape struct {
	ID      uint32
	At      place
	Kind    uint8
	Parent  wit.Option[uint32]
	Visible bool
}

func loadShape(c *Call, at uint32, s *shape) {
	s.ID = c.LoadU32(at)
	loadPlace(c, at+8, &s.At)
	s.Kind = uint8(c.Discriminant(uint32(c.LoadU8(at+24)), 3, "kind"))
	if c.Discriminant(uint32(c.LoadU8(at+28)), 2, "option") == 1 {
		s.Parent.Value, s.Parent.Valid = c.LoadU32(at+32), true
	}
	s.Visible = c.LoadBool(at + 36)
}

func loadPlace(c *Call, at uint32, v *place) {
	v.X = c.LoadF64(at)
	v.Y = c.LoadF64(at + 8)
}

func storeShape(c *Call, at uint32, s *shape) {
	c.StoreU32(at, s.ID)
	c.StoreF64(at+8, s.At.X)
	c.StoreF64(at+16, s.At.Y)
	c.StoreU8(at+24, s.Kind)
	c.StoreBool(at+28, s.Parent.Valid)
	if s.Parent.Valid {
		c.StoreU32(at+32, s.Parent.Value)
	}
	c.StoreBool(at+36, s.Visible)
}

// BenchmarkList lowers and lifts 1,000 elements.
func BenchmarkList(b *testing.B) {
	const n = 1_000
	text := make([]string, n)
	for i := range text {
		text[i] = "sensor-00017"[:8+i%5]
	}
	shapes := make([]shape, n)
	for i := range shapes {
		shapes[i] = shape{ID: uint32(i), Kind: uint8(i % 3), Parent: wit.Option[uint32]{Value: 7, Valid: i%2 == 0}}
	}
	nested := NewRecordList(40, 8, loadShape, storeShape)
	list := make([]point, n)

	in := start(b, "echo")
	f := in.Func("argument")
	run := func(name string, lower func(*Call), lift func(*Call)) {
		b.Run(name+"/lower", func(b *testing.B) {
			fastest(b, n, func() {
				setGlobal(in, "next", 1024)
				c := in.Call(context.Background(), f)
				lower(c)
				if c.Done() != nil {
					b.Fatal("lowering failed")
				}
			})
		})
		b.Run(name+"/lift", func(b *testing.B) {
			setGlobal(in, "next", 1024)
			c := in.Call(context.Background(), f)
			lower(c)
			flats := in.stack
			_ = c.Done()
			fastest(b, n, func() {
				c := in.Call(context.Background(), f)
				in.stack = flats
				lift(c)
				if c.Done() != nil {
					b.Fatal("lifting failed")
				}
			})
		})
	}
	run("string", func(c *Call) { c.PushStrings(text) }, func(c *Call) { _ = c.PopStrings(nil) })
	run("nested", func(c *Call) { nested.Push(c, shapes) }, func(c *Call) { _ = nested.Pop(c, nil) })
	room, texts := make([]shape, 0, n), make([]string, 0, n)
	run("string into room", func(c *Call) { c.PushStrings(text) }, func(c *Call) { _ = c.PopStrings(texts) })
	run("nested into room", func(c *Call) { nested.Push(c, shapes) }, func(c *Call) { _ = nested.Pop(c, room) })
	run("plain", func(c *Call) { points.Push(c, list) }, func(c *Call) { _ = points.Pop(c, nil) })
	counts := map[string]uint32{}
	for i, s := range text[:100] {
		counts[s+string(rune('a'+i))] = uint32(i)
	}
	run("map of 100", func(c *Call) { ages.Push(c, counts) }, func(c *Call) { _ = ages.Pop(c) })
}
