package world

// An Op moves bits between a flat value of the canonical ABI and memory, or chooses one of
// several lists of ops. A type is passed as flat values by its ops, in either direction: so a
// language whose values lie in memory as the ABI has them needs nothing else.
type Op struct {
	// Slot is the number of the flat value, and Core its letter.
	Slot int
	Core byte
	// Offset and Width are the place in memory, in bytes. Signed says that a narrow value
	// is extended with its sign.
	Offset, Width uint32
	Signed        bool
	// Cases are not nil for a choice: the number that is in the slot, and in memory,
	// chooses one. The number itself is not moved by this op.
	Cases [][]Op
}

// Ops returns the ops of a type that begins at an offset and whose first flat value is in a
// slot. The letters are those of all slots.
func (t *Type) Ops(offset uint32, slot int, letters string) []Op {
	b := opsBuilder{letters: letters}
	return b.ops(t, offset, slot)
}

type opsBuilder struct{ letters string }

func (b *opsBuilder) one(offset, width uint32, slot int, signed bool) Op {
	return Op{Slot: slot, Core: b.letters[slot], Offset: offset, Width: width, Signed: signed}
}

func (b *opsBuilder) ops(t *Type, offset uint32, slot int) []Op {
	switch t = t.Base(); t.Kind {
	case "string", "list", "map":
		return []Op{b.one(offset, 4, slot, false), b.one(offset+4, 4, slot+1, false)}
	case "record", "tuple":
		var ops []Op
		for i, at := range t.Offsets() {
			field := t.Fields[i].Type
			ops = append(ops, b.ops(field, offset+at, slot)...)
			slot += len(field.Flat)
		}
		return ops
	case "fixed-list":
		var ops []Op
		for n := range t.Length {
			ops = append(ops, b.ops(t.Elem, offset+n*t.Elem.Size, slot)...)
			slot += len(t.Elem.Flat)
		}
		return ops
	case "variant", "option", "result":
		choice := Op{Slot: slot, Core: b.letters[slot], Offset: offset, Width: t.TagSize()}
		any := false
		for _, payload := range t.Payloads() {
			var ops []Op
			if payload != nil {
				any = true
				ops = b.ops(payload, offset+t.PayloadOffset(), slot+1)
			}
			choice.Cases = append(choice.Cases, ops)
		}
		ops := []Op{b.one(offset, t.TagSize(), slot, false)}
		if any {
			ops = append(ops, choice)
		}
		return ops
	}
	return []Op{b.one(offset, t.Size, slot, t.Kind[0] == 's')}
}

// Offsets returns the offsets of a record's fields or a tuple's elements.
func (t *Type) Offsets() []uint32 {
	offsets := make([]uint32, len(t.Fields))
	var at uint32
	for i, f := range t.Fields {
		offsets[i] = alignTo(at, f.Type.Align)
		at = offsets[i] + f.Type.Size
	}
	return offsets
}

// Payloads returns the payloads of the cases of a variant, an option or a result; nil means no payload.
func (t *Type) Payloads() []*Type {
	switch t.Kind {
	case "option":
		return []*Type{nil, t.Elem}
	case "result":
		return []*Type{t.OK, t.Err}
	}
	payloads := make([]*Type, len(t.Fields))
	for i, f := range t.Fields {
		payloads[i] = f.Type
	}
	return payloads
}

// TagSize returns the size of the number of a case.
func (t *Type) TagSize() uint32 {
	switch n := len(t.Payloads()); {
	case n <= 1<<8:
		return 1
	case n <= 1<<16:
		return 2
	}
	return 4
}

// PayloadOffset returns where the payload of a case is.
func (t *Type) PayloadOffset() uint32 {
	align := uint32(1)
	for _, payload := range t.Payloads() {
		if payload != nil {
			align = max(align, payload.Align)
		}
	}
	return alignTo(t.TagSize(), align)
}

// Arguments returns the parameters of a function as a record.
func (f *Function) Arguments() *Type {
	t := &Type{Kind: "record", Fields: f.Params, Align: 1}
	for i, at := range t.Offsets() {
		t.Align = max(t.Align, f.Params[i].Type.Align)
		t.Size = at + f.Params[i].Type.Size
	}
	t.Size = alignTo(t.Size, t.Align)
	return t
}

func alignTo(at, align uint32) uint32 { return (at + align - 1) / align * align }
