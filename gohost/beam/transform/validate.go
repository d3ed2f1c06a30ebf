package transform

import (
	"context"
	"errors"
	"fmt"
	"reflect"
	"slices"

	"github.com/apache/beam/sdks/v2/go/pkg/beam"
	"github.com/apache/beam/sdks/v2/go/pkg/beam/register"

	"example.org/compute-pipeline/gohost"
	"example.org/compute-pipeline/gohost/internal/epoch"
	"example.org/compute-pipeline/gohost/internal/window"
)

func init() {
	beam.RegisterType(reflect.TypeFor[Fault]())
	register.DoFn4x1[context.Context, Text, func(Group, []byte), func(Fault), error](&ValidateFn{})
	register.Emitter2[Group, []byte]()
	register.Emitter1[Fault]()
}

// Fault is what is wrong with a line, or with an array.
type Fault struct {
	File    string `json:"file"`
	Offset  int64  `json:"offset"` // in bytes, after decompression
	Message string `json:"message"`
}

func (f Fault) Error() string {
	return fmt.Sprintf("%s: byte offset %d: %s", f.File, f.Offset, f.Message)
}

// Validate parses PCollection<Text>, as gohost.Engine.ValidateStream does. It returns the points,
// PCollection<KV<Group, []byte>> with packed points, and the faults, PCollection<Fault>: one for
// each line with a fault, or for each array. Nothing is lost: each line that is not empty gives a
// point or a fault. It panics if f is invalid.
func Validate(s beam.Scope, f ValidateFn, texts beam.PCollection) (points, faults beam.PCollection) {
	s = s.Scope("transform.Validate")
	must(f.Check())
	return beam.ParDo2(s, &f, texts)
}

// ValidateFn is the DoFn of [Validate].
type ValidateFn struct {
	Engine Engine `json:"engine"`
	Format Format `json:"format"`
	// Unit is that of the timestamps: s, ms, us or ns. The default is s.
	Unit string `json:"unit,omitempty"`
	// Window is the length of the windows, in UTC: 1h, 1d, 7d (from Monday), 1mo or all. The
	// default is all. They are those of `pipeline run`.
	Window string `json:"window,omitempty"`
	// KeyFile makes the name of the file the key of the points, and KeyField the member of each
	// object with that name, which must be a string, a number or a literal. Without both, the key
	// is empty. KeyField needs JSONLines.
	KeyFile  bool   `json:"key_file,omitempty"`
	KeyField string `json:"key_field,omitempty"`

	shared *shared
	joined []byte
	points []gohost.Datapoint
}

// Check returns an error that wraps gohost.ErrInvalidInput if a field is invalid.
func (f *ValidateFn) Check() error {
	refused := func(format string, args ...any) error {
		return fmt.Errorf("%w: transform.ValidateFn: %s", gohost.ErrInvalidInput, fmt.Sprintf(format, args...))
	}
	switch {
	case !slices.Contains([]string{"", "s", "ms", "us", "ns"}, f.Unit):
		return refused("Unit %q: expected s, ms, us or ns", f.Unit)
	case !slices.Contains([]string{"", "1h", "1d", "7d", "1mo", "all"}, f.Window):
		return refused("Window %q: expected 1h, 1d, 7d, 1mo or all", f.Window)
	case f.KeyFile && f.KeyField != "":
		return refused("KeyFile and KeyField exclude each other")
	case f.KeyField != "" && f.Format != JSONLines:
		return refused("KeyField needs the format %q", JSONLines)
	default:
		return errors.Join(f.Format.Check(), f.Engine.Check())
	}
}

// Setup opens the engine, or takes the one that the process has.
func (f *ValidateFn) Setup(ctx context.Context) (err error) {
	f.shared, err = acquire(ctx, f.Engine)
	return err
}

// Teardown gives the engine back.
func (f *ValidateFn) Teardown(ctx context.Context) error {
	engine := f.shared
	f.shared = nil
	return engine.release(ctx)
}

// ProcessElement emits the points of a text, a batch for each group, and its faults. Its error is
// one of the engine, not of the text.
func (f *ValidateFn) ProcessElement(ctx context.Context, text Text, points func(Group, []byte), faults func(Fault)) error {
	g := &grouping{fn: f, text: text, faults: faults, batches: map[Group][]byte{}}
	parse := g.lines
	if f.Format == JSON {
		parse = g.array
	}
	if err := parse(ctx); err != nil {
		return fmt.Errorf("%s: byte offset %d: %w", text.File, text.Offset, err)
	}
	for _, group := range g.order {
		points(group, g.batches[group])
	}
	return nil
}

// A grouping divides the points of a text into groups.
type grouping struct {
	fn      *ValidateFn
	text    Text
	faults  func(Fault)
	batches map[Group][]byte
	order   []Group // of batches

	// The last group, its window, and its batch if that is not in batches yet.
	last    Group
	lo, hi  int64
	current []byte
}

// array parses a text that is one array.
func (g *grouping) array(ctx context.Context) error {
	points, fault, err := g.fn.check(ctx, g.text.Data)
	if err != nil {
		return err
	}
	if fault != nil {
		g.fault(fault.at, fault.message)
		return nil
	}
	for _, p := range points {
		g.add(p, 0, nil)
	}
	g.flush()
	return nil
}

// lines parses a text of lines: all in one call, or if that fails each alone.
func (g *grouping) lines(ctx context.Context) error {
	lines := linesOf(g.text.Data)
	points, err := g.fn.joinedLines(ctx, lines)
	if err != nil {
		return err
	}
	if points != nil {
		for i, p := range points {
			g.add(p, lines[i].offset, lines[i].value)
		}
		g.flush()
		return nil
	}
	for _, line := range lines {
		p, fault, err := g.fn.oneLine(ctx, line.value)
		if err != nil {
			return err
		}
		if fault != nil {
			g.fault(line.offset+fault.at, fault.message)
			continue
		}
		g.add(p, line.offset, line.value)
	}
	g.flush()
	return nil
}

func (g *grouping) fault(at int, message string) {
	g.faults(Fault{File: g.text.File, Offset: g.text.Offset + int64(at), Message: message})
}

// add adds a point of a line, which is nil for one of an array.
func (g *grouping) add(p gohost.Datapoint, at int, line []byte) {
	f := g.fn
	unit := epoch.Unit(f.Unit)
	if !unit.Valid(p.Timestamp) {
		g.fault(at, unit.Explain(p.Timestamp))
		return
	}
	var key string
	switch {
	case f.KeyFile:
		key = g.text.File
	case f.KeyField != "":
		var err error
		if key, err = field(line, f.KeyField); err != nil {
			g.fault(at, err.Error())
			return
		}
	}
	second := int64(p.Timestamp / unit.PerSecond())
	if g.current == nil || g.last.Key != key || second < g.lo || second >= g.hi {
		g.flush()
		w := window.Window(f.Window)
		if w == "" {
			w = window.All
		}
		g.lo, g.hi = w.Bounds(second)
		g.last = Group{Key: key, Start: g.lo}
		batch, ok := g.batches[g.last]
		if !ok {
			g.order = append(g.order, g.last)
		}
		g.current = batch
	}
	g.current = Pack(g.current, p)
}

// flush puts the last group's batch where the others are.
func (g *grouping) flush() {
	if g.current != nil {
		g.batches[g.last] = g.current
		g.current = nil
	}
}
