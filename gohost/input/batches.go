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

// Kinds of columns.
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
	// Missing says which rows have no value; nil if all have one.
	Missing []bool
}

// Reset removes all values, and keeps the memory.
func (c *Column) Reset(kind ColumnKind, unit Unit) {
	*c = Column{Kind: kind, Unit: unit, Integers: c.Integers[:0], Floats: c.Floats[:0], Text: c.Text[:0], Ends: c.Ends[:0]}
}

// AppendText appends a value of Texts or Decimals.
func (c *Column) AppendText(value []byte) {
	c.Text = append(c.Text, value...)
	c.Ends = append(c.Ends, int32(len(c.Text)))
}

// text returns the i-th value of Texts or Decimals.
func (c *Column) text(i int) []byte {
	if i == 0 {
		return c.Text[:c.Ends[0]]
	}
	return c.Text[c.Ends[i-1]:c.Ends[i]]
}
