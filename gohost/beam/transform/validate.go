package transform

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"reflect"
	"slices"

	"github.com/apache/beam/sdks/v2/go/pkg/beam"
	"github.com/apache/beam/sdks/v2/go/pkg/beam/register"

	"example.org/compute-pipeline/gohost"
	"example.org/compute-pipeline/gohost/input"
	"example.org/compute-pipeline/gohost/internal/epoch"
	"example.org/compute-pipeline/gohost/window"
)

func init() {
	beam.RegisterType(reflect.TypeFor[Fault]())
	register.DoFn4x1[context.Context, Text, func(Group, []byte), func(Fault), error](&ValidateFn{})
	register.Emitter2[Group, []byte]()
	register.Emitter1[Fault]()
}

// Fault is what is wrong with a record, an array or a header.
type Fault struct {
	File    string `json:"file"`
	Offset  int64  `json:"offset"` // in bytes, after decompression
	Message string `json:"message"`
}

func (f Fault) Error() string {
	return fmt.Sprintf("%s: byte offset %d: %s", f.File, f.Offset, f.Message)
}

// Validate parses PCollection<Text>, as `pipeline run` does. It returns the points,
// PCollection<KV<Group, []byte>> with packed points, and the faults, PCollection<Fault>: one for
// each record with a fault, for each array, and for each file of CSV without the columns. Nothing is
// lost: each record gives a point or a fault. It panics if f is invalid.
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
	// TimeColumn and ValueColumn name columns of CSV. The default are columns with common names.
	TimeColumn  string `json:"time_column,omitempty"`
	ValueColumn string `json:"value_column,omitempty"`
	// KeyFile makes the name of the file the key of the points. KeyField is the column of CSV or the
	// member of each object that has the key; a member must be a string, a number or a literal.
	// Without both, the key is empty. KeyField needs CSV or JSONLines.
	KeyFile  bool   `json:"key_file,omitempty"`
	KeyField string `json:"key_field,omitempty"`

	shared *shared
	parser *input.Parser
	header string // of the parser
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
	case f.KeyField != "" && f.Format != JSONLines && f.Format != CSV:
		return refused("KeyField needs the format %s or %s", JSONLines, CSV)
	case f.TimeColumn+f.ValueColumn != "" && f.Format != CSV:
		return refused("TimeColumn and ValueColumn need the format %s", CSV)
	default:
		return errors.Join(checkFormat(f.Format), f.Engine.Check())
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
	f.shared, f.parser = nil, nil
	return engine.release(ctx)
}

// ProcessElement emits the points of a text, a batch for each group, and its faults. Its error is
// one of the engine, not of the text.
func (f *ValidateFn) ProcessElement(ctx context.Context, text Text, points func(Group, []byte), faults func(Fault)) error {
	fault := func(at int64, message string) { faults(Fault{File: text.File, Offset: at, Message: message}) }
	parser, err := f.parserOf(text)
	if data := (*input.DataError)(nil); errors.As(err, &data) {
		if text.Offset == 0 { // once for each file
			fault(0, data.Error())
		}
		return nil
	}
	if errors.Is(err, input.ErrEmpty) {
		return nil
	}
	if err != nil {
		return err
	}
	windows, err := window.Parse(cmp.Or(f.Window, "all"), nil)
	if err != nil {
		return err
	}
	grid, err := windows.Grid(window.Clock{Unit: epoch.Unit(f.Unit)})
	if err != nil {
		return err
	}
	g := &grouping{fn: f, grid: grid, file: text.File, batches: map[Group][]byte{}}
	skip := parser.Skip(text.Data, text.Offset)
	err = parser.Parse(ctx, text.Data[skip:], g.add, func(at int, message string) {
		fault(text.Offset+int64(skip+at), message)
	})
	if err != nil {
		return fmt.Errorf("%s: byte offset %d: %w", text.File, text.Offset, err)
	}
	g.flush()
	for _, group := range g.order {
		points(group, g.batches[group])
	}
	return nil
}

// optionNames are how messages name the options: as in JSON, and as the flags of pipeline-beam.
var optionNames = input.Names{Format: "format", Time: "time_column", Values: "value_column", Keys: "key_field"}

// named returns a list of a name, or of none.
func named(name string) []string {
	if name == "" {
		return nil
	}
	return []string{name}
}

// parserOf returns a parser of the file of a text. That of the last text serves files with the same
// header.
func (f *ValidateFn) parserOf(text Text) (*input.Parser, error) {
	if f.parser == nil || string(text.Header) != f.header {
		parser, err := input.NewParser(text.Header, input.Options{
			Format: f.Format, Validate: f.shared.AppendValidated, Unit: input.Unit(f.Unit),
			Time: f.TimeColumn, Values: named(f.ValueColumn), Keys: named(f.KeyField), Names: optionNames,
		})
		if err != nil {
			return nil, err
		}
		f.parser, f.header = parser, string(text.Header)
	}
	f.parser.RowsAreLines = !text.CellNewlines
	return f.parser, nil
}

// A grouping divides the points of a text into groups.
type grouping struct {
	fn      *ValidateFn
	file    string
	batches map[Group][]byte
	order   []Group // of batches

	// The last group, its window, and its batch if that is not in batches yet.
	last    Group
	grid    *window.Grid
	span    window.Span // of the current batch
	current []byte
}

// add adds a point, whose timestamp is valid.
func (g *grouping) add(p gohost.Datapoint, key []byte) {
	f := g.fn
	if g.current == nil || p.Timestamp < g.span.Start || p.Timestamp > g.span.Last || !f.KeyFile && string(key) != g.last.Key {
		g.flush()
		g.span = g.grid.Span(p.Timestamp)
		g.last = Group{Key: g.file}
		if !g.grid.Spec().IsAll() {
			start, _ := g.grid.Times(g.span)
			g.last.Start = start.Unix()
		}
		if !f.KeyFile {
			g.last.Key = string(key)
		}
		batch, ok := g.batches[g.last]
		if !ok {
			g.order = append(g.order, g.last)
		}
		g.current = batch
	}
	g.current = gohost.AppendPacked(g.current, p)
}

// flush puts the last group's batch where the others are.
func (g *grouping) flush() {
	if g.current != nil {
		g.batches[g.last] = g.current
		g.current = nil
	}
}
