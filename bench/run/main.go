// Command run compares `pipeline run` with a Go program on encoding/json or encoding/csv and, where
// Python has the duckdb package, with DuckDB: mean, variance and sum of each day of one large file,
// on all processors and on one.
//
//	go run ./run -pipeline PATH [-bytes 1000000000] [-rounds 10] [-python PATH]
//
// It writes the files into a temporary directory, runs all programs by turns, and prints the median
// time of each and the median of its ratios to `pipeline run` in the same round. Each program must
// count the same points.
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
	"slices"
	"strconv"
	"time"
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
	flag.Parse()
	if err := b.run(ctx); err != nil {
		fmt.Fprintln(os.Stderr, err)
		stop()
		os.Exit(1)
	}
}

type bench struct {
	pipeline, python string
	bytes            int64
	rounds           int
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
	self, err := os.Executable()
	if err != nil {
		return err
	}
	for _, format := range []string{"ndjson", "csv"} {
		file := filepath.Join(dir, "points."+format)
		programs := []program{
			{"pipeline run", []string{b.pipeline, "run", file, "-o", "csv"}},
			{"pipeline run --parallel 1", []string{b.pipeline, "run", file, "-o", "csv", "--parallel", "1"}},
			{"Go, encoding", []string{self, plainGo, file}},
		}
		if exec.CommandContext(ctx, b.python, "-c", "import duckdb").Run() == nil {
			programs = append(programs, program{"DuckDB", []string{b.python, "-c", duckDB[format], file}})
		}
		if err := b.compare(ctx, format, programs, points); err != nil {
			return err
		}
	}
	return nil
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
	for range b.rounds {
		for i, p := range programs {
			took, counted, err := measure(ctx, p.command)
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
		fmt.Printf("%-8s %-28s %7.3f s  %6.2f times pipeline run\n", format, p.name, median(times[i]), median(ratios[i]))
	}
	return nil
}

// counts finds the second number of each line.
var counts = regexp.MustCompile(`(?m)^[^,\n]*,(?:\d{4}-[^,]*,)?(\d+),`)

// measure runs a command, and returns how long it took and how many points it has counted.
func measure(ctx context.Context, command []string) (time.Duration, int, error) {
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

func median(values []float64) float64 {
	sorted := slices.Sorted(slices.Values(values))
	return sorted[len(sorted)/2]
}
