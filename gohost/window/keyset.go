package window

import (
	"errors"
	"fmt"
	"math"
	"sync"
	"sync/atomic"
)

// ErrTooManyKeys: there are more keys than allowed.
var ErrTooManyKeys = errors.New("too many keys")

// exactKeys is up to how many keys are counted exactly.
const exactKeys = 1 << 20

// A keySet counts keys by hashes of 64 bits: exactly up to a number, and then it keeps those hashes that
// are below a bound, whose share of all is known (the sample of Wegman's adaptive sampling).
type keySet struct {
	max   int // that are allowed, or 0
	exact int // up to how many are counted exactly
	total atomic.Int64
	parts [shards]keyPart // by the last bits
}

type keyPart struct {
	mu     sync.Mutex
	hashes map[uint64]struct{}
	halved int // how often the bound was halved
}

func (k *keySet) add(hash uint64) error {
	p := &k.parts[hash%shards]
	p.mu.Lock()
	defer p.mu.Unlock()
	if hash > math.MaxUint64>>p.halved {
		return nil
	}
	if p.hashes == nil {
		p.hashes = map[uint64]struct{}{}
	}
	before := len(p.hashes)
	if p.hashes[hash] = struct{}{}; len(p.hashes) == before {
		return nil
	}
	if n := k.total.Add(1); k.max > 0 {
		if n > int64(k.max) {
			return fmt.Errorf("%w: more than %d", ErrTooManyKeys, k.max)
		}
		return nil
	}
	for len(p.hashes) > k.exact/shards*2 {
		p.halved++
		for h := range p.hashes {
			if h > math.MaxUint64>>p.halved {
				delete(p.hashes, h)
			}
		}
	}
	return nil
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
