package wit_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"example.org/compute-pipeline/gohost/wit"
)

// A guest chooses the value, and an error is printed without a question.
func TestTheTextOfAnErrorIsBounded(t *testing.T) {
	const large = 1 << 20
	type record struct {
		Name string
		Data []byte
	}
	for _, err := range []error{
		wit.Err(make([]byte, large)),
		wit.Err(strings.Repeat("é", large)),
		wit.Err(record{strings.Repeat("n", large), make([]byte, large)}),
		wit.Err(wit.Some(make([]uint64, large))),
		wit.Err([]string{strings.Repeat("s", large)}),
	} {
		require.Less(t, len(err.Error()), 8<<10, "%T", err)
	}
	require.Equal(t, "the function returned an error of the type []uint8", wit.Err([]byte("x")).Error())
}
