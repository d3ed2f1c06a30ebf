// Package page implements the status page: plugins, their versions and their statistics.
// It is one HTML document without scripts or external resources, which the browser reloads
// every few seconds.
package page

import (
	"bytes"
	_ "embed"
	"fmt"
	"html/template"
	"net/http"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"example.org/compute-pipeline/gohost"
	"example.org/compute-pipeline/gohost/cmd/pipeline/internal/serve/metrics"
	"example.org/compute-pipeline/gohost/cmd/pipeline/internal/serve/store"
	"example.org/compute-pipeline/gohost/plugin"
)

//go:embed page.html
var source string

var document = template.Must(template.New("page").Parse(source))

// Page serves the status page.
type Page struct {
	plugins   Plugins
	latencies *metrics.Latencies
	since     time.Time
}

// Plugins lists the plugins to show.
type Plugins interface{ List() []store.Status }

// New returns the page of the plugins.
func New(plugins Plugins, latencies *metrics.Latencies) *Page {
	return &Page{plugins: plugins, latencies: latencies, since: time.Now()}
}

// policy (Content Security Policy) allows only the page's own style: a plugin's error
// message stays text.
const policy = "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"

// ServeHTTP implements http.Handler.
func (p *Page) ServeHTTP(w http.ResponseWriter, _ *http.Request) {
	var out bytes.Buffer
	if err := document.Execute(&out, p.view(time.Now())); err != nil {
		panic(fmt.Errorf("the status page: %w", err)) // the server returns 500 and logs it
	}
	header := w.Header()
	header.Set("Content-Type", "text/html; charset=utf-8")
	header.Set("Content-Security-Policy", policy)
	header.Set("Referrer-Policy", "no-referrer")
	header.Set("Cache-Control", "no-store")
	_, _ = w.Write(out.Bytes()) // fails only if the client has disconnected
}

// view has the data of the template, as text.
type view struct {
	Now, Up string
	// Summary counts the plugins, and Silent those that do not serve.
	Summary string
	Silent  int
	Plugins []pluginView
}

// problemView is why a module was not loaded.
type problemView struct {
	Head    string   // which file, and when
	Reasons []string // one or more
}

// newProblem returns the view of a reason. Its beginning repeats what the page says, and a
// contract that is not met has several parts.
func newProblem(name, head, reason string) *problemView {
	reason = strings.TrimPrefix(reason, fmt.Sprintf("load of plugin %q: ", name))
	p := &problemView{Head: head, Reasons: strings.Split(reason, "; ")}
	contract := gohost.ErrContract.Error() + ": "
	if before, first, ok := strings.Cut(p.Reasons[0], contract); ok && len(p.Reasons) > 1 {
		p.Head, p.Reasons[0] = head+" "+before+contract, first
	}
	return p
}

type pluginView struct {
	Name string

	Breaker, BreakerUntil, LastError    string
	Degraded                            string
	LoadError                           *problemView
	LeftOut                             []*problemView
	Serves                              bool
	Calls, Running, Failed              string
	Traps, Limits, Refusals, GuestSays  string
	P50, P99                            string
	Instances, Memory, Fuel, RollbackTo string
	Versions                            []versionView
}

type versionView struct {
	Number, Hash, State, Grade         string
	Size, SignedBy                     string
	Loaded, Activated, Calls, Failures string
}

func (p *Page) view(now time.Time) view {
	v := view{Now: now.UTC().Format("2006-01-02 15:04:05 UTC"), Up: age(now.Sub(p.since))}
	latencies := p.latencies.Quantiles(now)
	for _, st := range p.plugins.List() {
		p := newPluginView(st, latencies[st.World.Label(st.Name)], now)
		if v.Plugins = append(v.Plugins, p); !p.Serves {
			v.Silent++
		}
	}
	v.Summary = fmt.Sprintf("%d plugins", len(v.Plugins))
	if len(v.Plugins) == 1 {
		v.Summary = "1 plugin"
	}
	if v.Silent > 0 {
		v.Summary += fmt.Sprintf(", %d not serving", v.Silent)
	}
	return v
}

func newPluginView(st store.Status, q metrics.Quantiles, now time.Time) pluginView {
	engine := st.Stats.Engine
	count := func(outcomes ...plugin.Outcome) string {
		var n uint64
		for _, o := range outcomes {
			n += st.Stats.Outcomes[o]
		}
		return number(n)
	}
	v := pluginView{
		Name: st.World.Label(st.Name), Breaker: string(st.Breaker.State), RollbackTo: short(st.RollbackTo),
		Calls: number(st.Stats.Calls), Running: number(uint64(max(st.Stats.Running, 0))), Failed: number(st.Stats.Failures()),
		Traps: count(plugin.OutcomeTrap), Limits: count(plugin.OutcomeLimit),
		Refusals: count(plugin.OutcomeBusy, plugin.OutcomeOpen), GuestSays: count(plugin.OutcomeGuest),
		P50: "–", P99: "–", Fuel: number(st.Stats.Fuel),
		Instances: fmt.Sprintf("%d of %d", engine.Instances, engine.MaxInstances), Memory: size(engine.MemoryBytes),
	}
	if q.Count > 0 {
		v.P50, v.P99 = duration(q.P50), duration(q.P99)
	}
	if st.Breaker.Last != nil {
		v.LastError = st.Breaker.Last.Error()
	}
	v.Serves, v.Degraded = st.Active.Hash != "", st.Degraded
	for _, f := range st.Failures {
		head := fmt.Sprintf("%s (%s), %s ago:", filepath.Base(f.File), short(f.SHA256), age(now.Sub(f.At)))
		v.LeftOut = append(v.LeftOut, newProblem(st.Name, head, f.Reason))
	}
	switch {
	case st.LoadError != nil:
		v.LoadError = newProblem(st.Name, age(now.Sub(st.LoadErrorAt))+" ago:", st.LoadError.Error())
	case st.Refusal != nil:
		v.LoadError = newProblem(st.Name, age(now.Sub(st.Refusal.At))+" ago:", st.Refusal.Reason)
	}
	if st.Breaker.State != plugin.BreakerClosed {
		v.BreakerUntil = "until " + st.Breaker.Until.UTC().Format("15:04:05")
	}
	for _, version := range st.Versions {
		v.Versions = append(v.Versions, newVersionView(version, now))
	}
	return v
}

func newVersionView(v plugin.Version, now time.Time) versionView {
	out := versionView{
		Number: strconv.Itoa(v.Number), Hash: short(v.Hash), State: string(v.State), Grade: string(v.Grade), Size: size(int64(v.Size)), SignedBy: v.SignedBy,
		Loaded: age(now.Sub(v.LoadedAt)) + " ago", Activated: "never", Calls: number(v.Stats.Calls), Failures: number(v.Stats.Failures()),
	}
	if !v.ActivatedAt.IsZero() {
		out.Activated = age(now.Sub(v.ActivatedAt)) + " ago"
	}
	if out.SignedBy == "" {
		out.SignedBy = "nobody"
	}
	if v.Size == 0 { // the embedded engine
		out.Size, out.SignedBy = "–", "built in"
	}
	return out
}

func short(hash string) string { return hash[:min(len(hash), 12)] }

// number formats a count with thousands separated.
func number(n uint64) string {
	digits := strconv.FormatUint(n, 10)
	for i := len(digits) - 3; i > 0; i -= 3 {
		digits = digits[:i] + "\u202f" + digits[i:]
	}
	return digits
}

func size(bytes int64) string {
	switch {
	case bytes >= 10<<20:
		return fmt.Sprintf("%d MiB", bytes>>20)
	case bytes >= 1<<10:
		return fmt.Sprintf("%d KiB", bytes>>10)
	default:
		return fmt.Sprintf("%d B", bytes)
	}
}

// duration formats a duration with two digits, or all digits before the decimal point.
func duration(d time.Duration) string {
	unit, name := time.Microsecond, "µs"
	switch {
	case d >= time.Second:
		unit, name = time.Second, "s"
	case d >= time.Millisecond:
		unit, name = time.Millisecond, "ms"
	}
	n := float64(d) / float64(unit)
	digits := 0
	if n < 10 {
		digits = 1
	}
	return strconv.FormatFloat(n, 'f', digits, 64) + "\u202f" + name
}

// age formats a time span in its one or two largest units.
func age(d time.Duration) string {
	d = max(d, 0).Round(time.Second)
	switch {
	case d < 2*time.Minute:
		return fmt.Sprintf("%d s", int(d.Seconds()))
	case d < 2*time.Hour:
		return fmt.Sprintf("%d min", int(d.Minutes()))
	case d < 48*time.Hour:
		return fmt.Sprintf("%d h", int(d.Hours()))
	default:
		return fmt.Sprintf("%d days", int(d.Hours()/24))
	}
}
