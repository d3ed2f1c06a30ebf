package plugin

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"example.org/compute-pipeline/gohost"
)

func TestRegistriesWithTheSameOptionShareCompilers(t *testing.T) {
	two := WithCompilers(2)
	a, err := newConfig([]Option{two})
	require.NoError(t, err)
	b, err := newConfig([]Option{two})
	require.NoError(t, err)
	assert.Equal(t, a.compilers, b.compilers)
	assert.Equal(t, 2, cap(a.compilers))
	own, err := newConfig([]Option{WithCompilers(2)})
	require.NoError(t, err)
	assert.NotEqual(t, a.compilers, own.compilers)
	_, err = newConfig([]Option{WithCompilers(-1)})
	require.ErrorIs(t, err, gohost.ErrInvalidInput)
}
