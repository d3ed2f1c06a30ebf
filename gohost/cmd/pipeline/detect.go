package main

import (
	"bytes"
	"context"
	"fmt"
	"io/fs"
	"strings"
	"time"

	"example.org/compute-pipeline/examples/plugins/inference/anomaly"
	"example.org/compute-pipeline/gohost"
	"example.org/compute-pipeline/gohost/cmd/pipeline/internal/atomicfile"
	"example.org/compute-pipeline/gohost/cmd/pipeline/internal/chart"
	"example.org/compute-pipeline/gohost/inference/detector"
	"example.org/compute-pipeline/gohost/input"
	"example.org/compute-pipeline/gohost/internal/regular"
	"example.org/compute-pipeline/gohost/internal/text"
	"example.org/compute-pipeline/gohost/sandbox"
)

type detectCommand struct {
	inputFlags
	databaseFlags
	soundFlags

	GroupBy   string  `group:"Detection" placeholder:"NAME[,NAME]" help:"Watch a series of each value of a column of CSV, a field of JSON or a tag of line protocol, or of each combination of several."`
	Threshold float64 `group:"Detection" default:"0.5" placeholder:"SCORE" help:"Report findings with at least this score, from 0 to 1 (default 0.5). The embedded plugin has none below 0.5."`
	Plugin    string  `group:"Detection" placeholder:"FILE" help:"WebAssembly module or component of the world org:inference/detector to use instead of the embedded one."`

	Output     string `group:"Output" short:"o" enum:"table,json,csv" default:"table" help:"Format of the result: ${enum}."`
	Plot       string `group:"Output" placeholder:"FILE" help:"Also plot the series with its anomalies marked; FILE ends in .svg, .png, or .html for a page with zoom."`
	Title      string `group:"Output" placeholder:"TEXT" help:"Title of the plot."`
	ValueLabel string `group:"Output" placeholder:"TEXT" help:"Label of the plot's value axis, including the unit."`
	NoProgress bool   `group:"Output" help:"Do not draw a progress bar. It is drawn only on a terminal."`

	Fuel        uint64        `group:"Sandbox" default:"1000000000" placeholder:"UNITS" help:"Budget of a call of the plugin, which has up to 8,192 points (default 1,000,000,000)."`
	CallTimeout time.Duration `group:"Sandbox" default:"30s" placeholder:"TIME" help:"Max time of a call of the plugin (default 30s)."`
	Memory      int           `group:"Sandbox" default:"256" placeholder:"MIB" help:"Max memory of the plugin, in MiB (default 256)."`
	CacheDir    string        `group:"Sandbox" env:"PIPELINE_CACHE_DIR" placeholder:"DIR" help:"Directory for compiled modules, for a faster start (default: compute-pipeline in the user's cache directory, for the embedded modules)."`
	Interpreter bool          `group:"Sandbox" help:"Use the interpreter: slow, with the same results."`
}

// detectedAtOnce is the max number of points in a call of the plugin.
const detectedAtOnce = 8192

// parsedAtOnce is how many pieces of the input are parsed while the plugin works on another.
const parsedAtOnce = 2

// mostFindings bounds what is kept: a plugin that reports each point is of no use.
const mostFindings = 1_000_000

// Help implements kong.HelpProvider.
func (*detectCommand) Help() string {
	return `Reads what "pipeline run" reads, with points in order of time, and finds spikes, shifts of the level, drifts, stuck sensors, noise, gaps and invalid points. The embedded plugin learns season and scale of the series itself. It expects points at regular intervals, and seasons of 24 points, as hours of a day. Before the 73rd point it says nothing but gap and invalid; docs/detect.md has more, and how well it works.

Examples:

  pipeline detect temps.json
  pipeline detect sensors.csv.gz --threshold 0.9 -o csv
  pipeline detect sensors.parquet --time-column at --value-column temp --group-by station --missing skip
  pipeline detect temps.json --plot anomalies.png --value-label "Temperature (°F)"
  pipeline detect talk.wav --plugin silero.wasm -o csv

A WAV file (16,000 Hz, one channel, 16 bits) of any length is sound: a detector for that, such as examples/plugins/inference/silero, finds events in it, as speech. Those that are close are joined, and times are from the beginning.

The exit status is 0 whether there are anomalies or not, 1 if the data is bad and 2 if the command line is.`
}

// Run reads, detects and prints. It prints nothing before all findings are known.
func (c *detectCommand) Run(ctx context.Context, std streams) error {
	if err := c.check(); err != nil {
		return err
	}
	files := []written{{"--plot", c.Plot}, {"--bad quarantine", c.Bad.file}}
	if err := checkWritten(files, func(info fs.FileInfo) bool { return isAnyFile([]string{c.File}, std.in, info) }); err != nil {
		return err
	}
	plugin, err := c.openPlugin(ctx)
	if err != nil {
		return err
	}
	defer plugin.Close(context.WithoutCancel(ctx))
	card, err := plugin.Info(ctx)
	if err != nil {
		return fmt.Errorf("%s: %w", c.pluginName(), advised(err))
	}
	d := &detecting{command: c, plugin: plugin, card: card}
	if c.Plot != "" {
		d.series = chart.NewSeries(c.Plot)
	}
	if err := d.read(ctx, std); err != nil {
		return err
	}
	var out bytes.Buffer
	if err := d.write(&out); err != nil {
		return err
	}
	if c.Plot != "" {
		if err := d.draw(); err != nil {
			return fmt.Errorf("plot %s: %w", c.Plot, plainPathError(err))
		}
	}
	if _, err := std.out.Write(out.Bytes()); err != nil {
		return fmt.Errorf("writing the result: %w", err)
	}
	if d.heard != nil {
		fmt.Fprintln(std.err, d.heardSummary())
		return nil
	}
	fmt.Fprintln(std.err, d.summary())
	fmt.Fprint(std.err, d.noted.String())
	for _, note := range d.notes() {
		fmt.Fprintln(std.err, "note: "+note)
	}
	if c.Plot != "" {
		fmt.Fprintf(std.err, "plot written to %s\n", c.Plot)
	}
	return nil
}

// check rejects an invalid command line before any work is done.
func (c *detectCommand) check() error {
	if err := c.databaseFlags.check(&c.inputFlags); err != nil {
		return err
	}
	if err := checkNames(c.GroupBy); err != nil {
		return err
	}
	if c.GroupBy != "" && c.Plot != "" {
		return badUse("--plot shows one series; it cannot be used with --group-by")
	}
	if c.GroupBy != "" && c.Format == input.Packed {
		return badUse("--group-by needs a format with names; packed points have no keys")
	}
	if len(c.ValueColumn) > 1 {
		return badUse("pipeline detect needs one --value-column, found %s", strings.Join(c.ValueColumn, ", "))
	}
	// A plugin of somebody else may make something of the timestamps themselves.
	if err := c.checkInput(c.Plugin != ""); err != nil {
		return err
	}
	if !(c.Threshold >= 0 && c.Threshold <= 1) {
		return badUse("--threshold %v: expected 0 to 1", c.Threshold)
	}
	if c.Memory < 1 || c.Memory > gohost.MaxMemoryLimit {
		return badUse("--memory %d: expected 1 to %d MiB", c.Memory, gohost.MaxMemoryLimit)
	}
	if c.CallTimeout <= 0 {
		return badUse("--call-timeout %s: expected a positive time", c.CallTimeout)
	}
	if err := c.soundFlags.check(); err != nil {
		return err
	}
	if c.Fuel == 0 {
		return badUse("--fuel 0: expected a positive number")
	}
	return checkPlot(c.Plot, c.Title, c.ValueLabel, chart.CheckName)
}

// options returns how a module is loaded.
func (c *detectCommand) options() []sandbox.Option {
	opts := []sandbox.Option{sandbox.WithMaxInstances(parsedAtOnce)}
	if c.CacheDir != "" {
		opts = append(opts, sandbox.WithCacheDir(c.CacheDir))
	}
	if c.Interpreter {
		opts = append(opts, sandbox.WithInterpreter())
	}
	return opts
}

func (c *detectCommand) openPlugin(ctx context.Context) (*detector.Detector, error) {
	wasm := anomaly.Module()
	if c.Plugin != "" {
		var err error
		if wasm, err = regular.Read(c.Plugin, maxModule); err != nil {
			return nil, badUse("--plugin: %w", plainPathError(err))
		}
	}
	opts := append(c.options(), sandbox.WithFuel(c.Fuel), sandbox.WithCallTimeout(c.CallTimeout), sandbox.WithMemoryLimit(c.Memory))
	plugin, err := detector.Load(ctx, wasm, opts...)
	if err != nil {
		return nil, loadError(c.pluginName(), err)
	}
	return plugin, nil
}

func (c *detectCommand) pluginName() string {
	if c.Plugin == "" {
		return "the embedded plugin"
	}
	return c.Plugin
}

// seconds returns a timestamp in Unix seconds.
func (c *detectCommand) seconds(t uint64) float64 { return float64(t) / float64(c.Unit.PerSecond()) }

// kind returns the name of a finding's kind.
func (d *detecting) kind(f detector.Finding) string {
	if int64(f.Kind) < int64(len(d.card.Labels)) {
		return printable(d.card.Labels[f.Kind])
	}
	return fmt.Sprintf("kind %d", f.Kind)
}

// printable returns a text of a plugin without what a terminal would obey.
func printable(s string) string {
	return text.Cut(onOneLine(s), 100)
}

func (d *detecting) draw() error {
	c := d.command
	marks := make([]chart.Mark, len(d.found))
	for i, f := range d.found {
		marks[i] = chart.Mark{From: c.seconds(f.First), To: c.seconds(f.Last), Word: d.kind(f.Finding)}
	}
	data, err := chart.DrawMarked(c.Plot, d.series, marks, plotLabels(c.Title, c.ValueLabel, d.name, d.valueName, "value"))
	if err != nil {
		return err
	}
	return atomicfile.Write(c.Plot, data)
}
