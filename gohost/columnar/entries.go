package columnar

import (
	"unsafe"

	"example.org/compute-pipeline/gohost/input"
)

// entries are those of a dictionary that a batch has a text of, so that another row that names one of them
// needs no other. It forgets one where two have the same slot.
type entries struct {
	slots    [512]entry
	expanded int // size of the texts of the batch, each counted as often as it comes
}

// An entry of a dictionary is the at-th value of the batch. Its id is not 0.
type entry struct {
	id uint64
	at int
}

// begin forgets all at the beginning of a batch.
func (e *entries) begin(c *input.Column) {
	if len(c.Ends) == 0 {
		*e = entries{}
	}
}

// again appends the text of an entry that the batch has, or returns false: the caller appends it then.
func (e *entries) again(c *input.Column, id uint64) bool {
	const golden = 0x9e3779b97f4a7c15
	slot := &e.slots[id*golden>>55]
	if slot.id == id {
		c.AppendAgain(slot.at)
		return true
	}
	*slot = entry{id, len(c.Ends)}
	return false
}

// check checks the size of the texts after one was appended.
func (e *entries) check(c *input.Column) error {
	last := len(c.Ends) - 1
	if e.expanded += len(c.TextAt(last)); e.expanded > maxExpanded && last > 0 {
		return errTexts
	}
	return nil
}

// putNamed appends a text of a page. If the page has indexes of a dictionary, texts that are at the same
// address are the same entry.
func (e *entries) putNamed(l *leaf, c *input.Column, v []byte, named bool) error {
	if l.float16 {
		return l.putBytes(c, v)
	}
	e.begin(c)
	// The address is only a number here, and the page stays where it is as long as the column is read.
	if named && len(v) > 0 && e.again(c, uint64(uintptr(unsafe.Pointer(&v[0])))) {
		return e.check(c)
	}
	if err := l.putBytes(c, v); err != nil {
		return err
	}
	return e.check(c)
}
