// Command pipeline-beam computes the statistics of files by key and window, on any runner of
// Apache Beam:
//
//	pipeline-beam --input 'logs/*.ndjson' --window 1h --key_field sensor --output hours.csv
//
// Its windows and numbers are those of `pipeline run`, bit for bit, however the runner divides
// the work. Without --key_file and --key_field, the output is what `pipeline run -o csv` prints
// for the files together. With --runner it runs on Flink, Spark or Dataflow; the default is Prism,
// in this process. docs/beam.md has the commands.
package main

import (
	"context"
	"flag"
	"fmt"
	"os"

	"github.com/apache/beam/sdks/v2/go/pkg/beam"

	"example.org/compute-pipeline/gohost/beam/transform"
)

func main() {
	job, plugin := flags(flag.CommandLine)
	flag.Parse()
	beam.Init() // a worker stays in here
	if err := run(context.Background(), job, plugin); err != nil {
		fmt.Fprintln(os.Stderr, "pipeline-beam:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, job *Job, plugin *pluginFlags) error {
	if flag.NArg() > 0 {
		return fmt.Errorf("unexpected argument %q; the files are given by --input", flag.Arg(0))
	}
	var err error
	if job.Validate.Engine.Plugin, err = plugin.load(); err != nil {
		return err
	}
	return job.Run(ctx)
}

// flags declares the flags of a job, in the style of Beam's own.
func flags(set *flag.FlagSet) (*Job, *pluginFlags) {
	job, plugin := &Job{}, &pluginFlags{}
	v := &job.Validate
	set.StringVar(&job.Input, "input", "", "Pattern of the files, in any of Beam's file systems.")
	set.Int64Var(&job.SplitSize, "split_size", 0, "Size in bytes of the parts that files are divided into (default 64 MiB).")
	set.StringVar(&job.Output, "output", "", "File to write the results to.")
	set.StringVar(&job.OutputFormat, "output_format", "csv", "Format of the results: csv or ndjson.")
	set.StringVar(&job.Faults, "faults", "", "File to write records with faults to, as JSON lines with file, offset and message. Without it, a fault fails the pipeline.")
	set.StringVar((*string)(&v.Format), "format", string(transform.JSONLines), "Format of the files: ndjson (one object on each line), csv (with a header), packed (16 bytes for each point) or json (an array).")
	set.StringVar((*string)(&job.Compression), "compression", "auto", "Compression of the files: auto, none, gzip, zstd, xz or bzip2. With auto, those that end in .gz, .zst, .zstd, .xz or .bz2 are decompressed.")
	set.BoolVar(&job.CellNewlines, "cell_newlines", false, "Cells of CSV may have newlines. Then files are not divided.")
	set.StringVar(&v.TimeColumn, "time_column", "", "CSV column of the timestamp (integers or RFC 3339). The default is a column with a common name.")
	set.StringVar(&v.ValueColumn, "value_column", "", "CSV column of the value. The default is a column with a common name.")
	set.StringVar(&v.Unit, "unit", "s", "Unit of timestamps since 1970-01-01 UTC: s, ms, us or ns.")
	set.StringVar(&v.Window, "window", "1d", "Time window, in UTC: 1h, 1d, 7d, 1mo or all.")
	set.BoolVar(&v.KeyFile, "key_file", false, "Statistics of each file by itself.")
	set.StringVar(&v.KeyField, "key_field", "", "Statistics for each value of this CSV column, or member of the objects.")
	set.IntVar(&v.Engine.MemoryMiB, "engine_memory", 0, "Max memory of an instance of the engine, in MiB (default 256).")
	set.DurationVar(&v.Engine.CallTimeout, "engine_timeout", 0, "Max time of a call of the engine.")
	set.StringVar(&plugin.path, "plugin", "", "Module to use instead of the embedded engine, in any of Beam's file systems. It must claim exact answers.")
	set.StringVar(&plugin.sha256, "plugin_sha256", "", "The module's SHA-256, in hexadecimal. It is required.")
	set.StringVar(&plugin.signature, "plugin_signature", "", "Local file with the module's detached ed25519 signature.")
	set.StringVar(&plugin.keys, "plugin_keys", "", "Local file with the public keys that may sign modules, in PEM.")
	return job, plugin
}

// pluginFlags name a module.
type pluginFlags struct{ path, sha256, signature, keys string }

// load reads the small files. The workers read the module.
func (p *pluginFlags) load() (*transform.Plugin, error) {
	if p.path == "" {
		if *p != (pluginFlags{}) {
			return nil, fmt.Errorf("--plugin_sha256, --plugin_signature and --plugin_keys need --plugin")
		}
		return nil, nil
	}
	plugin := &transform.Plugin{Path: p.path, SHA256: p.sha256}
	if p.signature != "" {
		signature, err := os.ReadFile(p.signature)
		if err != nil {
			return nil, fmt.Errorf("--plugin_signature: %w", err)
		}
		plugin.Signature = signature
	}
	if p.keys != "" {
		keys, err := os.ReadFile(p.keys)
		if err != nil {
			return nil, fmt.Errorf("--plugin_keys: %w", err)
		}
		plugin.PublicKeys = string(keys)
	}
	return plugin, nil
}
