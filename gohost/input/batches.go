package input

import "context"

// Batches are rows whose columns have types already: a file of columns, or the answer of a database.
type Batches interface {
	// Names returns the names of all columns. A field of a nested column is a path: "a.b". A column
	// that cannot be read has its reason in Select's error.
	Names() []string
	// Select says which columns Next gives, by their indices in Names. It is called once, before Next.
	Select(columns []int) error
	// Next fills b with the next rows, in the order of the input, and may take the memory that it has.
	// It returns io.EOF after the last. The context ends a wait.
	Next(ctx context.Context, b *Batch) error
	// Close ends all that Next has started. It may be called while Next waits, which then fails.
	Close() error
}

// A Batch is some rows of the columns that were selected.
type Batch struct {
	Rows    int
	First   int64 // number of the first row, from 1
	Columns []Column
}

// A ColumnKind says what the values of a column are, and which field has them.
type ColumnKind byte

// Kinds of columns. A time of math.MaxInt64 or math.MinInt64 is infinity or -infinity, which is no time of a point.
const (
	Integers   ColumnKind = iota // Integers
	Floats                       // Floats
	Texts                        // Text
	Decimals                     // Text: numbers of any size and precision
	Booleans                     // Integers: 0 or 1
	Instants                     // Integers: instants, in Unit since 1970-01-01T00:00:00Z
	LocalTimes                   // Integers: times without a zone, in Unit since 1970-01-01T00:00:00
	Dates                        // Integers: days since 1970-01-01
)

// A Column has the values of a column of a Batch, without gaps for those that are missing.
type Column struct {
	Kind     ColumnKind
	Unit     Unit // of Instants and LocalTimes
	Integers []int64
	Floats   []float64
	Text     []byte
	Ends     []int32 // of each value in Text
	// Begins are those of each value in Text, if some share their texts. If it is empty, each begins where
	// the one before it ends.
	Begins []int32
	// Missing says which rows have no value; nil if all have one.
	Missing []bool
}

// isTime reports whether the values are times by their type.
func (c *Column) isTime() bool { return c.Kind == Instants || c.Kind == LocalTimes || c.Kind == Dates }

// Reset removes all values, and keeps the memory.
func (c *Column) Reset(kind ColumnKind, unit Unit) {
	*c = Column{Kind: kind, Unit: unit, Integers: c.Integers[:0], Floats: c.Floats[:0], Text: c.Text[:0], Ends: c.Ends[:0], Begins: c.Begins[:0]}
}

// AppendText appends a value of Texts or Decimals.
func (c *Column) AppendText(value []byte) {
	if len(c.Begins) > 0 {
		c.Begins = append(c.Begins, int32(len(c.Text)))
	}
	c.Text = append(c.Text, value...)
	c.Ends = append(c.Ends, int32(len(c.Text)))
}

// AppendAgain appends the value of Texts or Decimals that the i-th value is. They share a text.
func (c *Column) AppendAgain(i int) {
	for j := len(c.Begins); j < len(c.Ends); j++ {
		begin, _ := c.span(j)
		c.Begins = append(c.Begins, begin)
	}
	begin, end := c.span(i)
	c.Begins, c.Ends = append(c.Begins, begin), append(c.Ends, end)
}

// span returns where the i-th value of Texts or Decimals is in Text.
func (c *Column) span(i int) (begin, end int32) {
	switch {
	case i < len(c.Begins):
		begin = c.Begins[i]
	case i > 0:
		begin = c.Ends[i-1]
	}
	return begin, c.Ends[i]
}

// TextAt returns the i-th value of Texts or Decimals, with the memory of c.
func (c *Column) TextAt(i int) []byte {
	begin, end := c.span(i)
	return c.Text[begin:end]
}

// Slice returns the values of n rows from a row on, with the memory of c.
func (c *Column) Slice(from, n int) Column {
	part := *c
	begin, end := c.before(from), c.before(from+n)
	if len(c.Integers) > 0 {
		part.Integers = c.Integers[begin:end]
	}
	if len(c.Floats) > 0 {
		part.Floats = c.Floats[begin:end]
	}
	switch {
	case len(c.Begins) > 0:
		part.Begins, part.Ends = c.Begins[begin:end], c.Ends[begin:end]
	case len(c.Ends) > 0:
		text := int32(0)
		if begin > 0 {
			text = c.Ends[begin-1]
		}
		part.Ends = make([]int32, end-begin)
		for i := range part.Ends {
			part.Ends[i] = c.Ends[begin+i] - text
		}
		part.Text = c.Text[text:]
	}
	if c.Missing != nil {
		part.Missing = c.Missing[from : from+n]
	}
	return part
}

// before returns how many values the first rows have.
func (c *Column) before(rows int) int {
	n := rows
	if c.Missing != nil {
		for _, missing := range c.Missing[:rows] {
			if missing {
				n--
			}
		}
	}
	return n
}
