package hostile

import (
	"bytes"
	"slices"
	"testing"

	"github.com/stretchr/testify/assert"

	"example.org/compute-pipeline/gohost"
)

// Bodies that hid an endless loop from metering: in each, what the validator takes for
// one instruction or type is another to wazero, or was another to the prepare module.
func TestCodeCannotHideInLongForms(t *testing.T) {
	loop := []byte{0x03, 0x40, 0x0c, 0x00, 0x0b}
	constant := func(opcode ...byte) []byte {
		hidden := slices.Concat([]byte{0x0b}, loop, []byte{0x0b, 0x02, 0x40}, bytes.Repeat([]byte{1}, 7))
		return slices.Concat([]byte{0x00, 0x02, 0x40, 0x41, 0x01, 0x0d, 0x00, 0xfd, 0x0c}, make([]byte, 16),
			[]byte{0x41, 0x00, 0xfd}, opcode, hidden, []byte{0x1a, 0x1a, 0x1a, 0x0b, 0x0b})
	}
	funcref := func(long ...byte) []byte { // three groups of locals
		return slices.Concat([]byte{0x03, 0x01}, long, []byte{0x01}, long, []byte{0x0e, 0x7f}, loop, []byte{0x0b})
	}
	leavesNothing(t, func() {
		for what, body := range map[string][2][]byte{
			"v128.const":        {constant(0x0c), constant(0x8c, 0x00)},
			"a local's funcref": {funcref(0x70), funcref(0x63, 0x70)},
		} {
			assert.NoError(t, verdict(t, functions(t, 1, body[0]), what, compiler), what)
			err := verdict(t, functions(t, 1, body[1]), what, compiler)
			assert.ErrorIs(t, err, gohost.ErrModule, what)
			assert.ErrorContains(t, err, "longer form than it needs", what)
		}
	})
}
