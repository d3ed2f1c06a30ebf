// Command many compares `pipeline run` with DuckDB on two threads: the same statistics of each day of one
// large file, as CSV, JSON lines and Parquet, and of each of many keys.
//
//	go run ./many -pipeline PATH [-bytes 1000000000] [-keys 1000000] [-rounds 5] [-python PATH] [-only keys]
//
// It writes the files into a temporary directory and runs both programs by turns. The results must agree:
// keys, counts and extremes exactly, and the rest as far as DuckDB's sums, which round. It prints the medians
// of wall time, processor time and peak memory, the medians of the ratios to DuckDB in the same round, and the
// memory that `pipeline run` needs for a tenth of the file. Python needs the duckdb package.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"syscall"
	"time"

	"example.org/compute-pipeline/bench/measure"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	b := bench{}
	flag.StringVar(&b.pipeline, "pipeline", "pipeline", "the command line to measure")
	flag.StringVar(&b.python, "python", "python3", "a Python that has duckdb")
	flag.StringVar(&b.only, "only", "", "one task: csv, ndjson, parquet or keys")
	flag.Int64Var(&b.bytes, "bytes", 1e9, "size of each file; Parquet has the points of the CSV file")
	flag.IntVar(&b.keys, "keys", 1e6, "number of keys")
	flag.IntVar(&b.rounds, "rounds", 5, "rounds")
	flag.Parse()
	if err := b.run(ctx); err != nil {
		fmt.Fprintln(os.Stderr, err)
		stop()
		os.Exit(1)
	}
}

type bench struct {
	pipeline, python, only string
	bytes                  int64
	keys, rounds           int
	dir                    string
}

// A task is one comparison. Its files have the name of the format, and "tenth." before it for a tenth.
type task struct {
	name, format string
	keys         int
	source       string // of a file in DuckDB
	window       string // in DuckDB
	args         []string
}

func (b *bench) tasks() []task {
	const plain, keyed = "timestamp: 'UBIGINT', value: 'DOUBLE'", "timestamp: 'UBIGINT', key: 'VARCHAR', value: 'DOUBLE'"
	csv := func(columns string) string { return "read_csv('%s', header=true, columns={" + columns + "})" }
	byDay := []string{"--window", "1d", "--unit", "s"}
	return []task{
		{"csv", "csv", 0, csv(plain), "timestamp // 86400", byDay},
		{"ndjson", "ndjson", 0, "read_json('%s', format='newline_delimited', columns={" + plain + "})", "timestamp // 86400", byDay},
		{"parquet", "parquet", 0, "read_parquet('%s')", "timestamp // 86400", byDay},
		{"keys", "csv", b.keys, csv(keyed), "0", []string{"--window", "all", "--unit", "s", "--group-by", "key"}},
	}
}

func (b *bench) run(ctx context.Context) (err error) {
	if b.dir, err = os.MkdirTemp("", "pipeline-many-"); err != nil {
		return err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(b.dir)) }()
	for _, t := range b.tasks() {
		if b.only != "" && b.only != t.name {
			continue
		}
		if err := b.compare(ctx, t); err != nil {
			return fmt.Errorf("%s: %w", t.name, err)
		}
	}
	return nil
}

// write writes the file of a task.
func (b *bench) write(ctx context.Context, t task, name string, bytes int64) (file string, err error) {
	file = filepath.Join(b.dir, name+"."+t.format)
	if t.format != "parquet" {
		return file, write(file, t.format, t.keys, bytes)
	}
	csv := filepath.Join(b.dir, "parquet.csv")
	if err := write(csv, "csv", 0, bytes); err != nil {
		return "", err
	}
	query := fmt.Sprintf("copy (from read_csv('%s')) to '%s' (format parquet)", csv, file)
	if out, err := exec.CommandContext(ctx, b.python, "-c", "import sys, duckdb; duckdb.sql(sys.argv[1])", query).CombinedOutput(); err != nil {
		return "", fmt.Errorf("%w: %s", err, out)
	}
	return file, os.Remove(csv)
}

func (t task) query(file string) string {
	key := ""
	if t.keys > 0 {
		key = "key, "
	}
	return fmt.Sprintf("copy (select %s w, %scount(*), avg(value), var_pop(value), min(value), max(value), sum(value) from %s group by all order by all) to '%s' (header false)",
		t.window, key, fmt.Sprintf(t.source, file), file+".duckdb")
}

const duckDB = `import sys, duckdb
duckdb.connect(config={"threads": 2}).execute(sys.argv[1])`

func (b *bench) compare(ctx context.Context, t task) error {
	file, err := b.write(ctx, t, t.name, b.bytes)
	if err != nil {
		return err
	}
	tenth, err := b.write(ctx, t, "tenth", b.bytes/10)
	if err != nil {
		return err
	}
	ours := func(file string) []string {
		return append([]string{b.pipeline, "run", file, "-o", "csv", "--no-progress"}, t.args...)
	}
	small, err := timed(ctx, ours(tenth), tenth+".ours")
	if err != nil {
		return err
	}
	var mine, theirs, ratios [3][]float64
	for range b.rounds {
		duck, err := timed(ctx, []string{b.python, "-c", duckDB, t.query(file)}, os.DevNull)
		if err != nil {
			return err
		}
		own, err := timed(ctx, ours(file), file+".ours")
		if err != nil {
			return err
		}
		if len(ratios[0]) == 0 {
			if err := agree(file+".ours", file+".duckdb", t.keys > 0); err != nil {
				return err
			}
		}
		for i := range own {
			mine[i], theirs[i] = append(mine[i], own[i]), append(theirs[i], duck[i])
			ratios[i] = append(ratios[i], own[i]/duck[i])
		}
	}
	for i, what := range []string{"wall time, s", "processor time, s", "peak memory, MiB"} {
		fmt.Printf("%-8s %-18s pipeline run %8.2f  DuckDB %8.2f  ratio %5.2f\n", t.name, what, measure.Median(mine[i]), measure.Median(theirs[i]), measure.Median(ratios[i]))
	}
	fmt.Printf("%-8s peak memory for a tenth of the file: %.0f MiB\n", t.name, small[2])
	return errors.Join(os.Remove(file), os.Remove(tenth))
}

// timed runs a command with its output in a file. It returns the wall time and the processor time in seconds,
// and the peak memory in MiB.
func timed(ctx context.Context, command []string, out string) (cost [3]float64, err error) {
	file, err := os.Create(out)
	if err != nil {
		return cost, err
	}
	defer func() { err = errors.Join(err, file.Close()) }()
	cmd := exec.CommandContext(ctx, command[0], command[1:]...)
	cmd.Stdout, cmd.Stderr = file, os.Stderr
	begin := time.Now()
	if err := cmd.Run(); err != nil {
		return cost, fmt.Errorf("%s: %w", command[0], err)
	}
	took := time.Since(begin)
	state := cmd.ProcessState
	usage, ok := state.SysUsage().(*syscall.Rusage)
	if !ok {
		return cost, errors.New("no usage of resources")
	}
	return [3]float64{took.Seconds(), (state.UserTime() + state.SystemTime()).Seconds(), float64(usage.Maxrss) / 1024}, nil
}
