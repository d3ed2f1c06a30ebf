package symbols

import (
	"errors"
	"fmt"
	"math"
	"sort"

	"example.org/compute-pipeline/gohost/internal/sections"
)

// mapSection is the name of custom sections with a map: the IDs of the new and the old code,
// then the map.
const mapSection = "compute-pipeline:code-map"

var errMap = errors.New("not a map of code")

// A CodeMap says where rewritten code comes from. Offsets are in the payloads of code
// sections. The prepare module makes it (guest/prepare, offsets.rs).
type CodeMap struct {
	oldSize, newSize uint64
	points           []point // ascending in both
}

// At a point begins code at new that comes from old: instructions at the same distance, then
// added ones; or those that took the place of the instruction at old.
type point struct{ old, new uint32 }

// ParseMaps reads maps that follow each other.
func ParseMaps(data []byte) (maps []CodeMap, err error) {
	for len(data) > 0 {
		m, rest, err := parseMap(data)
		if err != nil {
			return nil, err
		}
		maps, data = append(maps, m), rest
	}
	return maps, nil
}

// CutMap returns the bytes of the first map, and those of the maps after it.
func CutMap(data []byte) (first, rest []byte, err error) {
	_, rest, err = parseMap(data)
	return data[:len(data)-len(rest)], rest, err
}

func parseMap(data []byte) (m CodeMap, rest []byte, err error) {
	r := reader{data: data}
	m.oldSize, m.newSize = r.number(), r.number()
	count := r.number()
	if count > uint64(len(r.data)/2) {
		return m, nil, fmt.Errorf("%w: %d points in %d bytes", errMap, count, len(r.data))
	}
	m.points = make([]point, count)
	var old, next uint64
	for i := range m.points {
		fromLast, toLast := r.number(), r.number()
		old, next = old+fromLast, next+toLast
		if max(fromLast, toLast, m.oldSize, m.newSize) > math.MaxUint32 || old > m.oldSize || next > m.newSize {
			return m, nil, fmt.Errorf("%w: a point is outside of the code", errMap)
		}
		m.points[i] = point{uint32(old), uint32(next)}
	}
	if r.failed {
		return m, nil, fmt.Errorf("%w: it ends too soon", errMap)
	}
	return m, r.data, nil
}

// From returns the offset of the instruction from which the one at an offset in the new code
// comes, or false if it comes from none.
func (m CodeMap) From(offset uint64) (uint64, bool) {
	after := sort.Search(len(m.points), func(i int) bool { return uint64(m.points[i].new) > offset })
	if after == 0 || offset >= m.newSize {
		return 0, false
	}
	p := m.points[after-1]
	old, end := uint64(p.old)+offset-uint64(p.new), m.oldSize
	if after < len(m.points) {
		end = uint64(m.points[after].old)
	}
	// Beyond the end is what was added behind it, or more instructions in its place.
	return max(uint64(p.old), min(old, end-1)), true
}

// AppendMap returns a module with the symbols of old code, with the map from it to new code
// in a custom section.
func AppendMap(wasm []byte, to, from CodeID, m []byte) []byte {
	return sections.AppendCustom(wasm, mapSection, to[:], from[:], m)
}

func readMaps(payloads [][]byte) (list []linked, err error) {
	for _, payload := range payloads {
		var l linked
		if len(payload) < len(l.to)+len(l.from) {
			return nil, fmt.Errorf("%w: it has %d bytes", errMap, len(payload))
		}
		maps, err := ParseMaps(payload[copy(l.to[:], payload)+copy(l.from[:], payload[len(l.to):]):])
		if err != nil {
			return nil, err
		}
		if len(maps) != 1 {
			return nil, fmt.Errorf("%w: %d maps in one section", errMap, len(maps))
		}
		l.CodeMap = maps[0]
		list = append(list, l)
	}
	return list, nil
}
