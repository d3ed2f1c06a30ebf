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
	hashes map[uint64]struct{}
	halved int // how often the bound was halved
}

func (k *keySet) add(hash uint64) {
	p := &k.parts[hash%shards]
	p.mu.Lock()
	defer p.mu.Unlock()
	if hash > math.MaxUint64>>p.halved {
		return
	}
	if p.hashes == nil {
		p.hashes = map[uint64]struct{}{}
	}
	p.hashes[hash] = struct{}{}
	for len(p.hashes) > k.exact/shards*2 {
		p.halved++
		for h := range p.hashes {
			if h > math.MaxUint64>>p.halved {
				delete(p.hashes, h)
			}
		}
	}
}

// count returns the number of keys, and whether it is exact.
func (k *keySet) count() (n uint64, exact bool) {
	exact = true
	for i := range k.parts {
		p := &k.parts[i]
		p.mu.Lock()
		n += uint64(len(p.hashes)) << p.halved
		exact = exact && p.halved == 0
		p.mu.Unlock()
	}
	return n, exact
}
