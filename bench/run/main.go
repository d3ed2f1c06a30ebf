// Command run compares `pipeline run` with a Go program on encoding/json or encoding/csv and, where
// Python has the duckdb package, with DuckDB: mean, variance and sum of each day of one large file,
// on all processors and on one.
//
//	go run ./run -pipeline PATH [-bytes 1000000000] [-rounds 10] [-python PATH] [-out FILE]
//
// It writes the files into a temporary directory, runs all programs by turns, and prints the median
// time of each and the median of its ratios to `pipeline run` in the same round. Each program must
// count the same points. One that takes five times as long as `pipeline run` has a turn in every
// second round.
package main

import (
	"context"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"regexp"
	"strconv"
	"time"

	"example.org/compute-pipeline/bench/measure"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if len(os.Args) == 3 && os.Args[1] == plainGo {
		if err := plain(os.Args[2]); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		return
	}
	b := bench{}
	flag.StringVar(&b.pipeline, "pipeline", "pipeline", "the command line to measure")
	flag.StringVar(&b.python, "python", "python3", "a Python that may have duckdb")
	flag.Int64Var(&b.bytes, "bytes", 1e9, "size of the NDJSON file; the CSV file has the same points")
	flag.IntVar(&b.rounds, "rounds", 10, "rounds")
	flag.StringVar(&b.out, "out", "", "a file for the result as JSON, which docs/benchmarks.md is written from")
	flag.Parse()
	if err := b.run(ctx); err != nil {
		fmt.Fprintln(os.Stderr, err)
		stop()
		os.Exit(1)
	}
}

type bench struct {
	pipeline, python, out string
	bytes                 int64
	rounds                int
	outcome               measure.Outcome
}

func (b *bench) run(ctx context.Context) (err error) {
	dir, err := os.MkdirTemp("", "pipeline-bench-")
	if err != nil {
		return err
	}
	defer func() {
		if removed := os.RemoveAll(dir); err == nil {
			err = removed
		}
	}()
	points, err := write(dir, b.bytes)
	if err != nil {
		return err
	}
	b.outcome = measure.NewOutcome(fmt.Sprintf("%d points in %.2g GB of JSON lines, %d rounds", points, float64(b.bytes)/1e9, b.rounds))
	self, err := os.Executable()
	if err != nil {
		return err
	}
	for _, format := range []string{"ndjson", "csv"} {
		file := filepath.Join(dir, "points."+format)
		programs := []program{
			{"pipeline run", []string{b.pipeline, "run", file, "-o", "csv"}},
			{"pipeline run --parallel 1", []string{b.pipeline, "run", file, "-o", "csv", "--parallel", "1"}},
			{map[string]string{"ndjson": "Go, encoding/json", "csv": "Go, encoding/csv"}[format], []string{self, plainGo, file}},
		}
		if exec.CommandContext(ctx, b.python, "-c", "import duckdb").Run() == nil {
			programs = append(programs, program{"DuckDB", []string{b.python, "-c", duckDB[format], file}})
		}
		if err := b.compare(ctx, format, programs, points); err != nil {
			return err
		}
	}
	if b.out == "" {
		return nil
	}
	return b.outcome.Save(b.out)
}

// duckDB are programs that print CSV with the number of points in the second column.
var duckDB = map[string]string{
	"ndjson": duckDBQuery("read_json('%s', format='newline_delimited', columns={timestamp: 'UBIGINT', value: 'DOUBLE'})"),
	"csv":    duckDBQuery("read_csv('%s', columns={timestamp: 'UBIGINT', value: 'DOUBLE'}, header=true)"),
}

func duckDBQuery(source string) string {
	return `import sys, duckdb
q = "select timestamp // 86400 d, count(*), avg(value), var_pop(value), sum(value) from ` + source + ` group by d order by d"
for row in duckdb.sql(q % sys.argv[1]).fetchall(): print(*row, sep=",")`
}

type program struct {
	name    string
	command []string
}

func (b *bench) compare(ctx context.Context, format string, programs []program, points int) error {
	times, ratios := make([][]float64, len(programs)), make([][]float64, len(programs))
	for round := range b.rounds {
		for i, p := range programs {
			if round%2 == 1 && ratios[i][0] > slow {
				continue
			}
			took, counted, err := timed(ctx, p.command)
			if err != nil {
				return fmt.Errorf("%s: %w", p.name, err)
			}
			if counted != points {
				return fmt.Errorf("%s counts %d points of %d", p.name, counted, points)
			}
			times[i] = append(times[i], took.Seconds())
			ratios[i] = append(ratios[i], took.Seconds()/times[0][len(times[0])-1])
		}
	}
	for i, p := range programs {
		row := measure.Row{Task: format, Name: p.name, Value: measure.Median(times[i]), Ratio: measure.Median(ratios[i])}
		b.outcome.Rows = append(b.outcome.Rows, row)
		fmt.Printf("%-8s %-28s %7.3f s  %6.2f times pipeline run\n", format, p.name, row.Value, row.Ratio)
	}
	return nil
}

// slow is the ratio to `pipeline run` from which a program has a turn in every second round.
const slow = 5

// counts finds the second number of each line.
var counts = regexp.MustCompile(`(?m)^[^,\n]*,(?:\d{4}-[^,]*,)?(\d+),`)

// timed runs a command, and returns how long it took and how many points it has counted.
func timed(ctx context.Context, command []string) (time.Duration, int, error) {
	cmd := exec.CommandContext(ctx, command[0], command[1:]...)
	cmd.Stderr = os.Stderr
	begin := time.Now()
	out, err := cmd.Output()
	took := time.Since(begin)
	sum := 0
	for _, match := range counts.FindAllSubmatch(out, -1) {
		n, numberErr := strconv.Atoi(string(match[1]))
		if numberErr != nil {
			return 0, 0, numberErr
		}
		sum += n
	}
	return took, sum, err
}
