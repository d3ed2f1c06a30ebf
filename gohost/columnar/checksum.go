package columnar

import (
	"errors"
	"hash/crc32"

	"github.com/apache/arrow-go/v18/parquet"
	"github.com/apache/arrow-go/v18/parquet/file"
	"github.com/apache/arrow-go/v18/parquet/metadata"
)

// ErrChecksum is the error of a Parquet file with a page that is not what its checksum says.
var ErrChecksum = errors.New("the file is damaged: a page contradicts its checksum (CRC-32)")

// A checksumReader passes on the pages of a column chunk, and compares the bytes of each with the
// checksum in its header, where it has one: arrow-go does not. It relies on how arrow-go reads a page: it
// peeks at the header, discards that, and reads the rest.
//
// Source: "Checksumming" and PageHeader in https://github.com/apache/parquet-format
type checksumReader struct {
	parquet.BufferedReader
	peeked []byte
	left   int64  // bytes of the page that were not read yet
	want   uint32 // checksum of the page
	sum    uint32 // of the bytes that were read
	wanted bool
}

func (r *checksumReader) Peek(n int) ([]byte, error) {
	view, err := r.BufferedReader.Peek(n)
	r.peeked = view
	return view, err
}

func (r *checksumReader) Discard(n int) (int, error) {
	if 0 <= n && n <= len(r.peeked) {
		r.left, r.want, r.wanted = readPageHeader(r.peeked[:n])
		r.sum = 0
	}
	r.peeked = nil
	return r.BufferedReader.Discard(n)
}

func (r *checksumReader) Read(p []byte) (int, error) {
	n, err := r.BufferedReader.Read(p)
	if !r.wanted || int64(n) > r.left {
		return n, err // another size than the header says is found by others
	}
	r.sum = crc32.Update(r.sum, crc32.IEEETable, p[:n])
	if r.left -= int64(n); r.left == 0 && n > 0 && r.sum != r.want {
		return 0, ErrChecksum // with 0, io.ReadFull does not drop it
	}
	return n, err
}

// readPageHeader returns the size of a page as it is in the file, and its checksum.
func readPageHeader(text []byte) (size int64, sum uint32, ok bool) {
	const (
		sizeField = 3
		sumField  = 4
		i32       = 5 // a kind
	)
	t := thriftText{rest: text, structs: len(text)}
	for field, kind := t.field(0); kind != 0; field, kind = t.field(field) {
		switch {
		case kind == 1 || kind == 2: // booleans are in the head
		case field == sizeField && kind == i32:
			size = t.signed()
		case field == sumField && kind == i32:
			sum, ok = uint32(t.signed()), true
		default:
			t.value(kind, 0, elsewhere)
		}
	}
	return size, sum, ok && t.err == nil
}

// pages returns a reader of the pages of a column chunk that checks their checksums.
func (p *Parquet) pages(group *file.RowGroupReader, column int) (file.PageReader, error) {
	pages, err := group.GetColumnPageReader(column)
	if err != nil {
		return nil, err
	}
	if p.file.MetaData().WriterVersion().LessThan(metadata.Parquet816FixedVersion) {
		return pages, nil // these writers had no checksums, and said wrong sizes of column chunks
	}
	chunk, err := group.MetaData().ColumnChunk(column)
	if err != nil {
		return nil, err
	}
	begin := chunk.DataPageOffset()
	if at := chunk.DictionaryPageOffset(); chunk.HasDictionaryPage() && 0 < at && at < begin {
		begin = at
	}
	stream, err := p.props.GetStream(p.section, begin, chunk.TotalCompressedSize())
	if err != nil {
		return nil, err
	}
	pages.Reset(&checksumReader{BufferedReader: stream}, chunk.NumValues(), chunk.Compression(), nil)
	return pages, pages.Err()
}
