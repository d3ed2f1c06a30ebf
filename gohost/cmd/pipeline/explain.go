package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"os"
	"strings"

	"example.org/compute-pipeline/gohost"
	"example.org/compute-pipeline/gohost/cmd/pipeline/internal/sources"
	"example.org/compute-pipeline/gohost/input"
	"example.org/compute-pipeline/gohost/internal/report"
	"example.org/compute-pipeline/gohost/window"
)

// mostExplained is how much of the input --explain looks at, in bytes after decompression.
const mostExplained = 4 << 20

// errEnough ends the reading of --explain.
var errEnough = errors.New("enough is read")

// A fact is a line of --explain.
type fact struct {
	What  string `json:"what"`
	Value string `json:"value"`
	Why   string `json:"why,omitempty"`
}

// explaining is what the beginning of an input tells.
type explaining struct {
	run    *runCommand
	engine *runEngine
	reader *input.Reader // the first

	unitGiven bool

	points      int
	ordered     int // points that are not before the one before
	first, last uint64
	bytes       int64 // of pieces
	windows     map[keyedSpan]struct{}
	keys        map[string]struct{}
	spans       []window.Span
	table       *window.Table // of the windows, for its size; nil if they are in none
}

type keyedSpan struct {
	key    string
	column int
	span   window.Span
}

// explain prints what is guessed of the input, and what a run would cost. It reads the beginning of the
// first file with records.
func (c *runCommand) explain(ctx context.Context, engine *runEngine, std streams) (err error) {
	set, err := c.findInputs(std.in)
	if err != nil {
		return err
	}
	e := &explaining{run: c, engine: engine, windows: map[keyedSpan]struct{}{}, keys: map[string]struct{}{}}
	how := sources.Reading{Options: c.keyedOptions(engine), InOrder: true, Read: e.read}
	how.Options.PieceSize = input.DefaultPieceSize
	how.Begin = func(r *input.Reader) error {
		e.reader = r
		err := c.openGrid(window.Clock{Unit: r.Unit(), Origin: r.Origin()})
		if err == nil && engine.HasSummary() && !c.Normalize && !c.windows.Sessions() {
			options := c.tableOptions(engine)
			options.Memory = math.MaxInt64 // so little is not written
			e.table = window.NewTable(engine.Engine, c.grid, options)
		}
		return err
	}
	defer func() {
		if e.table != nil {
			err = errors.Join(err, e.table.Close())
		}
	}()
	e.unitGiven = c.Unit != input.AutoUnit
	quiet := std // what it would note is among the facts
	quiet.err = io.Discard
	err = c.readInputs(ctx, set, quiet, how)
	whole := err == nil
	if err != nil && !errors.Is(err, errEnough) {
		return err
	}
	facts := append(e.input(set), e.cost(set, engine, whole)...)
	if c.Output == "json" {
		out := json.NewEncoder(std.out)
		out.SetIndent("", "  ")
		return out.Encode(map[string]any{"explain": facts})
	}
	return writeFacts(std.out, facts)
}

func writeFacts(out io.Writer, facts []fact) error {
	var text strings.Builder
	for _, f := range facts {
		fmt.Fprintf(&text, "%-12s  %s", f.What, f.Value)
		if f.Why != "" {
			fmt.Fprintf(&text, "  (%s)", f.Why)
		}
		text.WriteByte('\n')
	}
	_, err := io.WriteString(out, text.String())
	return err
}

// read looks at pieces until it has seen enough.
func (e *explaining) read(ctx context.Context, r *input.Reader, pieces int) error {
	return input.Each(ctx, r, pieces, nothing, func(p *input.Piece, _ struct{}) error {
		for i, point := range p.Points {
			if !e.run.grid.Valid(point.Timestamp) {
				return &input.DataError{Position: p.Locate(i), Message: r.Unit().Explain(point.Timestamp)}
			}
			e.see(point, p.Key(i), p.Column(i))
		}
		if err := e.add(ctx, p); err != nil {
			return err
		}
		if e.bytes += input.DefaultPieceSize; e.bytes >= mostExplained {
			return errEnough
		}
		return nil
	})
}

// add adds the points of a piece to their windows.
func (e *explaining) add(ctx context.Context, p *input.Piece) error {
	switch {
	case e.table == nil:
		return nil
	case e.run.labelled():
		return e.table.Add(ctx, p.Points, p)
	}
	return e.table.Add(ctx, p.Points, nil)
}

func (e *explaining) see(point gohost.Datapoint, key []byte, column int) {
	at := point.Timestamp
	if e.points == 0 {
		e.first, e.last = at, at
	}
	if at >= e.last {
		e.ordered++
	}
	e.points++
	e.first, e.last = min(e.first, at), max(e.last, at)
	if e.run.GroupBy != "" {
		e.keys[string(key)] = struct{}{}
	}
	if e.run.grid.Spec().Sessions() {
		return
	}
	e.spans = e.run.grid.AppendSpans(e.spans[:0], at)
	for _, span := range e.spans {
		e.windows[keyedSpan{string(key), column, span}] = struct{}{}
	}
}

// input returns what is known of the input.
func (e *explaining) input(set *sources.Set) []fact {
	c := e.run
	files := fact{What: "input", Value: set.Name()}
	if size := set.Size(); size >= 0 {
		files.Value += ", " + bytesText(size)
	}
	facts := []fact{files}
	chosen := func(what, value string, given bool, flag, why string) {
		if given {
			why = flag
		}
		facts = append(facts, fact{what, value, why})
	}
	format := string(e.reader.Format)
	if e.reader.Format == input.Columns {
		format = "Parquet or Arrow IPC"
	}
	chosen("format", format, c.Format != input.Auto, "--format", "from the first bytes")
	compression := c.Compression
	if compression == input.AnyCompression {
		compression = sniffed(set.Names()[0])
	}
	if compression != "" {
		chosen("compression", string(compression), c.Compression != input.AnyCompression, "--compression", "from the first bytes")
	}
	if name := e.reader.TimeName(); name != "" {
		chosen("time", name, c.TimeColumn != "", "--time-column", "a column with a common name")
	}
	if names := e.reader.ValueNames(); len(names) > 0 {
		chosen("value", strings.Join(names, ", "), c.ValueColumn != nil, "--value-column", "a column with a common name, or the only one")
	}
	if c.GroupBy != "" {
		facts = append(facts, fact{"key", c.GroupBy, "--group-by"})
	}
	unit := fact{"unit", string(e.reader.Unit()), "--unit"}
	if !e.unitGiven {
		unit.Why = "of the times, which have no numbers that tell another one"
	}
	for _, guess := range e.reader.Guesses() {
		if guess.What == unit.What {
			unit = factOf(guess)
			continue
		}
		hint := factOf(guess)
		if hint.What == "key" {
			hint.What = "no key" // a column that could be one
		}
		facts = append(facts, hint)
	}
	return append(facts, unit, fact{"windows", fmt.Sprintf("%s, in %s", c.windows, c.windows.Zone()), "--window"}, e.statistics())
}

func (e *explaining) statistics() fact {
	var names []string
	for _, s := range e.run.statistics.List() {
		names = append(names, s.String())
	}
	return fact{What: "statistics", Value: strings.Join(names, ", ")}
}

func factOf(g input.Guess) fact { return fact{g.What, g.Value, g.Why} }

// cost returns what a run would need.
func (e *explaining) cost(set *sources.Set, engine *runEngine, whole bool) []fact {
	c := e.run
	part := "in the first " + bytesText(mostExplained)
	if whole {
		part = "in all of it"
	}
	clock := c.grid.Clock()
	if e.points == 0 {
		return []fact{{"points", "none", part}}
	}
	facts := []fact{{"times", fmt.Sprintf("%s to %s", report.Time(clock.Time(e.first)), report.Time(clock.Time(e.last))), part}}
	factor := 1.0
	if !whole {
		factor = math.NaN()
		switch total, records := set.Size(), e.reader.Records(); {
		case records >= 0 && set.Len() == 1:
			factor = math.Max(1, float64(records)*float64(max(1, len(e.reader.ValueNames())))/float64(e.points))
		case e.reader.Format == input.Columns: // whose size tells little
		case total >= 0 && e.bytes > 0:
			// A compressed input has fewer bytes; what is read ahead is not looked at.
			factor = math.Max(1, float64(total)/float64(min(set.Done(), e.bytes)))
		}
	}
	facts = append(facts, fact{"points", estimate(e.points, factor), part})
	if c.GroupBy != "" {
		value := count(uint64(len(e.keys)), "value")
		if !whole {
			value += " or more"
		}
		facts = append(facts, fact{"keys", value, part})
	}
	switch ordered := e.ordered*100 >= e.points*99; {
	case c.grid.Spec().Sessions():
	case whole || ordered:
		facts = append(facts, fact{"rows", estimate(len(e.windows), factor), "if the times go on as they begin"})
	default:
		facts = append(facts, fact{"rows", estimate(len(e.windows), 1) + " or more", "the times are not in order, so the beginning does not tell"})
	}
	if whole {
		facts[len(facts)-1].Why = ""
	}
	memory := fmt.Sprintf("%d pieces of %s; the engine up to %d MiB, in %d instances", 2*c.pieces(), bytesText(input.DefaultPieceSize), c.Memory, c.pieces())
	switch {
	case c.Normalize:
		memory = "the whole input"
	case !engine.HasSummary():
		memory += "; the whole input, since the module has no summary interface"
	case e.table != nil:
		memory += "; " + e.windowsMemory(factor)
	}
	return append(facts, fact{"memory", memory, "--memory, --parallel"})
}

// windowsMemory says what the windows need, and what is written to a file.
func (e *explaining) windowsMemory(factor float64) string {
	most, dir := e.run.tableOptions(e.engine).Memory, e.run.SpillDir
	if dir == "" {
		dir = os.TempDir()
	}
	const few = 10_000 // of fewer windows memory is mostly what is kept free
	need := float64(e.table.Stats().Memory) * factor
	switch {
	case len(e.windows) < few && len(e.run.statistics.Quantiles()) == 0 || math.IsNaN(need):
		return fmt.Sprintf("windows up to %s, more in a file in %s", bytesText(most), dir)
	case need <= float64(most):
		return fmt.Sprintf("windows about %s; more than %s would go to a file in %s", roughBytes(need), bytesText(most), dir)
	}
	return fmt.Sprintf("windows about %s, of which all but %s go to a file in %s, and are read back at the end", roughBytes(need), bytesText(most), dir)
}

// roughBytes returns a size with two digits.
func roughBytes(n float64) string {
	digits := math.Pow(2, math.Max(math.Floor(math.Log2(n))-3, 0))
	return bytesText(int64(math.Round(n/digits) * digits))
}

// estimate returns a number, or about how many there are in all.
func estimate(n int, factor float64) string {
	switch {
	case factor == 1:
		return grouped(uint64(n))
	case math.IsNaN(factor):
		return grouped(uint64(n)) + " or more"
	}
	all := float64(n) * factor
	digits := math.Pow(10, math.Max(math.Floor(math.Log10(all))-1, 0))
	return "about " + grouped(uint64(math.Round(all/digits)*digits))
}

// sniffed returns the compression of a file, or nothing if that cannot be seen before it is read.
func sniffed(name string) input.Compression {
	info, err := os.Stat(name)
	if name == "-" || err != nil || !info.Mode().IsRegular() {
		return ""
	}
	file, err := os.Open(name)
	if err != nil {
		return ""
	}
	defer file.Close()
	head := make([]byte, 10)
	n, err := io.ReadFull(file, head)
	if err != nil && !errors.Is(err, io.ErrUnexpectedEOF) {
		return ""
	}
	return input.SniffCompression(head[:n])
}

// bytesText returns a size in a unit that is easy to read.
func bytesText(n int64) string {
	units := []string{"B", "KiB", "MiB", "GiB", "TiB"}
	v, i := float64(n), 0
	for v >= 1024 && i < len(units)-1 {
		v /= 1024
		i++
	}
	if v == math.Trunc(v) {
		return fmt.Sprintf("%.0f %s", v, units[i])
	}
	return fmt.Sprintf("%.1f %s", v, units[i])
}
