package input

import "sort"

// joined is a JSON array made of records of a piece.
type joined struct {
	text    []byte
	records []record
}

type record struct {
	at   int // offset of the record in the array
	from int // and in the piece
}

func (j *joined) reset() {
	j.text, j.records = j.text[:0], j.records[:0]
}

// add appends the record that is at an offset of the piece.
func (j *joined) add(from int, value []byte) {
	mark := byte('[')
	if len(j.records) > 0 {
		mark = ','
	}
	j.text = append(j.text, mark)
	j.records = append(j.records, record{at: len(j.text), from: from})
	j.text = append(j.text, value...)
}

// close closes the array.
func (j *joined) close() { j.text = append(j.text, ']') }

// recordAt returns the index of the record at an offset of the array, or of the nearest.
func (j *joined) recordAt(at int) int {
	after := sort.Search(len(j.records), func(i int) bool { return j.records[i].at > at })
	return max(after-1, 0)
}
