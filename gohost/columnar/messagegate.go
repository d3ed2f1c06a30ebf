package columnar

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"

	flatbuffers "github.com/google/flatbuffers/go"
)

// A messageGate passes on the bytes of an Arrow stream, and checks the description of each message before.
// arrow-go makes room for as many columns, and buffers of views, as a description says that there are.
//
// Source: https://arrow.apache.org/docs/format/Columnar.html#encapsulated-message-format
type messageGate struct {
	src    io.Reader
	limits Limits
	head   []byte // of a message, what was not passed on yet
	body   int64  // bytes of the body that were not passed on yet
	ended  bool
}

// errRead is in the chain of errors that are not about the data.
var errRead = errors.New("reading failed")

const continuation = 0xffffffff

func (g *messageGate) Read(p []byte) (int, error) {
	if len(g.head) == 0 && g.body == 0 {
		if g.ended {
			return 0, io.EOF
		}
		if err := g.message(); err != nil {
			return 0, err
		}
	}
	if len(g.head) > 0 {
		n := copy(p, g.head)
		g.head = g.head[n:]
		return n, nil
	}
	n, err := g.src.Read(p[:min(int64(len(p)), g.body)])
	g.body -= int64(n)
	if err != nil && !errors.Is(err, io.EOF) {
		err = fmt.Errorf("%w: %w", errRead, err)
	}
	return n, err
}

// message reads the description of the next message.
func (g *messageGate) message() error {
	head := make([]byte, 4, 8)
	if _, err := io.ReadFull(g.src, head); err != nil {
		return readError(err)
	}
	size := binary.LittleEndian.Uint32(head)
	if size == continuation {
		head = head[:8]
		if _, err := io.ReadFull(g.src, head[4:]); err != nil {
			return readError(err)
		}
		size = binary.LittleEndian.Uint32(head[4:])
	}
	if size == 0 { // the end of the stream
		g.head, g.ended = head, true
		return nil
	}
	if int64(size) > g.limits.Footer {
		return fmt.Errorf("%w: a message's description has %d bytes, of at most %d", ErrLimit, size, g.limits.Footer)
	}
	description := make([]byte, size)
	if _, err := io.ReadFull(g.src, description); err != nil {
		return readError(err)
	}
	body, err := checkMessage(description)
	if err != nil {
		return err
	}
	if body < 0 || body > g.limits.Message {
		return fmt.Errorf("%w: a message has %d bytes, of at most %d", ErrLimit, body, g.limits.Message)
	}
	g.head, g.body = append(head, description...), body
	return nil
}

func readError(err error) error {
	if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
		return err
	}
	return fmt.Errorf("%w: %w", errRead, err)
}

// checkMessage checks the numbers of elements in a description, and returns the size of the body.
func checkMessage(text []byte) (body int64, err error) {
	err = guarded(func() error {
		root := flatbuffers.Table{Bytes: text, Pos: flatbuffers.GetUOffsetT(text)}
		m := flatMessage{fields: len(text)/8 + 16}
		body = root.GetInt64Slot(slotBody, 0)
		if err := m.vector(&root, slotMessageMetadata); err != nil {
			return err
		}
		header, ok := table(&root, slotHeader)
		if !ok {
			return nil
		}
		switch root.GetByteSlot(slotHeaderType, 0) {
		case headerSchema:
			return m.schema(header)
		case headerRecords:
			return checkRecords(&header)
		case headerDictionary:
			if records, ok := table(&header, slotDictionaryData); ok {
				return checkRecords(&records)
			}
		}
		return nil
	})
	return body, err
}

// Slots of the tables in Message.fbs and Schema.fbs.
const (
	slotHeaderType      = 6
	slotHeader          = 8
	slotBody            = 10
	slotMessageMetadata = 12
	headerSchema        = 1
	headerDictionary    = 2
	headerRecords       = 3

	slotDictionaryData = 6 // of DictionaryBatch
	slotBuffers        = 8 // of RecordBatch
	slotVariadicCounts = 12

	slotFields         = 6
	slotSchemaMetadata = 8
	slotFeatures       = 10

	slotTypeType      = 8
	slotType          = 10
	slotChildren      = 14
	slotFieldMetadata = 16
	typeUnion         = 14
	slotTypeIDs       = 6 // of Union
)

type flatMessage struct {
	fields int // how many more it may have
}

var (
	errMessageList = errors.New("a message's description has a list that is longer than itself")
	errMessageDeep = errors.New("a message's description is nested too deeply")
)

// table returns the table in a slot.
func table(t *flatbuffers.Table, slot flatbuffers.VOffsetT) (flatbuffers.Table, bool) {
	o := flatbuffers.UOffsetT(t.Offset(slot))
	if o == 0 {
		return flatbuffers.Table{}, false
	}
	return flatbuffers.Table{Bytes: t.Bytes, Pos: t.Indirect(o + t.Pos)}, true
}

// vector checks the length of the vector in a slot, of tables or other things of four bytes.
func (m *flatMessage) vector(t *flatbuffers.Table, slot flatbuffers.VOffsetT) error {
	o := flatbuffers.UOffsetT(t.Offset(slot))
	if o == 0 {
		return nil
	}
	if n := t.VectorLen(o); n < 0 || n > len(t.Bytes)/4 {
		return errMessageList
	}
	return nil
}

// checkRecords checks how many buffers the columns of views say that they have: no more than there are.
func checkRecords(t *flatbuffers.Table) error {
	o := flatbuffers.UOffsetT(t.Offset(slotVariadicCounts))
	if o == 0 {
		return nil
	}
	const size = 8 // of a count
	n, buffers := t.VectorLen(o), 0
	if b := flatbuffers.UOffsetT(t.Offset(slotBuffers)); b != 0 {
		buffers = t.VectorLen(b)
	}
	if n < 0 || n > len(t.Bytes)/size || buffers < 0 || buffers > len(t.Bytes) {
		return errMessageList
	}
	for i := range n {
		if count := t.GetInt64(t.Vector(o) + flatbuffers.UOffsetT(i*size)); count < 0 || count > int64(buffers) {
			return errMessageList
		}
	}
	return nil
}

func (m *flatMessage) schema(t flatbuffers.Table) error {
	if err := errors.Join(m.vector(&t, slotSchemaMetadata), m.vector(&t, slotFeatures)); err != nil {
		return err
	}
	return m.list(&t, slotFields, 0)
}

// list checks the fields in a slot, and those in them. Offsets may lead to the same field again and
// again: their number is bounded.
func (m *flatMessage) list(t *flatbuffers.Table, slot flatbuffers.VOffsetT, depth int) error {
	const maxDepth = 64
	if depth > maxDepth {
		return errMessageDeep
	}
	if err := m.vector(t, slot); err != nil {
		return err
	}
	o := flatbuffers.UOffsetT(t.Offset(slot))
	if o == 0 {
		return nil
	}
	begin := t.Vector(o)
	for i := range t.VectorLen(o) {
		if m.fields--; m.fields < 0 {
			return errMessageList
		}
		field := flatbuffers.Table{Bytes: t.Bytes, Pos: t.Indirect(begin + flatbuffers.UOffsetT(i)*4)}
		if err := m.vector(&field, slotFieldMetadata); err != nil {
			return err
		}
		if typ, ok := table(&field, slotType); ok && field.GetByteSlot(slotTypeType, 0) == typeUnion {
			if err := m.vector(&typ, slotTypeIDs); err != nil {
				return err
			}
		}
		if err := m.list(&field, slotChildren, depth+1); err != nil {
			return err
		}
	}
	return nil
}
