package main

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"sync"
	"time"

	"example.org/compute-pipeline/gohost/cmd/pipeline/internal/atomicfile"
	"example.org/compute-pipeline/gohost/cmd/pipeline/internal/checkpoint"
	"example.org/compute-pipeline/gohost/cmd/pipeline/internal/sources"
	"example.org/compute-pipeline/gohost/input"
	"example.org/compute-pipeline/gohost/internal/report"
	"example.org/compute-pipeline/gohost/stream"
	"example.org/compute-pipeline/gohost/window"
)

// A following is a run that prints windows as they close.
type following struct {
	*runCommand
	engine *runEngine
	status *followStatus
	files  atomicfile.System
	now    func() time.Time

	mu     sync.Mutex // for the fields below: checkpoints are saved while no points come as well
	op     *stream.Operator[window.Summary]
	out    *report.Stream
	late   *lateFile // nil without --late
	taking *followTaking
	points streamed
	edges  edges
	tail   *sources.Tail // nil if the input is no file
	mark   mark
	format input.Format
	saved  time.Time
	dirty  bool // there were points since the last checkpoint
	quiet  quiet
	ended  map[string]bool // of several inputs, those that are no longer waited for
}

// A mark is how far the input was taken, and what belongs to that.
type mark struct {
	at                input.Position
	counts            input.Counts
	late, quarantined int64 // sizes of the files
}

// saveEvery is how often a checkpoint is saved while points come.
const saveEvery = time.Second

// checkFollow rejects options that do not go together.
func (c *runCommand) checkFollow() error {
	if !c.Follow {
		if c.Checkpoint != "" || c.Late != "" || c.Disorder != 0 || c.Lateness != 0 || c.IdleTimeout != 0 {
			return badUse("--checkpoint, --late, --disorder, --lateness and --idle-timeout need --follow")
		}
		return nil
	}
	if names := slices.Sorted(slices.Values(c.inputs())); len(slices.Compact(names)) < 1+len(c.More) {
		return badUse("an input is named twice")
	}
	switch {
	case c.Explain:
		return badUse("--explain looks at the beginning of files; it cannot be used with --follow")
	case c.Normalize || c.Plot != "":
		return badUse("--follow cannot be used with --normalize or --plot, which need the whole input")
	case c.Compression != input.AnyCompression && c.Compression != input.NoCompression:
		return badUse("--follow reads no compressed input; decompress it before: zcat FILE | pipeline run --follow -")
	case c.Disorder < 0 || c.Lateness < 0 || c.IdleTimeout < 0:
		return badUse("--disorder, --lateness and --idle-timeout cannot be negative")
	case c.Format == input.Parquet || c.Format == input.Arrow:
		return badUse("--follow reads text or packed points, not --format %s", c.Format)
	case c.Checkpoint != "" && len(c.More) > 0:
		return badUse("--checkpoint needs one file: it has one position")
	case c.Checkpoint != "" && (c.File == "-" || isSocket(c.File)):
		return badUse("--checkpoint needs a file, which can be read again from any position")
	case c.Checkpoint != "" && c.Format == input.JSON:
		return badUse("--checkpoint needs --format ndjson, csv or packed: a JSON array cannot be read from the middle")
	}
	return nil
}

func isSocket(name string) bool {
	return strings.HasPrefix(name, "tcp:") || strings.HasPrefix(name, "unix:")
}

// units returns a duration in the unit of the timestamps, rounded up.
func (c *runCommand) units(d time.Duration) uint64 {
	nanoseconds := 1e9 / c.Unit.PerSecond()
	return (uint64(d) + nanoseconds - 1) / nanoseconds
}

func (c *runCommand) follow(ctx context.Context, engine *runEngine, std streams) error {
	if !engine.HasSummary() {
		return fmt.Errorf("%s: --follow needs a module that exports the summary interface", c.Module)
	}
	f := &following{runCommand: c, engine: engine, status: newFollowStatus(std.err, c), files: atomicfile.OS{}, now: time.Now}
	return f.run(ctx, std)
}

func (f *following) run(ctx context.Context, std streams) (err error) {
	if err := f.checkFiles(std.in); err != nil {
		return err
	}
	if f.Checkpoint != "" {
		lock, err := checkpoint.Acquire(f.Checkpoint)
		if err != nil {
			return fmt.Errorf("--checkpoint: %w", plainPathError(err))
		}
		// What is left if this fails is locked by nobody.
		defer func() { _ = lock.Release() }()
	}
	f.points.runCommand = f.runCommand
	f.mu.Lock()
	f.ended = map[string]bool{}
	f.taking = newFollowTaking(f.Bad)
	from, err := f.open(context.WithoutCancel(ctx))
	if err == nil {
		defer f.op.Close()
		f.out = report.NewStream(std.out, f.Output, f.head(), f.op.Stats().Results > 0)
		f.quiet.heard(f.now(), f.op.Stats().Watermark)
		defer func() { err = f.closeAppended(err) }()
		err = f.openAppended(from, std.err)
	}
	f.mu.Unlock()
	if err != nil {
		return err
	}
	reading, stop := context.WithCancelCause(ctx)
	defer stop(nil)
	done := make(chan struct{})
	var running sync.WaitGroup
	running.Go(func() { f.watch(done, stop) })
	err = f.readAll(reading, std.in, from.Place)
	close(done)
	running.Wait()
	if ctx.Err() == nil && reading.Err() != nil {
		err = context.Cause(reading)
	}
	return f.end(ctx, err)
}

// open makes the operator, as the checkpoint says if there is one, which it returns.
func (f *following) open(ctx context.Context) (from checkpoint.Checkpoint, err error) {
	opts := append(f.points.options(),
		stream.WithDisorder(f.units(f.Disorder)),
		stream.WithLateness(f.units(f.Lateness)))
	if f.Late != "" {
		opts = append(opts, stream.WithLate(f.addLate))
	}
	if len(f.More) > 0 {
		opts = append(opts, stream.WithSources(f.inputs()...))
		if f.IdleTimeout > 0 {
			opts = append(opts, stream.WithIdle(f.IdleTimeout, f.now))
		}
	}
	windows, engine := f.grid.Windows(), f.points.summaries(f.engine)
	if f.Checkpoint == "" {
		f.op, err = stream.New(engine, windows, opts...)
		return from, err
	}
	label, err := f.label()
	if err != nil {
		return from, err
	}
	opts = append(opts, stream.WithLabel(label))
	from, found, err := checkpoint.Read(f.Checkpoint)
	if err != nil {
		return from, plainPathError(err)
	}
	if !found {
		f.op, err = stream.New(engine, windows, opts...)
		return from, err
	}
	f.op, err = stream.Restore(ctx, engine, windows, from.Snapshot, opts...)
	if err != nil {
		return from, fmt.Errorf("%s: %w", f.Checkpoint, err)
	}
	f.format = from.Format
	f.taking.goOn(from.Counts)
	f.status.continued(f.op.Stats())
	return from, nil
}

// head says what the results are of.
func (f *following) head() report.Head {
	head := report.Head{Window: f.windows, Statistics: f.statistics, By: f.keyNames()}
	if len(f.ValueColumn) > 1 {
		head.Columns = f.ValueColumn
	}
	return head
}

// label identifies what a snapshot is of. The states of the embedded engine are those of its contract.
func (f *following) label() (string, error) {
	engine := "org:compute-pipeline/summary@0.1.0"
	if f.Module != "" {
		wasm, err := readRegular(f.Module)
		if err != nil {
			return "", err
		}
		engine = fmt.Sprintf("module %x", sha256.Sum256(wasm))
	}
	label := fmt.Sprintf("unit %s, ", f.Unit)
	named := func(what string, names ...string) {
		for _, name := range names {
			if name != "" {
				label += fmt.Sprintf("%s %q, ", what, name)
			}
		}
	}
	named("time", f.TimeColumn)
	named("value", f.ValueColumn...)
	named("key", f.GroupBy)
	if f.Missing == string(input.MissingSkip) {
		label += "missing values skipped, "
	}
	named("missing", f.MissingText...)
	if f.statistics.NeedsEnds() {
		label += "with first and last values, "
	}
	if len(f.statistics.Quantiles()) > 0 {
		label += "with all values, "
	}
	for _, option := range []struct {
		what string
		used bool
		text any
	}{
		{"times", f.TimeFormat != "", f.TimeFormat},
		{"zone", f.TZ.Location != nil, f.TZ.Location},
		{"zone", f.AssumeUTC, "UTC"},
		{"decimal", f.Decimal != 0, f.Decimal},
		{"thousands", f.Thousands != 0, f.Thousands},
		{"comment", f.Comment != 0, f.Comment},
	} {
		if option.used {
			label += fmt.Sprintf("%s %v, ", option.what, option.text)
		}
	}
	return label + engine, nil
}

// push takes all points of a piece, even if the context ends meanwhile: a checkpoint is of whole pieces.
func (f *following) push(ctx context.Context, name string, p *input.Piece) error {
	points, fault := f.points.of(p)
	n, err := f.op.PushFrom(ctx, f.source(name), points, f.print)
	if err != nil {
		err = f.atLimit(p, n, err)
	}
	if flushErr := f.late.flush(); flushErr != nil {
		err = errors.Join(err, fmt.Errorf("--late: %w", plainPathError(flushErr)))
	}
	if err = errors.Join(err, f.taking.flush(), fault); err != nil {
		f.tail = nil // a part of the piece has been taken, so this is the end of checkpoints
		return err
	}
	f.reached(p.End())
	f.dirty = true
	f.quiet.heard(f.now(), f.op.Stats().Watermark)
	f.status.update(f.op.Stats(), f.mark.counts)
	if time.Since(f.saved) >= saveEvery {
		return f.save()
	}
	return nil
}

// reached notes how far the input was taken.
func (f *following) reached(at input.Position) {
	f.mark = mark{at: at, counts: f.taking.counts, quarantined: f.taking.size()}
	if f.late != nil {
		f.mark.late = f.late.size
	}
}

func (f *following) print(r stream.Result[window.Summary]) error {
	row, err := f.points.row(r)
	if err != nil {
		return err
	}
	f.edges.see(&row, f.grid)
	if err := f.out.Write(&row, r.Revision); err != nil {
		return fmt.Errorf("writing the result: %w", err)
	}
	return nil
}

// save writes the checkpoint, if points came since the last one.
func (f *following) save() error {
	if f.Checkpoint == "" || !f.dirty || f.tail == nil {
		return nil
	}
	snapshot, err := f.op.Snapshot(context.Background())
	if err != nil {
		return err
	}
	place, err := f.tail.Place(f.mark.at)
	if errors.Is(err, io.ErrUnexpectedEOF) {
		return nil // the file was cut off, and what is written to it now is another one
	}
	if err != nil {
		return fmt.Errorf("%s: %w", f.File, plainReadError(err))
	}
	appended, err := f.appendedPlaces()
	if err != nil {
		return err
	}
	now := checkpoint.Checkpoint{Place: place, Format: f.format, Snapshot: snapshot, Counts: f.mark.counts, Appended: appended}
	if err := checkpoint.Write(f.files, f.Checkpoint, now); err != nil {
		return fmt.Errorf("checkpoint %s: %w", f.Checkpoint, plainReadError(err))
	}
	f.saved, f.dirty = time.Now(), false
	return nil
}

// end prints what the end of the input leaves, and says what was printed.
func (f *following) end(ctx context.Context, err error) error {
	if err == nil {
		err = f.op.Finish(context.WithoutCancel(ctx), f.print)
	}
	saved := f.Checkpoint
	if f.dirty {
		saved = "" // at most an earlier one
	}
	f.status.end(f.op.Stats(), err, context.Cause(ctx), saved)
	noteCounts(f.status.out, f.taking.counts)
	f.edges.note(f.status.out)
	return err
}
