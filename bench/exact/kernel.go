// Package exact is the engine's algorithm in plain Go: exact sums of x and x², and each result
// rounded once. It shows what the sandbox costs, and what it does not. The proofs are in
// guest/src/exact, whose names it has.
package exact

import (
	"math"

	"example.org/compute-pipeline/bench/work"
)

// block is the number of points that a kernel takes: the engine's per lane.
const block = 128

const (
	limbBits    = 23
	minExponent = -440
	maxExponent = 480
	maxPending  = 1000
	terms       = 9
)

// down is how far below u1, or u1², the unit of each accumulator lies, in limbs. The first
// three sum z1, z2 and z3, the others their products: 11, 12, 22, 13, 23, 33.
var down = [terms]int{0, 1, 2, 0, 1, 2, 2, 3, 4}

// twice says which products count twice in x².
var twice = [terms]int{4: 1, 6: 1, 7: 1}

// grid is a choice of units, and what the accumulators start from.
type grid struct {
	exponent int
	bias     [terms]float64
	limit    float64
}

func newGrid(exponent int) grid {
	g := grid{exponent: exponent, limit: math.Ldexp(1, 52+2*exponent)}
	for k := range g.bias {
		unit := exponent
		if k >= 3 {
			unit *= 2
		}
		g.bias[k] = math.Ldexp(1.5, 52+unit-limbBits*down[k])
	}
	return g
}

// exponentFor returns the grid for blocks whose squares sum to about energy.
func exponentFor(energy float64) (int, bool) {
	if !(energy >= 0x1p-870 && energy < 0x1p960) {
		return 0, false
	}
	exponent := int(math.Float64bits(energy)>>52) - 1023
	return min(max((exponent-47)>>1, minExponent), maxExponent), true
}

// pending are the sums of blocks in units of the grid.
type pending struct {
	units  [terms]int64
	blocks int
}

// add adds a block, or refuses it and changes nothing. Multiplications are converted, which
// forbids Go to fuse them with the subtraction.
func (p *pending) add(points []work.Point, g *grid) bool {
	s1, s2, s3 := g.bias[0], g.bias[1], g.bias[2]
	p0, p1, p2 := g.bias[3], g.bias[4], g.bias[5]
	p3, p4, p5 := g.bias[6], g.bias[7], g.bias[8]
	var left uint64
	for i := range points {
		x := points[i].Value
		t := s1 + x
		a := s1 - t // -z1
		s1 = t
		r := x + a
		t = s2 + r
		b := s2 - t // -z2
		s2 = t
		z := r + b
		t = s3 + z
		y := s3 - t // -z3
		s3 = t
		left |= math.Float64bits(y) ^ math.Float64bits(z)
		p0 -= float64(a * a)
		p1 -= float64(a * b)
		p2 -= float64(b * b)
		p3 -= float64(a * z)
		p4 -= float64(b * z)
		p5 -= float64(z * z)
	}
	if !(p0 >= g.limit) || left<<1 != 0 {
		return false
	}
	for k, v := range [terms]float64{s1, s2, s3, p0, p1, p2, p3, p4, p5} {
		p.units[k] += int64(math.Float64bits(v) - math.Float64bits(g.bias[k]))
	}
	p.blocks++
	return true
}

// flush adds everything to the long sums.
func (p *pending) flush(g *grid, s *sums) {
	if p.blocks == 0 {
		return
	}
	for k, units := range p.units {
		// The kernel subtracts the products z1 z1, z1 z2, z2 z2 and z3 z3, whose factors
		// have equal signs, and with -z1 and -z2 adds z1 z3 and z2 z3.
		switch {
		case k < 3:
			s.x.add(units, g.exponent-limbBits*down[k]-sumBit0)
		case k == 6, k == 7:
			s.squares.add(units, 2*g.exponent-limbBits*down[k]+twice[k]-squareBit0)
		default:
			s.squares.add(-units, 2*g.exponent-limbBits*down[k]+twice[k]-squareBit0)
		}
	}
	*p = pending{}
}
