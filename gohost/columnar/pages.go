package columnar

import (
	"fmt"

	"github.com/apache/arrow-go/v18/parquet"
	"github.com/apache/arrow-go/v18/parquet/file"
)

// checkedPages refuses pages that say that they have more values than they can: arrow-go makes room for
// the index of a value that it does not have, and for lengths of values.
type checkedPages struct {
	file.PageReader
	width int  // the least size of a value in a dictionary
	named bool // the values of the page are entries of a dictionary
	err   error
}

func (p *checkedPages) Next() bool {
	if p.err != nil || !p.PageReader.Next() {
		return false
	}
	switch page := p.Page().(type) {
	case *file.DictionaryPage:
		p.err = p.dictionary(page)
	case file.DataPage:
		p.named = indexes(parquet.Encoding(page.Encoding()))
		if n := page.NumValues(); n > maxDelta && delta(parquet.Encoding(page.Encoding())) {
			p.err = fmt.Errorf("%w: a page has %d values in a delta encoding, of at most %d", ErrLimit, n, maxDelta)
		}
	}
	return p.err == nil
}

func (p *checkedPages) Err() error {
	if p.err != nil {
		return p.err
	}
	return p.PageReader.Err()
}

func (p *checkedPages) GetDictionaryPage() (*file.DictionaryPage, error) {
	page, err := p.PageReader.GetDictionaryPage()
	if err == nil && page != nil {
		err = p.dictionary(page)
	}
	return page, err
}

func (p *checkedPages) dictionary(page *file.DictionaryPage) error {
	n := int(page.NumValues())
	if n > len(page.Data())/p.width {
		return fmt.Errorf("the file is damaged: a dictionary says that it has %d values, in %d bytes", n, len(page.Data()))
	}
	if n > maxEntries {
		return fmt.Errorf("%w: a dictionary has %d values, of at most %d", ErrLimit, n, maxEntries)
	}
	return nil
}

// indexes reports whether values are indexes of a dictionary.
func indexes(e parquet.Encoding) bool {
	return e == parquet.Encodings.PlainDict || e == parquet.Encodings.RLEDict
}

func delta(e parquet.Encoding) bool {
	switch e {
	case parquet.Encodings.DeltaBinaryPacked, parquet.Encodings.DeltaByteArray, parquet.Encodings.DeltaLengthByteArray:
		return true
	}
	return false
}
