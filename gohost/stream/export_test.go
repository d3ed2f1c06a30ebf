package stream

import "os"

// SwapSpill makes an operator spill to another file, and returns the one before.
func (o *Operator[R]) SwapSpill(file *os.File) *os.File {
	s := o.table.memory.spill
	before := s.file
	s.file = file
	return before
}
