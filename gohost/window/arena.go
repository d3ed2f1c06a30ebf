package window

// An arena has states of different sizes.
type arena struct {
	bytes []byte
	waste int
}

// stateSlot is the unit of the room of a state, so that one that grows a little stays where it is.
const stateSlot = 16

func roomOf(size uint32) uint32 { return (size + stateSlot - 1) / stateSlot * stateSlot }

func (a *arena) get(p *place) []byte {
	if p.size == 0 {
		return nil
	}
	return a.bytes[p.state : p.state+p.size]
}

func (a *arena) put(p *place, state []byte) {
	size := uint32(len(state))
	if old := roomOf(p.size); roomOf(size) > old {
		a.waste += int(old)
		p.state = uint32(len(a.bytes))
		a.bytes = append(a.bytes, state...)
		a.bytes = append(a.bytes, make([]byte, roomOf(size)-size)...)
	} else {
		copy(a.bytes[p.state:], state)
	}
	p.size = size
}

// tidy drops what is wasted, if it is half.
func (a *arena) tidy(places []place) {
	if a.waste < 1<<16 || 2*a.waste < len(a.bytes) {
		return
	}
	tidied := arena{bytes: make([]byte, 0, len(a.bytes)-a.waste)}
	for i := range places {
		if p := &places[i]; p.size > 0 {
			state := a.get(p)
			p.size = 0
			tidied.put(p, state)
		}
	}
	tidied.waste = 0
	*a = tidied
}
