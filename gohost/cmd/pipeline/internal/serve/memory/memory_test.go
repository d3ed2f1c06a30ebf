package memory

import (
	"math"
	"testing"
	"testing/fstest"

	"github.com/stretchr/testify/assert"
)

func TestLimitOfTheControlGroup(t *testing.T) {
	for name, c := range map[string]struct {
		files map[string]string
		want  int64
	}{
		"none":             {nil, math.MaxInt64},
		"version 2":        {map[string]string{"proc/self/cgroup": "0::/a/b\n", "sys/fs/cgroup/a/b/memory.max": "1000\n"}, 1000},
		"above":            {map[string]string{"proc/self/cgroup": "0::/a/b\n", "sys/fs/cgroup/a/b/memory.max": "max\n", "sys/fs/cgroup/a/memory.max": "500\n"}, 500},
		"the least":        {map[string]string{"proc/self/cgroup": "0::/a/b\n", "sys/fs/cgroup/a/b/memory.max": "700\n", "sys/fs/cgroup/a/memory.max": "900\n"}, 700},
		"own name space":   {map[string]string{"proc/self/cgroup": "0::/\n", "sys/fs/cgroup/memory.max": "42\n"}, 42},
		"host's path":      {map[string]string{"proc/self/cgroup": "0::/docker/1\n", "sys/fs/cgroup/memory.max": "43\n"}, 43},
		"out of the space": {map[string]string{"proc/self/cgroup": "0::/../x\n", "sys/fs/cgroup/memory.max": "44\n"}, 44},
		"version 1":        {map[string]string{"proc/self/cgroup": "5:cpu,memory:/x\n0::/\n", "sys/fs/cgroup/memory/x/memory.limit_in_bytes": "77\n"}, 77},
		"version 1, none":  {map[string]string{"proc/self/cgroup": "4:memory:/x\n", "sys/fs/cgroup/memory/x/memory.limit_in_bytes": "9223372036854771712\n"}, 9223372036854771712},
		"nonsense":         {map[string]string{"proc/self/cgroup": "\nx\n0::/a\n", "sys/fs/cgroup/a/memory.max": "-1\n"}, math.MaxInt64},
	} {
		system := fstest.MapFS{}
		for path, text := range c.files {
			system[path] = &fstest.MapFile{Data: []byte(text)}
		}
		assert.Equal(t, c.want, group(system), name)
	}
	assert.Positive(t, Total())
}

// Whatever the total, what is handed out is not more than there is, unless the
// plan says so.
func TestPlansHandOutWhatThereIs(t *testing.T) {
	const gib = 1 << 30
	for _, total := range []int64{64 * MiB, 256 * MiB, 512 * MiB, gib, 2 * gib, 4 * gib, 64 * gib} {
		for _, processors := range []int{1, 2, 16} {
			instances, each := Instances(total, processors, 0, 0)
			assert.True(t, instances >= 1 && instances <= processors, "%d of %d", instances, processors)
			for _, plugins := range []int64{1, 4, 20} {
				guests := plugins * int64(instances) * int64(each) * MiB
				p := Divide(total, guests, 0)
				assert.Positive(t, p.Budget)
				assert.Less(t, p.Budget, p.Heap)
				assert.True(t, p.Short || p.Reserve+p.Guests+p.Heap <= total, "%+v", p)
				if total >= gib && plugins <= 4 {
					assert.False(t, p.Short, "%+v", p)
				}
			}
		}
	}
	p := Divide(4*gib, 512*MiB, gib)
	assert.EqualValues(t, gib, p.Heap, "the user's own limit")
	instances, each := Instances(4*gib, 2, 0, 0)
	assert.Equal(t, []int{2, 256}, []int{instances, each})
	instances, each = Instances(gib, 2, 0, 0)
	assert.Equal(t, []int{1, 128}, []int{instances, each})
	instances, each = Instances(gib, 2, 7, 99)
	assert.Equal(t, []int{7, 99}, []int{instances, each}, "what is said stays")
}
