package main

import (
	"context"
	"fmt"
	"iter"
	"strings"
	"time"

	"example.org/compute-pipeline/gohost"
	"example.org/compute-pipeline/gohost/cmd/pipeline/internal/atomicfile"
	"example.org/compute-pipeline/gohost/cmd/pipeline/internal/chart"
	"example.org/compute-pipeline/gohost/cmd/pipeline/internal/spool"
	"example.org/compute-pipeline/gohost/grade"
	"example.org/compute-pipeline/gohost/input"
	"example.org/compute-pipeline/gohost/internal/regular"
	"example.org/compute-pipeline/gohost/internal/report"
	"example.org/compute-pipeline/gohost/window"
)

type runCommand struct {
	inputFlags
	databaseFlags
	More []string `arg:"" optional:"" name:"more" help:"More of them; the result does not depend on their order. With --follow, a window closes when all have passed it."`

	Window      string        `group:"Computation" short:"w" default:"1d" complete:"15m,1h,6h,1d,1w,1mo,1y,all" help:"Time window: a number with ms, s, m, h, d, w, mo or y (15m, 6h, 1d, 1w), all, a sliding window (6h/1h) or session:30m (default ${default})."`
	GroupBy     string        `group:"Computation" placeholder:"NAME[,NAME]" help:"Windows of each value of a column of CSV, a field of JSON or a tag of line protocol, or of each combination of several."`
	MaxKeys     int           `group:"Computation" default:"-1" placeholder:"N" help:"Max number of such values, with --follow at a time (default: no limit; with --follow 1048576)."`
	SpillDir    string        `group:"Computation" placeholder:"DIR" help:"Directory for windows that need more than half of --memory, and for a long result (default: that of temporary files)."`
	Follow      bool          `group:"Computation" help:"Print each window as it closes, while the input goes on. FILE may be a file that grows and is replaced, -, tcp:HOST:PORT or unix:PATH, without compression."`
	Disorder    time.Duration `group:"Computation" default:"0s" placeholder:"TIME" help:"With --follow: a window closes when a point is this far beyond its end (default 0s)."`
	Lateness    time.Duration `group:"Computation" default:"0s" placeholder:"TIME" help:"With --follow: late points of a closed window are added for this long, in the time of the points, and print it again (default 0s)."`
	IdleTimeout time.Duration `group:"Computation" default:"0s" placeholder:"TIME" help:"With --follow: when no points have come for this long, go on as if they came at the pace of the clock, so that windows close (default: wait)."`
	Normalize   bool          `group:"Computation" help:"First drop points whose value is NaN or infinite, and of several points with one timestamp all but the last of the input. Values are not scaled. Holds the whole input in memory."`
	Stat        string        `group:"Computation" placeholder:"NAMES" complete:"count,mean,variance,stddev,sum,min,max,first,last,first_value,last_value,rate,median,p90,p99" help:"Statistics, separated by commas: count, mean, variance and stddev (of the population), sum, min, max, first, last (times), first_value, last_value, rate (a second), median, p90, p99.9, q0.25."`
	Sample      bool          `group:"Computation" help:"Make variance and stddev those of a sample: divided by n - 1 instead of n."`
	Fill        string        `group:"Computation" enum:"none,null,zero,previous" default:"none" help:"What windows without points have, between the first and the last of a series: ${enum}. The default leaves them out; the others hold all rows in memory, up to 1,048,576."`

	Output     string `group:"Output" short:"o" enum:"table,json,ndjson,csv,markdown,parquet,arrow" default:"table" help:"Format of the result: ${enum}. All but table and markdown have all digits."`
	OutputFile string `group:"Output" placeholder:"FILE" help:"Write the result to FILE, which has all of it or is not changed (default: standard output)."`
	Late       string `group:"Output" placeholder:"FILE" help:"With --follow: append late points that are in no window to FILE, as CSV."`
	Checkpoint string `group:"Output" placeholder:"FILE" help:"With --follow of a file: keep in FILE how far the run has come, and go on from there."`
	Plot       string `group:"Output" placeholder:"FILE" help:"Also plot mean and standard deviation over time; FILE ends in .svg, .png, or .html for a page with zoom. With --group-by: a line for each value, the first ten in colours."`
	Title      string `group:"Output" placeholder:"TEXT" help:"Title of the plot."`
	ValueLabel string `group:"Output" placeholder:"TEXT" help:"Label of the plot's value axis, including the unit."`
	Explain    bool   `group:"Output" help:"Only say what is guessed from the beginning of the input, and what a run would cost."`
	Spark      bool   `group:"Output" help:"Add a column to the table: a line of the last means of the series."`
	NoProgress bool   `group:"Output" help:"Do not draw a progress bar. It is drawn only on a terminal."`

	Module      string `group:"Engine" placeholder:"FILE" help:"WebAssembly module or component to use instead of the embedded engine."`
	Parallel    int    `group:"Engine" placeholder:"N" help:"Work on N pieces of the input at the same time, up to 16. The default is one per processor. The result does not depend on it."`
	Memory      int    `group:"Engine" default:"1024" placeholder:"MIB" help:"Max memory of an instance of the engine, in MiB (default ${default}). Windows go to a file when they use more than half of it."`
	CacheDir    string `group:"Engine" env:"PIPELINE_CACHE_DIR" placeholder:"DIR" help:"Directory for compiled modules, for a faster start (default: for the engine, compute-pipeline in the user's cache directory)."`
	Interpreter bool   `group:"Engine" help:"Use the interpreter: slow, with the same results."`
	grantFlags

	windows    window.Spec  // of Window
	grid       *window.Grid // of these
	statistics window.Set   // of Stat
	taken      input.Counts // of all inputs
}

// Help implements kong.HelpProvider.
func (*runCommand) Help() string {
	return `Formats, detected from the first bytes or set with --format:

  json     [{"timestamp": 1262304000, "value": 39.4}, ...]
  ndjson   one such object per line
  influx   weather,station=a temp=23.1 1262304000000000000: tags and fields by name
  csv      a header with the names of the columns, then rows
  packed   16 bytes per point: timestamp (u64), value (f64), little-endian
  parquet  a file of columns, of which only those that are needed are read
  arrow    a file or stream of Arrow IPC (from standard input with --format arrow)

Text and packed points may be compressed with gzip, Zstandard, xz or bzip2. The input is read in pieces of 256 KiB, of which 2 per --parallel are in memory, so memory use stays small for input of any length; one element, line or row may have up to 16 MiB. The order of the points does not matter.

Several files are one input, each with its own format and compression, and the order in which they are named does not matter. A directory stands for the files in it and below it, and a pattern for those that match: * and ? are any characters of a name, ** any directories. Neither takes hidden files. A file that is named twice is an error, since it would count twice.

--normalize needs the whole input at once, up to 16,777,215 points: the last point of each timestamp wins, and in pieces "the last" would depend on where the input was split.

Examples:

  pipeline run temps.json --window 1mo
  pipeline run temps.csv.gz --time-column when --value-column "temp (F)" -o csv
  pipeline run old.csv.xz 'logs/**/*.ndjson.gz' today/
  zcat log.gz | pipeline run - --format ndjson --unit ms --window 1h
  pipeline run sensors.csv --group-by station --window 1h
  pipeline run --from postgres://me@db/plant --query 'SELECT at, value, station FROM readings' --time-column at --group-by station
  pipeline run sensors.parquet --time-column at -w 1d -o parquet --output-file days.parquet
  pipeline run --follow sensors.csv --window 1h --disorder 1m --checkpoint sensors.state -o csv
  pipeline run --follow - tcp:one:9000 tcp:two:9000 --idle-timeout 5m
  pipeline run temps.json -w 7d --plot temps.svg --value-label "Temperature (°F)"

--follow prints windows when a point is --disorder beyond their end, json as one object per line, and says on standard error how fast points come and how far behind they are. Points for a window that has closed are late: after --lateness they are counted, and in no window. An interrupt ends it; the windows that are still open are not printed. docs/streams.md has more.

--group-by computes windows of each value of a column or member, and prints them with the value in the order of the windows. Values are texts of up to 64 KiB. There may be any number of them: windows that need more than half of --memory go to a file without a name in --spill-dir, and are merged at the end, with the same result.

The exit status is 1 if the data is bad and 2 if the command line is.`
}

// Run reads, computes and prints. It prints nothing before all results are known.
func (c *runCommand) Run(ctx context.Context, std streams) error {
	if err := c.check(); err != nil {
		return err
	}
	if err := c.checkOutput(std); err != nil {
		return err
	}
	engine, err := c.openEngine(ctx, std)
	if err != nil {
		return err
	}
	defer engine.Close(context.WithoutCancel(ctx))
	if c.Follow {
		return c.ofMemory(c.follow(ctx, engine, std))
	}
	if c.Explain {
		return c.explain(ctx, engine, std)
	}
	out := spool.New(c.SpillDir)
	defer out.Close()
	result, err := c.compute(ctx, engine, out, std)
	if err != nil {
		return c.ofMemory(err)
	}
	if c.Plot != "" {
		if err := c.draw(&result); err != nil {
			return fmt.Errorf("plot %s: %w", c.Plot, plainPathError(err))
		}
	}
	if c.OutputFile != "" {
		if err := atomicfile.WriteFrom(c.OutputFile, interruptible{ctx, out}); err != nil {
			return fmt.Errorf("--output-file %s: %w", c.OutputFile, plainPathError(err))
		}
	} else if err := writeUntil(ctx, std.out, out); err != nil {
		return fmt.Errorf("writing the result: %w", err)
	}
	result.edges.note(std.err)
	if c.Plot != "" {
		fmt.Fprintf(std.err, "plot written to %s\n", c.Plot)
	}
	if c.GroupBy != "" {
		fmt.Fprintf(std.err, "%s, %s\n", result.keys, count(uint64(result.windows), "window"))
	}
	return nil
}

// write writes rows in the format of the output.
func (c *runCommand) write(res *result, computed iter.Seq2[window.Row, error], std streams) error {
	head := report.Head{Window: c.windows, Statistics: c.statistics, Spark: c.Spark, Width: c.terminalWidth(std.out)}
	head.By = c.keyNames()
	if len(c.ValueColumn) > 1 {
		head.Columns = c.ValueColumn
	}
	if c.Missing == string(input.MissingSkip) || c.Bad.max > 0 {
		head.Counts = &report.Counts{
			Records: uint64(c.taken.Records), Points: uint64(c.taken.Points), Missing: uint64(c.taken.Missing), Bad: uint64(c.taken.Bad),
		}
	}
	var w report.Writer
	var err error
	if c.writesColumns() {
		w, err = newColumnsWriter(res.out, c.Output, head, c.Unit)
	} else {
		w, err = report.New(res.out, c.Output, head)
	}
	if err != nil {
		return err
	}
	var current window.Row // one for all
	for row, err := range c.rows(res, computed) {
		switch {
		case res.failed != nil:
			return res.failed
		case err != nil:
			return fmt.Errorf("--fill: %w", err)
		}
		current = row
		if err := w.Write(&current); err != nil {
			return err
		}
	}
	return w.Close()
}

// check rejects an invalid command line before any work is done.
func (c *runCommand) check() error {
	if c.Memory < 1 || c.Memory > gohost.MaxMemoryLimit {
		return badUse("--memory %d: expected 1 to %d MiB", c.Memory, gohost.MaxMemoryLimit)
	}
	if c.Parallel < 0 || c.Parallel > maxParallel {
		return badUse("--parallel %d: expected 1 to %d", c.Parallel, maxParallel)
	}
	if len(c.Grant) > 0 && c.Module == "" {
		return badUse("--grant needs --module: the embedded engine uses nothing")
	}
	if err := c.databaseFlags.check(&c.inputFlags); err != nil {
		return err
	}
	if c.Follow && c.From != "" {
		return badUse("--follow cannot be used with --from")
	}
	if err := c.checkInput(c.Follow || c.Module != ""); err != nil {
		return err
	}
	if err := c.checkFollow(); err != nil {
		return err
	}
	if err := c.checkGroups(); err != nil {
		return err
	}
	if err := c.checkWindow(); err != nil {
		return err
	}
	if err := c.checkSeveral(); err != nil {
		return err
	}
	if c.Explain && c.Output != "table" && c.Output != "json" {
		return badUse("--explain prints -o table or json")
	}
	return checkPlot(c.Plot, c.Title, c.ValueLabel, chart.CheckName)
}

// A runEngine is the engine of a run.
type runEngine struct {
	*gohost.Engine
	exact bool // its states do not depend on the order of the points
}

func (c *runCommand) openEngine(ctx context.Context, std streams) (*runEngine, error) {
	opts := []gohost.Option{gohost.WithMaxInstances(c.pieces()), gohost.WithMemoryLimit(c.Memory)}
	granted, err := c.grantFlags.options(std)
	if err != nil {
		return nil, err
	}
	opts = append(opts, granted...)
	if c.CacheDir != "" {
		opts = append(opts, gohost.WithCacheDir(c.CacheDir))
	}
	if c.Interpreter {
		opts = append(opts, gohost.WithInterpreter())
	}
	if c.Module == "" {
		engine, err := gohost.New(ctx, opts...)
		if err != nil {
			return nil, loadError("the embedded engine", err)
		}
		return &runEngine{engine, true}, nil
	}
	wasm, err := regular.Read(c.Module, maxModule)
	if err != nil {
		return nil, badUse("--module: %w", plainPathError(err))
	}
	engine, err := gohost.Load(ctx, wasm, opts...)
	if err != nil {
		return nil, loadError(c.Module, err)
	}
	if !engine.HasSummary() {
		fmt.Fprintf(std.err, "note: %s does not export the summary interface, so it cannot fold: the whole input is held in memory\n", c.Module)
	}
	claimed, _, err := grade.Claimed(wasm)
	return &runEngine{engine, err == nil && claimed == grade.Exact}, nil
}

// result is the result of a run.
type result struct {
	out     *spool.Spool // what is to be printed
	lines   chart.Lines  // of the plot
	windows int          // with points
	failed  error        // of the windows
	edges   edges
	keys    string   // how many keys there are
	name    string   // of the input
	columns []string // of values in CSV
}

func (c *runCommand) compute(ctx context.Context, engine *runEngine, out *spool.Spool, std streams) (result, error) {
	set, err := c.findInputs(std.in)
	if err != nil {
		return result{}, err
	}
	if err := c.checkWritten(set, std.in); err != nil {
		return result{}, err
	}
	bar := newProgress(std.err, set, c.NoProgress)
	res, err := c.fold(ctx, engine, set, out, std, bar)
	bar.clear()
	res.name = set.Name()
	return res, err
}

// lineName is the name of a row's line in a plot.
func (c *runCommand) lineName(row window.Row) string {
	parts, _ := input.SplitKey(row.Key, len(c.keyNames()))
	if len(c.ValueColumn) > 1 {
		parts = append(parts, c.ValueColumn[row.Column])
	}
	return report.Shown(strings.Join(parts, ", "))
}

func (c *runCommand) draw(result *result) error {
	labels := plotLabels(c.Title, c.ValueLabel, result.name, strings.Join(result.columns, ", "), "mean")
	switch w := c.windows; w.String() {
	case "all":
	case "1h":
		labels.Mean = "mean of each hour"
	case "1d":
		labels.Mean = "mean of each day"
	case "7d", "1w":
		labels.Mean = "mean of each week"
	case "1mo":
		labels.Mean = "mean of each month"
	case "1y":
		labels.Mean = "mean of each year"
	default:
		labels.Mean = "mean of each window of " + w.String()
	}
	labels.Zone = c.windows.Zone()
	data, err := chart.Draw(c.Plot, &result.lines, labels)
	if err != nil {
		return err
	}
	return atomicfile.Write(c.Plot, data)
}
