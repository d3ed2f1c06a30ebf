package columnar

import (
	"errors"
	"fmt"
	"math/big"
	"strconv"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"

	"example.org/compute-pipeline/gohost/input"
)

// read replaces the values of c by n of those of a column.
func (f *field) read(column arrow.Array, at, n int, c *input.Column) error {
	c.Reset(f.kind, f.unit)
	for i := range n {
		if column.IsNull(at + i) {
			if c.Missing == nil {
				c.Missing = make([]bool, n)
			}
			c.Missing[i] = true
		}
	}
	return appendValues(c, column, at, n)
}

var errOther = errors.New("the file is damaged: a batch has another type than the schema says")

// appendValues appends those of n values that are there.
func appendValues(c *input.Column, column arrow.Array, at, n int) error {
	switch a := column.(type) {
	case *array.Timestamp:
		return integers(c, a.Values(), at, n)
	case *array.Int64:
		return integers(c, a.Values(), at, n)
	case *array.Int32:
		return integers(c, a.Values(), at, n)
	case *array.Int16:
		return integers(c, a.Values(), at, n)
	case *array.Int8:
		return integers(c, a.Values(), at, n)
	case *array.Uint32:
		return integers(c, a.Values(), at, n)
	case *array.Uint16:
		return integers(c, a.Values(), at, n)
	case *array.Uint8:
		return integers(c, a.Values(), at, n)
	case *array.Date32:
		return integers(c, a.Values(), at, n)
	case *array.Date64:
		const day = 24 * 60 * 60 * 1000
		return each(c, n, func(i int) error {
			ms := int64(a.Value(at + i))
			if ms%day != 0 {
				return fmt.Errorf("the file is damaged: %d ms is no whole day", ms)
			}
			c.Integers = append(c.Integers, ms/day)
			return nil
		})
	case *array.Boolean:
		return each(c, n, func(i int) error {
			v := int64(0)
			if a.Value(at + i) {
				v = 1
			}
			c.Integers = append(c.Integers, v)
			return nil
		})
	case *array.Float64:
		return floats(c, a.Values(), at, n)
	case *array.Float32:
		return floats(c, a.Values(), at, n)
	case *array.Float16:
		return each(c, n, func(i int) error {
			c.Floats = append(c.Floats, float64(a.Value(at+i).Float32()))
			return nil
		})
	case *array.Uint64:
		return texts(c, n, func(i int) []byte { return strconv.AppendUint(nil, a.Value(at+i), 10) })
	case *array.Decimal32:
		return decimals(c, n, a.DataType(), func(i int) *big.Int { return big.NewInt(int64(a.Value(at + i))) })
	case *array.Decimal64:
		return decimals(c, n, a.DataType(), func(i int) *big.Int { return big.NewInt(int64(a.Value(at + i))) })
	case *array.Decimal128:
		return decimals(c, n, a.DataType(), func(i int) *big.Int { return a.Value(at + i).BigInt() })
	case *array.Decimal256:
		return decimals(c, n, a.DataType(), func(i int) *big.Int { return a.Value(at + i).BigInt() })
	case *array.String:
		return texts(c, n, func(i int) []byte { return []byte(a.Value(at + i)) })
	case *array.LargeString:
		return texts(c, n, func(i int) []byte { return []byte(a.Value(at + i)) })
	case *array.StringView:
		return texts(c, n, func(i int) []byte { return []byte(a.Value(at + i)) })
	case *array.Binary:
		return texts(c, n, func(i int) []byte { return a.Value(at + i) })
	case *array.LargeBinary:
		return texts(c, n, func(i int) []byte { return a.Value(at + i) })
	case *array.BinaryView:
		return texts(c, n, func(i int) []byte { return a.Value(at + i) })
	case *array.Dictionary:
		var seen entries
		return each(c, n, func(i int) error {
			index := a.GetValueIndex(at + i)
			if index < 0 || index >= a.Dictionary().Len() {
				return fmt.Errorf("the file is damaged: index %d of a dictionary with %d values", index, a.Dictionary().Len())
			}
			if a.Dictionary().IsNull(index) {
				return errors.New("a dictionary has a value that is missing")
			}
			if c.Kind == input.Texts && seen.again(c, uint64(index)+1) {
				return seen.check(c)
			}
			var one input.Column
			one.Reset(c.Kind, c.Unit)
			if err := appendValues(&one, a.Dictionary(), index, 1); err != nil {
				return err
			}
			c.Integers, c.Floats = append(c.Integers, one.Integers...), append(c.Floats, one.Floats...)
			if len(one.Ends) == 0 {
				return nil
			}
			if err := appendText(c, one.Text); err != nil {
				return err
			}
			return seen.check(c)
		})
	}
	return errOther
}

// each calls f for those of n rows that have a value.
func each(c *input.Column, n int, f func(i int) error) error {
	for i := range n {
		if c.Missing == nil || !c.Missing[i] {
			if err := f(i); err != nil {
				return err
			}
		}
	}
	return nil
}

func integers[T int8 | int16 | int32 | int64 | uint8 | uint16 | uint32 | arrow.Timestamp | arrow.Date32](c *input.Column, values []T, at, n int) error {
	return each(c, n, func(i int) error {
		c.Integers = append(c.Integers, int64(values[at+i]))
		return nil
	})
}

func floats[T float32 | float64](c *input.Column, values []T, at, n int) error {
	return each(c, n, func(i int) error {
		c.Floats = append(c.Floats, float64(values[at+i]))
		return nil
	})
}

func texts(c *input.Column, n int, value func(i int) []byte) error {
	return each(c, n, func(i int) error { return appendText(c, value(i)) })
}

func decimals(c *input.Column, n int, t arrow.DataType, value func(i int) *big.Int) error {
	typ, ok := t.(arrow.DecimalType)
	if !ok {
		return errOther
	}
	scale := int(typ.GetScale())
	if scale < -maxScale || scale > maxScale {
		return fmt.Errorf("the numbers have %d decimals", scale)
	}
	return texts(c, n, func(i int) []byte { return appendDecimal(nil, value(i), scale) })
}

// appendText appends a text, within the limits: if there are too many the error is errTexts.
func appendText(c *input.Column, text []byte) error {
	if len(text) > maxText {
		return fmt.Errorf("%w: a text has %d bytes, of at most %d", ErrLimit, len(text), maxText)
	}
	if len(c.Text) > 0 && len(c.Text)+len(text) > maxTexts {
		return errTexts
	}
	c.AppendText(text)
	return nil
}
