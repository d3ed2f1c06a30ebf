package window

import (
	"math"
	"sync"
)

// exactKeys is up to how many keys are counted exactly.
const exactKeys = 1 << 20

// A keySet counts keys by hashes of 64 bits: exactly up to a number, and then it keeps those hashes that
// are below a bound, whose share of all is known (the sample of Wegman's adaptive sampling).
type keySet struct {
	exact int             // up to how many are counted exactly
	parts [shards]keyPart // by the last bits
}

type keyPart struct {
	mu     sync.Mutex
	hashes []uint64 // by themselves, with open addressing; 0 is nothing
	n      int
	halved int // how often the bound was halved
}

func (k *keySet) add(hash uint64) {
	p := &k.parts[hash%shards]
	p.mu.Lock()
	defer p.mu.Unlock()
	if hash > math.MaxUint64>>p.halved {
		return
	}
	if 4*p.n >= 3*len(p.hashes) {
		p.resize(max(64, 2*len(p.hashes)))
	}
	p.put(max(hash, 1))
	for p.n > k.exact/shards*2 {
		p.halved++
		p.resize(len(p.hashes))
	}
}

// put adds a hash, for which there is room.
func (p *keyPart) put(hash uint64) {
	mask := uint64(len(p.hashes) - 1)
	at := hash >> shardBits & mask // the bits before are those of all in the part
	for ; p.hashes[at] != 0; at = (at + 1) & mask {
		if p.hashes[at] == hash {
			return
		}
	}
	p.hashes[at] = hash
	p.n++
}

// resize gives the hashes another room, and drops those above the bound.
func (p *keyPart) resize(size int) {
	all := p.hashes
	p.hashes, p.n = make([]uint64, size), 0
	for _, h := range all {
		if h != 0 && h <= math.MaxUint64>>p.halved {
			p.put(h)
		}
	}
}

// count returns the number of keys, and whether it is exact.
func (k *keySet) count() (n uint64, exact bool) {
	exact = true
	for i := range k.parts {
		p := &k.parts[i]
		p.mu.Lock()
		n += uint64(p.n) << p.halved
		exact = exact && p.halved == 0
		p.mu.Unlock()
	}
	return n, exact
}
