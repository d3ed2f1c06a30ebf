package main

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"

	"github.com/apache/beam/sdks/v2/go/pkg/beam/io/filesystem"
	"github.com/apache/beam/sdks/v2/go/pkg/beam/register"

	"example.org/compute-pipeline/gohost/beam/transform"
)

func init() {
	register.DoFn4x1[context.Context, []byte, func(*Row) bool, func(*transform.Fault) bool, error](&WriteFn{})
	register.Iter1[Row]()
	register.Iter1[transform.Fault]()
}

// WriteFn writes all rows, by key and time, and all faults, by file and offset. If it runs twice
// it writes the same bytes.
type WriteFn struct {
	Header []byte
	Output string
	Faults string // if empty, a fault is an error
}

// ProcessElement writes the files. Its only element has no meaning.
func (f *WriteFn) ProcessElement(ctx context.Context, _ []byte, rows func(*Row) bool, faults func(*transform.Fault) bool) error {
	wrong := all(faults)
	slices.SortFunc(wrong, func(a, b transform.Fault) int {
		return cmp.Or(cmp.Compare(a.File, b.File), cmp.Compare(a.Offset, b.Offset), cmp.Compare(a.Message, b.Message))
	})
	if f.Faults == "" && len(wrong) > 0 {
		return fmt.Errorf("%w (of %d faults in all; --faults FILE writes them to a file and computes without those lines)", wrong[0], len(wrong))
	}
	out := bytes.NewBuffer(slices.Clone(f.Header))
	lines := all(rows)
	slices.SortFunc(lines, func(a, b Row) int { return cmp.Or(cmp.Compare(a.Key, b.Key), cmp.Compare(a.Start, b.Start)) })
	for _, line := range lines {
		out.Write(line.Line)
	}
	if f.Faults != "" {
		var text bytes.Buffer
		encoder := json.NewEncoder(&text)
		encoder.SetEscapeHTML(false)
		for _, fault := range wrong {
			if err := encoder.Encode(fault); err != nil {
				return err
			}
		}
		if err := writeFile(ctx, f.Faults, text.Bytes()); err != nil {
			return err
		}
	}
	return writeFile(ctx, f.Output, out.Bytes())
}

func all[T any](next func(*T) bool) []T {
	var list []T
	for v := *new(T); next(&v); v = *new(T) {
		list = append(list, v)
	}
	return list
}

func writeFile(ctx context.Context, path string, data []byte) (err error) {
	defer func() {
		if err != nil {
			err = fmt.Errorf("write %s: %w", path, err)
		}
	}()
	fs, err := filesystem.New(ctx, path)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, fs.Close()) }()
	return filesystem.Write(ctx, fs, path, data)
}
