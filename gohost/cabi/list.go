package cabi

import (
	"unsafe"
)

// A list or string in memory is {ptr: u32, len: u32}.
const (
	listSize  = 8
	listAlign = 4
)

// List lifts and lowers a list<T>, for a T that is not a string or u8.
type List[T any] struct {
	size, align uint32
	load        func(c *Call, at uint32) T
	store       func(c *Call, at uint32, v T)
	// loadInto and storeFrom are not nil for a list of records.
	loadInto  func(c *Call, at uint32, v *T)
	storeFrom func(c *Call, at uint32, v *T)
	// most is how many elements are lifted or lowered one by one between two checks, and
	// units the work that each of them is.
	most, units int
	// gives is set if elements contain values that LowerOwn gives away.
	gives bool
	// copied is not nil if Go's memory of T is the guest's.
	copied *copied
}

// NewList returns the list of a T with size and alignment in memory. load reads an
// element, store writes one; either may be nil if the list is only lowered or only
// lifted.
func NewList[T any](size, align uint32, load func(c *Call, at uint32) T, store func(c *Call, at uint32, v T)) *List[T] {
	most, units := share(size)
	return &List[T]{size: size, align: align, most: most, units: units, load: load, store: store}
}

// NewRecordList is [NewList] for a T of several words, such as a record or a variant:
// load is given the place of the element, which is zero, and store the element's own.
// That takes a third of the time of passing it by value.
func NewRecordList[T any](size, align uint32, load, store func(c *Call, at uint32, v *T)) *List[T] {
	most, units := share(size)
	return &List[T]{size: size, align: align, most: most, units: units, loadInto: load, storeFrom: store}
}

// Giving returns the list, whose elements contain values that [Call.LowerOwn] gives away.
// If lowering it fails, the values of the elements that follow are dropped too.
func (l *List[T]) Giving() *List[T] {
	l.gives = true
	return l
}

// Pop pops a list and appends it to dst.
func (l *List[T]) Pop(c *Call, dst []T) []T {
	ptr, n := c.popRange()
	return l.append(c, dst, ptr, n)
}

// Load reads a list and appends it to dst.
func (l *List[T]) Load(c *Call, at uint32, dst []T) []T {
	return l.append(c, dst, c.LoadU32(at), c.LoadU32(at+4))
}

// Push pushes a list.
func (l *List[T]) Push(c *Call, list []T) {
	c.pushRange(l.lower(c, list), len(list))
}

// Store writes a list.
func (l *List[T]) Store(c *Call, at uint32, list []T) {
	c.header(at, l.lower(c, list), len(list))
}

func (l *List[T]) append(c *Call, dst []T, ptr, n uint32) []T {
	_, ok := c.elements("a list", ptr, n, l.size, l.align)
	if !ok || n == 0 {
		return dst
	}
	var grown []T
	if whole := len(dst) + int(n); whole <= cap(dst) {
		grown = dst[:whole]
	} else if grown, ok = grow(c, dst, int(n)); !ok {
		return dst
	}
	if l.copied != nil {
		if !l.copied.lift(c, bytesOf(grown[len(dst):]), ptr, int(l.size)) {
			return dst
		}
		return grown
	}
	for to := grown[len(dst):]; len(to) > 0; {
		now := min(len(to), l.most)
		if cap(dst) > 0 && l.loadInto != nil {
			clear(to[:now]) // the caller's room
		}
		if !l.lift(c, to[:now], ptr) {
			return dst
		}
		to, ptr = to[now:], ptr+uint32(now)*l.size
	}
	return grown
}

// lift reads elements, as many as are done at once.
func (l *List[T]) lift(c *Call, to []T, ptr uint32) bool {
	if !c.spend(len(to) * l.units) {
		return false
	}
	if l.loadInto != nil {
		for i := range to {
			l.loadInto(c, ptr, &to[i])
			ptr += l.size
		}
		return c.err == nil
	}
	for i := range to {
		to[i] = l.load(c, ptr)
		ptr += l.size
	}
	return c.err == nil
}

// lower writes a list into room of its own, and returns the address.
func (l *List[T]) lower(c *Call, list []T) uint32 {
	ptr := c.room(len(list), l.size, l.align)
	if c.err != nil {
		l.drop(c, list)
		return 0
	}
	l.storeElements(c, ptr, list)
	return ptr
}

// storeElements writes the elements of a list to an area that was checked.
func (l *List[T]) storeElements(c *Call, at uint32, list []T) {
	if l.copied != nil {
		bytes := bytesOf(list)
		if len(bytes) > pieceSize {
			copyIn(c, c.mem[at:], bytes)
		} else if c.spend(1 + len(bytes)/bytesPerUnit) {
			copy(c.mem[at:], bytes)
		}
		return
	}
	for len(list) > 0 {
		now := min(len(list), l.most)
		if !c.spend(now * l.units) {
			l.drop(c, list)
			return
		}
		l.storeAll(c, at, list[:now])
		at += uint32(now) * l.size
		list = list[now:]
	}
}

func (l *List[T]) storeAll(c *Call, at uint32, list []T) {
	for i := range list {
		if l.storeFrom != nil {
			l.storeFrom(c, at, &list[i])
		} else {
			l.store(c, at, list[i])
		}
		at += l.size
	}
}

// drop drops the values that a list gives away, after the call has failed.
func (l *List[T]) drop(c *Call, list []T) {
	if l.gives {
		l.storeAll(c, 0, list) // which stores nothing
	}
}

func sizeOf[T any]() int { return int(unsafe.Sizeof(*new(T))) }

// bytesOf returns the memory of a list, without a copy.
func bytesOf[T any](list []T) []byte {
	return unsafe.Slice((*byte)(unsafe.Pointer(unsafe.SliceData(list))), len(list)*sizeOf[T]())
}
