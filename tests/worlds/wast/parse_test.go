package wast

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestParse(t *testing.T) {
	nodes, err := Parse(";; a script\n(component (; here ;) $a (func \"a(b\\\"\"))\n\n(assert_return (invoke \"f\") (u32.const 4))")
	require.NoError(t, err)
	require.Len(t, nodes, 2)
	assert.True(t, nodes[0].Is("component"))
	assert.False(t, nodes[0].Is("func"))
	assert.Equal(t, 2, nodes[0].Line)
	assert.Equal(t, "$a", nodes[0].List[1].Word)
	text, err := nodes[0].List[2].List[1].Unquote()
	require.NoError(t, err)
	assert.Equal(t, `a(b"`, text)
	assert.Equal(t, 4, nodes[1].Line)
	assert.Equal(t, `(u32.const 4)`, nodes[1].List[2].Source)
	_, err = nodes[1].List[2].List[1].Unquote()
	assert.Error(t, err)
}

func TestParseRefuses(t *testing.T) {
	for _, source := range []string{"(a", ")", "\"a", "(a \"b)", "\"a\\"} {
		_, err := Parse(source)
		assert.Error(t, err, "%q", source)
	}
}
