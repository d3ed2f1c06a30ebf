package input

// keys are the keys of the points of a piece.
type keys struct {
	text []byte
	ends []int32 // of each key in text
}

func (k *keys) reset() { k.text, k.ends = k.text[:0], k.ends[:0] }

func addKey[T string | []byte](k *keys, key T) {
	k.text = append(k.text, key...)
	k.ends = append(k.ends, int32(len(k.text)))
}

// Key returns the key of the i-th point, which is valid until the piece is done. It is empty
// without [Options.Key].
func (p *Piece) Key(i int) []byte {
	k := &p.keys
	if i >= len(k.ends) {
		return nil
	}
	begin := int32(0)
	if i > 0 {
		begin = k.ends[i-1]
	}
	return k.text[begin:k.ends[i]]
}
