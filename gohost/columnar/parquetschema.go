package columnar

import (
	"errors"
	"fmt"
	"strings"

	"github.com/apache/arrow-go/v18/parquet"
	"github.com/apache/arrow-go/v18/parquet/schema"

	"example.org/compute-pipeline/gohost/input"
)

// A leaf is a column of a Parquet file, or a field of one.
type leaf struct {
	index   int // among all leaves
	name    string
	column  *schema.Column
	kind    input.ColumnKind
	unit    input.Unit
	scale   int   // of Decimals: how many digits are after the point
	float16 bool  // two bytes
	uuid    bool  // 16 bytes
	unsign  bool  // integers without a sign
	err     error // why it cannot be read
}

var errList = errors.New("it is in a list or a map, and a row can have several values of it; unnest it before")

func leaves(s *schema.Schema) []leaf {
	all := make([]leaf, s.NumColumns())
	for i := range all {
		c := s.Column(i)
		path := []string(c.ColumnPath())
		for j, part := range path {
			path[j] = strings.ReplaceAll(part, ".", `\.`)
		}
		all[i] = leaf{index: i, name: strings.Join(path, "."), column: c}
		if c.MaxRepetitionLevel() > 0 {
			all[i].err = errList
			continue
		}
		all[i].classify()
	}
	return all
}

// classify finds out what the values are. The logical type decides, also one that is made of the older
// converted type, and then the physical type.
func (l *leaf) classify() {
	physical := l.column.PhysicalType()
	switch t := l.column.LogicalType().(type) {
	case schema.TimestampLogicalType:
		l.timestamp(t)
		return
	case *schema.TimestampLogicalType:
		l.timestamp(*t)
		return
	case schema.DateLogicalType, *schema.DateLogicalType:
		l.kind = input.Dates
		return
	case schema.TimeLogicalType, *schema.TimeLogicalType:
		l.err = errors.New("it has times of the day, without a date")
		return
	case schema.DecimalLogicalType:
		l.kind, l.scale = input.Decimals, int(t.Scale())
		l.checkDecimal()
		return
	case *schema.DecimalLogicalType:
		l.kind, l.scale = input.Decimals, int(t.Scale())
		l.checkDecimal()
		return
	case schema.IntLogicalType:
		l.unsign = !t.IsSigned()
	case *schema.IntLogicalType:
		l.unsign = !t.IsSigned()
	case schema.Float16LogicalType, *schema.Float16LogicalType:
		l.kind, l.float16 = input.Floats, true
		return
	case schema.UUIDLogicalType, *schema.UUIDLogicalType:
		l.kind, l.uuid = input.Texts, true
		return
	case schema.IntervalLogicalType, *schema.IntervalLogicalType:
		l.err = errors.New("it has intervals")
		return
	}
	switch physical {
	case parquet.Types.Boolean:
		l.kind = input.Booleans
	case parquet.Types.Int32:
		l.kind = input.Integers
	case parquet.Types.Int64:
		l.kind = input.Integers
		if l.unsign {
			l.kind = input.Decimals
		}
	case parquet.Types.Int96:
		l.kind, l.unit = input.Instants, input.Nanosecond
	case parquet.Types.Float, parquet.Types.Double:
		l.kind = input.Floats
	case parquet.Types.ByteArray:
		l.kind = input.Texts
	default:
		l.err = fmt.Errorf("its type %s (%s) has neither times nor numbers nor text", physical, l.column.LogicalType())
	}
}

func (l *leaf) timestamp(t schema.TimestampLogicalType) {
	l.kind = input.LocalTimes
	if t.IsAdjustedToUTC() {
		l.kind = input.Instants
	}
	switch t.TimeUnit() {
	case schema.TimeUnitMillis:
		l.unit = input.Millisecond
	case schema.TimeUnitMicros:
		l.unit = input.Microsecond
	case schema.TimeUnitNanos:
		l.unit = input.Nanosecond
	default:
		l.err = errors.New("its times are in an unknown unit")
	}
}

// maxScale bounds the decimals of a number: 76 digits are the most of any writer.
const maxScale = 1 << 10

func (l *leaf) checkDecimal() {
	if l.scale < 0 || l.scale > maxScale {
		l.err = fmt.Errorf("its numbers have %d decimals", l.scale)
	}
	if l.column.PhysicalType() == parquet.Types.FixedLenByteArray && l.column.TypeLength() > maxScale {
		l.err = fmt.Errorf("its numbers have %d bytes", l.column.TypeLength())
	}
}
