package page

import (
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"

	"example.org/compute-pipeline/gohost/cmd/pipeline/internal/serve/metrics"
	"example.org/compute-pipeline/gohost/cmd/pipeline/internal/serve/store"
	"example.org/compute-pipeline/gohost/plugin"
)

func TestNumbersAreWrittenForPeople(t *testing.T) {
	for n, want := range map[uint64]string{0: "0", 999: "999", 1000: "1\u202f000", 1234567: "1\u202f234\u202f567"} {
		assert.Equal(t, want, number(n))
	}
	for d, want := range map[time.Duration]string{
		250: "0.2\u202fµs", 45 * time.Microsecond: "45\u202fµs", 3410 * time.Microsecond: "3.4\u202fms",
		999 * time.Millisecond: "999\u202fms", 12 * time.Second: "12\u202fs",
	} {
		assert.Equal(t, want, duration(d))
	}
	for d, want := range map[time.Duration]string{
		-time.Second: "0 s", 119 * time.Second: "119 s", 2 * time.Minute: "2 min", 3 * time.Hour: "3 h", 72 * time.Hour: "3 days",
	} {
		assert.Equal(t, want, age(d))
	}
	for n, want := range map[int64]string{0: "0 B", 1 << 10: "1 KiB", 9 << 20: "9216 KiB", 10 << 20: "10 MiB"} {
		assert.Equal(t, want, size(n))
	}
}

// plugins are statuses that a test has chosen.
type plugins []store.Status

func (p plugins) List() []store.Status { return p }

// What was refused stands on the page with each of its reasons, as text, and without numbers
// of calls that nobody has made.
func TestRefusedPluginsAreOnThePage(t *testing.T) {
	now := time.Now()
	refused := store.Status{World: store.Pipeline, Status: plugin.Status{Name: "refused"}, Failures: []store.Failure{{
		SHA256: "0123456789abcdef", File: "/plugins/refused.wasm", At: now.Add(-time.Hour),
		Reason: `load of plugin "refused": sandbox.Load of module 0123: contract not met: it does not export a; it imports <script>`,
	}}}
	serves := store.Status{
		World:   store.Pipeline,
		Status:  plugin.Status{Name: "serves", Active: plugin.Version{Hash: "ab", Number: 1}, Versions: []plugin.Version{{Hash: "ab", Number: 1, Grade: "stable"}}},
		Refusal: &store.Refusal{At: now.Add(-48 * time.Hour), Reason: "self-test failed: the mean is 3.5"},
	}
	out := httptest.NewRecorder()
	New(plugins{refused, serves}, metrics.New().Latencies).ServeHTTP(out, nil)
	html := out.Body.String()
	assert.Contains(t, html, `<p class="bad">2 plugins, 1 not serving</p>`)
	assert.Contains(t, html, `<span class="bad">Not loaded:</span> <span class="dim">refused.wasm (0123456789ab), 60 min ago: sandbox.Load of module 0123: contract not met: </span><ul><li>it does not export a</li><li>it imports &lt;script&gt;</li></ul>`)
	assert.Contains(t, html, `<span class="warn">Last load failed:</span> <span class="dim">2 days ago:</span> self-test failed: the mean is 3.5</div>`)
	assert.Equal(t, 1, strings.Count(html, "<dt>calls</dt>"))
	assert.Equal(t, 1, strings.Count(html, "<table>"))
}
