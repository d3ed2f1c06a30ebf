package columnar_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"example.org/compute-pipeline/gohost/columnar"
	"example.org/compute-pipeline/gohost/input"
)

// rows is the number of rows of the files in testdata. Rows whose number by 7 is 3 lack what may be missing.
const rows = 40

// open opens a file of testdata.
func open(t *testing.T, name string) input.Batches {
	t.Helper()
	f, err := os.Open(filepath.Join("testdata", name))
	require.NoError(t, err)
	t.Cleanup(func() { _ = f.Close() })
	var b input.Batches
	if strings.HasSuffix(name, ".parquet") {
		info, err := f.Stat()
		require.NoError(t, err)
		b, err = columnar.OpenParquet(f, info.Size(), 2, columnar.Limits{})
		require.NoError(t, err)
	} else {
		b, err = columnar.NewArrow(f, columnar.Limits{})
		require.NoError(t, err)
	}
	t.Cleanup(func() { _ = b.Close() })
	return b
}

// column reads a column as texts; "" is a missing value.
func column(t *testing.T, b input.Batches, names ...string) [][]string {
	t.Helper()
	indices := make([]int, len(names))
	for i, name := range names {
		indices[i] = slices.Index(b.Names(), name)
		require.GreaterOrEqual(t, indices[i], 0, "%q is not among %q", name, b.Names())
	}
	require.NoError(t, b.Select(indices))
	all, err := read(context.Background(), b)
	require.NoError(t, err)
	return all
}

// read returns the cells of all columns that were selected.
func read(ctx context.Context, b input.Batches) ([][]string, error) {
	var all [][]string
	var batch input.Batch
	next := int64(1)
	for {
		err := b.Next(ctx, &batch)
		if errors.Is(err, io.EOF) {
			return all, nil
		}
		if err != nil {
			return all, err
		}
		if batch.First != next {
			return all, fmt.Errorf("rows from %d on; expected %d", batch.First, next)
		}
		next += int64(batch.Rows)
		for i := range batch.Columns {
			if len(all) <= i {
				all = append(all, nil)
			}
			cells := cells(&batch.Columns[i], batch.Rows)
			if len(cells) != batch.Rows {
				return all, fmt.Errorf("column %d has %d values; expected %d", i, len(cells), batch.Rows)
			}
			all[i] = append(all[i], cells...)
		}
	}
}

func cells(c *input.Column, rows int) []string {
	var values []string
	for _, v := range c.Integers {
		switch c.Kind {
		case input.Instants, input.LocalTimes:
			per := map[input.Unit]int64{input.Second: 1, input.Millisecond: 1e3, input.Microsecond: 1e6, input.Nanosecond: 1e9}[c.Unit]
			values = append(values, time.Unix(v/per, v%per*(1e9/per)).UTC().Format(time.RFC3339Nano))
		case input.Dates:
			values = append(values, time.Unix(v*86400, 0).UTC().Format(time.DateOnly))
		default:
			values = append(values, fmt.Sprint(v))
		}
	}
	for _, v := range c.Floats {
		values = append(values, fmt.Sprint(v))
	}
	for i := range c.Ends {
		values = append(values, string(c.TextAt(i)))
	}
	if c.Missing == nil {
		return values
	}
	var all []string
	for _, missing := range c.Missing {
		if missing {
			all = append(all, "")
		} else {
			all, values = append(all, values[0]), values[1:]
		}
	}
	return all[:min(len(all), rows)]
}

// expected returns a cell for each row.
func expected(cell func(i int) string) []string {
	all := make([]string, rows)
	for i := range all {
		all[i] = cell(i)
	}
	return all
}

func gaps(cell func(i int) string) func(i int) string {
	return func(i int) string {
		if i%7 == 3 {
			return ""
		}
		return cell(i)
	}
}

func instant(i int) string { return time.Unix(1262304000+3600*int64(i), 0).UTC().Format(time.RFC3339) }
func value(i int) string   { return fmt.Sprint(float64(i) - 20 + 0.25) }
func key(i int) string     { return string("abc"[i%3]) }

// Files of other writers, in all compressions and versions of pages, give their rows in order.
func TestFilesOfOthers(t *testing.T) {
	for _, name := range []string{
		"pyarrow-none.parquet", "pyarrow-snappy.parquet", "pyarrow-gzip.parquet", "pyarrow-zstd.parquet", "pyarrow-brotli.parquet",
		"pyarrow-lz4.parquet", "pyarrow-v2.parquet", "pyarrow-delta.parquet", "pyarrow-checksum-v1.parquet", "pyarrow-checksum-v2.parquet", "duckdb.parquet",
		"pyarrow-lz4.arrow", "pyarrow-zstd.arrow", "pyarrow-lz4.arrows", "pyarrow-zstd.arrows",
	} {
		t.Run(name, func(t *testing.T) {
			got := column(t, open(t, name), "value", "timestamp", "station")
			require.Equal(t, [][]string{expected(value), expected(instant), expected(key)}, got)
		})
	}
	got := column(t, open(t, "pyarrow-int96.parquet"), "timestamp")
	require.Equal(t, [][]string{expected(instant)}, got)
}

// Each type of a column is read as it is meant, in Parquet and Arrow.
func TestTypes(t *testing.T) {
	date := func(i int) string { return time.Date(2010, 1, 1+i, 0, 0, 0, 0, time.UTC).Format(time.DateOnly) }
	whole := func(base, step int64) func(int) string {
		return func(i int) string { return fmt.Sprint(base + step*int64(i)) }
	}
	fraction := func(i int) string { return strings.Replace(fmt.Sprintf("%.2f", float64(i-20)/100), "-0.00", "0.00", 1) }
	decimal38 := func(i int) string {
		if i < 20 {
			hundredths := 20 - i // the number is 10^-22 nearer to 0
			return fmt.Sprintf("-0.%02d99999999999999999999", hundredths-1)
		}
		return fmt.Sprintf("0.%02d00000000000000000001", i-20)
	}
	types := map[string]func(int) string{
		"instant_ms": instant, "instant_us": instant, "instant_ns": instant, "local_us": instant, "date": date, "text": instant,
		"seconds": whole(1262304000, 3600), "seconds_f64": func(i int) string { return fmt.Sprint(float64(1262304000 + 3600*i)) },
		"i8": whole(-20, 1), "i16": whole(-20, 1), "i32": whole(-20, 1), "i64": whole(1<<53, 1), "u8": whole(255, -1), "u32": whole(1<<32-1, -1),
		"u64": func(i int) string { return fmt.Sprint(uint64(math.MaxUint64) - uint64(i)) },
		"f16": value, "f32": value, "f64": value, "gaps": gaps(value), "number_text": value,
		"flag":     func(i int) string { return fmt.Sprint((i + 1) % 2) },
		"decimal9": fraction, "decimal18": fraction, "decimal38": decimal38,
		"key": key, "key_gaps": gaps(key),
	}
	parquet := map[string]func(int) string{"nested.inner.value": gaps(value), `nested.a\.b`: whole(0, 1)}
	arrow := map[string]func(int) string{"seconds_ts": instant, "nested.inner.value": value, "view": key, "large": key, "date64": date, "decimal256": decimal38}
	for file, more := range map[string]map[string]func(int) string{"pyarrow-types.parquet": parquet, "pyarrow-none.arrow": arrow, "pyarrow-none.arrows": arrow} {
		for _, columns := range []map[string]func(int) string{types, more} {
			for name, cell := range columns {
				t.Run(file+"/"+name, func(t *testing.T) {
					require.Equal(t, [][]string{expected(cell)}, column(t, open(t, file), name))
				})
			}
		}
		for name, reason := range map[string]string{"list": "unnest", "time_of_day": ""} {
			t.Run(file+"/"+name, func(t *testing.T) {
				b := open(t, file)
				i := slices.IndexFunc(b.Names(), func(n string) bool { return strings.HasPrefix(n, name) })
				require.ErrorContains(t, b.Select([]int{i}), reason)
			})
		}
	}
}

// countingReader counts the bytes that were read.
type countingReader struct {
	io.ReaderAt
	bytes int
}

func (r *countingReader) ReadAt(p []byte, at int64) (int, error) {
	n, err := r.ReaderAt.ReadAt(p, at)
	r.bytes += n
	return n, err
}
