package linearmem

import (
	"bufio"
	"fmt"
	"os"
	"strings"
	"testing"
	"unsafe"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// access is how the system lets an address be used ("rw-p"), or "" for one that
// is not mapped.
func access(t *testing.T, address uintptr) string {
	t.Helper()
	maps, err := os.Open("/proc/self/maps")
	require.NoError(t, err)
	defer maps.Close()
	for lines := bufio.NewScanner(maps); lines.Scan(); {
		var start, end uintptr
		var how string
		_, err := fmt.Sscanf(strings.Replace(lines.Text(), "-", " ", 1), "%x %x %s", &start, &end, &how)
		require.NoError(t, err)
		if start <= address && address < end {
			return how
		}
	}
	return ""
}

func TestWhatIsReservedCannotBeAccessedAndWhatIsReleasedIsGone(t *testing.T) {
	if !Supported {
		return // nothing is mapped
	}
	m := New(64 << 20)
	start := uintptr(unsafe.Pointer(unsafe.SliceData(m.Resize(page))))
	assert.Equal(t, "rw-p", access(t, start))
	assert.Equal(t, "rw-p", access(t, start+page-1))
	assert.Equal(t, "---p", access(t, start+commitStep))
	assert.Equal(t, "---p", access(t, start+64<<20-1))
	m.Resize(32 << 20)
	assert.Equal(t, "rw-p", access(t, start+32<<20-1))
	assert.Equal(t, "---p", access(t, start+64<<20-1))
	require.NoError(t, m.Release())
	assert.Empty(t, access(t, start))
	assert.Empty(t, access(t, start+64<<20-1))
}

// flags are the system's own of the mapping that an address is in: "hg" is advice to
// use large pages, "nh" advice against them.
func flags(t *testing.T, address uintptr) []string {
	t.Helper()
	maps, err := os.Open("/proc/self/smaps")
	require.NoError(t, err)
	defer maps.Close()
	inside := false
	for lines := bufio.NewScanner(maps); lines.Scan(); {
		var start, end uintptr
		if n, _ := fmt.Sscanf(lines.Text(), "%x-%x ", &start, &end); n == 2 {
			inside = start <= address && address < end
		}
		if list, ok := strings.CutPrefix(lines.Text(), "VmFlags:"); ok && inside {
			return strings.Fields(list)
		}
	}
	return nil
}

func TestLargePagesAreAskedForAndNoLonger(t *testing.T) {
	if _, err := os.Stat("/sys/kernel/mm/transparent_hugepage"); err != nil || !Supported {
		t.Skip("this system has no large pages")
	}
	m := New(64 << 20)
	defer func() { require.NoError(t, m.Release()) }()
	start := uintptr(unsafe.Pointer(unsafe.SliceData(m.Resize(16 << 20))))
	m.PreferLargePages(true)
	assert.Contains(t, flags(t, start), "hg")
	m.PreferLargePages(false)
	assert.NotContains(t, flags(t, start), "hg")
}
