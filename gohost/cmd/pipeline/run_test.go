package main

import (
	"encoding/binary"
	"encoding/json"
	"math"
	"math/big"
	"math/rand/v2"
	"os/exec"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

var formats = []string{"json", "ndjson", "csv", "packed"}

func TestEveryFormatAndCompressionGivesTheSameTable(t *testing.T) {
	want := string(readFile(t, "testdata/points.table"))
	for _, format := range formats {
		plain := readFile(t, "testdata/points."+format)
		for compression, data := range map[string][]byte{
			"none": plain,
			"gzip": gzipped(t, plain),
			"zstd": zstandard(t, plain),
			// Two members or frames behind each other are one input.
			"gzip, two members": append(gzipped(t, plain[:100]), gzipped(t, plain[100:])...),
			"zstd, two frames":  append(zstandard(t, plain[:100]), zstandard(t, plain[100:])...),
		} {
			t.Run(format+", "+compression, func(t *testing.T) {
				// The name says nothing about the contents.
				got := pipeline(t, "", "run", tempFile(t, "data", data))
				require.Equal(t, outcome{out: want}, got)
				got = pipeline(t, string(data), "run", "-")
				require.Equal(t, outcome{out: want}, got, "from standard input")
				kind, _, _ := strings.Cut(compression, ",")
				got = pipeline(t, string(data), "run", "-", "--format", format, "--compression", kind)
				require.Equal(t, outcome{out: want}, got, "with names instead of recognition")
			})
		}
	}
}

func TestStatisticsAreTheExactOnesRoundedOnce(t *testing.T) {
	type row struct {
		Start                                 time.Time
		Count                                 int
		Mean, Variance, StdDev, Min, Max, Sum float64
		First, Last                           time.Time
	}
	var got struct {
		Window  string
		Windows []row
	}
	res := pipeline(t, "", "run", "testdata/points.packed", "--output", "json")
	require.Equal(t, 0, res.status, res.err)
	require.NoError(t, json.Unmarshal([]byte(res.out), &got))

	values := map[time.Time][]float64{}
	batch := readFile(t, "testdata/points.packed")
	for ; len(batch) > 0; batch = batch[16:] {
		day := time.Unix(int64(binary.LittleEndian.Uint64(batch)), 0).UTC().Truncate(24 * time.Hour)
		values[day] = append(values[day], math.Float64frombits(binary.LittleEndian.Uint64(batch[8:])))
	}
	require.Len(t, got.Windows, len(values))
	require.Equal(t, "1d", got.Window)
	for _, r := range got.Windows {
		sum, squares := new(big.Rat), new(big.Rat)
		for _, v := range values[r.Start] {
			x := new(big.Rat).SetFloat64(v)
			sum.Add(sum, x)
			squares.Add(squares, new(big.Rat).Mul(x, x))
		}
		n := new(big.Rat).SetInt64(int64(len(values[r.Start])))
		mean := new(big.Rat).Quo(sum, n)
		variance := new(big.Rat).Sub(new(big.Rat).Quo(squares, n), new(big.Rat).Mul(mean, mean))
		wantSum, _ := sum.Float64()
		wantMean, _ := mean.Float64()
		wantVariance, _ := variance.Float64()
		require.Equal(t, len(values[r.Start]), r.Count)
		require.Equal(t, wantSum, r.Sum)
		require.Equal(t, wantMean, r.Mean)
		require.Equal(t, wantVariance, r.Variance)
		require.Equal(t, math.Sqrt(wantVariance), r.StdDev)
		low, high := values[r.Start][0], values[r.Start][0]
		for _, v := range values[r.Start] {
			low, high = min(low, v), max(high, v)
		}
		require.Equal(t, []float64{low, high}, []float64{r.Min, r.Max})
		require.False(t, r.First.Before(r.Start) || r.Last.Before(r.First) || !r.Last.Before(r.Start.Add(24*time.Hour)))
	}
}

func TestWindowsBeginWhereTheCalendarSays(t *testing.T) {
	for _, c := range []struct {
		window string
		times  []string
		want   []string // starts
	}{
		{"1h", []string{"2024-02-29T23:59:59Z", "2024-03-01T00:00:00Z", "2024-03-01T00:59:59Z"}, []string{"2024-02-29T23:00:00Z", "2024-03-01T00:00:00Z"}},
		{"1d", []string{"1970-01-01T00:00:00Z", "1970-01-01T23:59:59Z", "1970-01-02"}, []string{"1970-01-01T00:00:00Z", "1970-01-02T00:00:00Z"}},
		// 1970-01-01 was a Thursday, 2024-01-01 a Monday.
		{"7d", []string{"1970-01-01", "1970-01-04", "1970-01-05", "2024-01-07", "2024-01-08"}, []string{"1969-12-29T00:00:00Z", "1970-01-05T00:00:00Z", "2024-01-01T00:00:00Z", "2024-01-08T00:00:00Z"}},
		{"1mo", []string{"2023-12-31T23:59:59Z", "2024-01-01", "2024-02-29", "2024-03-01", "9999-12-31T23:59:59Z"}, []string{"2023-12-01T00:00:00Z", "2024-01-01T00:00:00Z", "2024-02-01T00:00:00Z", "2024-03-01T00:00:00Z", "9999-12-01T00:00:00Z"}},
		{"all", []string{"2024-01-02T03:04:05+01:00", "1999-01-01 00:00:00Z"}, []string{"1999-01-01T00:00:00Z"}},
	} {
		t.Run(c.window, func(t *testing.T) {
			text := "time,value\n"
			for _, at := range c.times {
				text += at + ",1\n"
			}
			res := pipeline(t, text, "run", "-", "-w", c.window, "-o", "csv")
			require.Equal(t, 0, res.status, res.err)
			var starts []string
			for _, line := range strings.Split(strings.TrimSpace(res.out), "\n")[1:] {
				start, _, _ := strings.Cut(line, ",")
				starts = append(starts, start)
			}
			require.Equal(t, c.want, starts)
		})
	}
}

// The last window that there is ends in a year that RFC 3339 does not have.
func TestTheEndOfTheYear9999(t *testing.T) {
	for _, w := range []string{"1h", "1d", "7d", "1mo"} {
		for _, format := range []string{"json", "csv", "table"} {
			res := pipeline(t, "time,value\n9999-12-31T23:59:59Z,1\n", "run", "-", "-w", w, "-o", format)
			require.Equal(t, 0, res.status, "%s %s: %s", w, format, res.err)
			if format != "table" {
				require.Contains(t, res.out, "9999-12-31T23:59:59Z")
				require.Contains(t, res.out, "10000-01-0") // a week ends on the 3rd
				require.Contains(t, res.err, "the last window ends after the year 9999")
			}
		}
	}
}

// Sliding windows that begin before the first timestamp are left out, and that is said.
func TestTheBeginningOfTheYear1(t *testing.T) {
	run := func(text string, args ...string) outcome {
		return pipeline(t, text, append([]string{"run", "-", "--stat", "sum", "-o", "csv", "-w", "2y/1y"}, args...)...)
	}
	got := run("time,value,k\n0002-01-01,1,a\n0001-05-05,2,b\n", "--group-by", "k")
	require.Equal(t, 0, got.status, got.err)
	require.Contains(t, got.err, "note: windows that begin before 0001-01-01T00:00:00Z are left out")
	require.Equal(t, 4, strings.Count(got.out, "\n"), got.out)
	got = run("time,value\n0002-01-01,1\n0003-01-01,1\n")
	require.Empty(t, got.err)
	require.Equal(t, "start,end,sum\n0001-01-01T00:00:00Z,0003-01-01T00:00:00Z,1\n0002-01-01T00:00:00Z,0004-01-01T00:00:00Z,2\n0003-01-01T00:00:00Z,0005-01-01T00:00:00Z,1\n", got.out)
}

func TestTheOrderOfThePointsDoesNotMatter(t *testing.T) {
	lines := strings.Split(strings.TrimSpace(string(readFile(t, "testdata/points.ndjson"))), "\n")
	random := rand.New(rand.NewPCG(1, 2))
	for _, w := range []string{"1h", "1d", "7d", "1mo", "all"} {
		want := pipeline(t, strings.Join(lines, "\n"), "run", "-", "-w", w, "-o", "json")
		require.Equal(t, 0, want.status, want.err)
		random.Shuffle(len(lines), func(i, j int) { lines[i], lines[j] = lines[j], lines[i] })
		require.Equal(t, want, pipeline(t, strings.Join(lines, "\n"), "run", "-", "-w", w, "-o", "json"))
	}
}

func TestUnitsOfTimestamps(t *testing.T) {
	for unit, factor := range map[string]int64{"s": 1, "ms": 1e3, "us": 1e6, "ns": 1e9} {
		at := strconv.FormatInt(1262304000*factor+factor/2, 10)
		res := pipeline(t, `[{"timestamp":`+at+`,"value":1}]`, "run", "-", "--unit", unit, "-o", "csv")
		require.Equal(t, 0, res.status, res.err)
		fraction := ".5"
		if unit == "s" {
			fraction = ""
		}
		require.Contains(t, res.out, ",2010-01-01T00:00:00"+fraction+"Z,2010-01-01T00:00:00"+fraction+"Z\n")

		res = pipeline(t, "time,value\n2010-01-01T00:00:00Z,1\n", "run", "-", "--unit", unit, "-o", "csv")
		require.Contains(t, res.out, ",2010-01-01T00:00:00Z,2010-01-01T00:00:00Z\n")
	}
}

func TestNormalizeKeepsTheLastFiniteValueOfEachTimestamp(t *testing.T) {
	var batch []byte
	for _, p := range []struct {
		at uint64
		v  float64
	}{{5, 1}, {5, 2}, {1, math.NaN()}, {3, 8}, {3, math.Inf(1)}} {
		batch = binary.LittleEndian.AppendUint64(batch, p.at)
		batch = binary.LittleEndian.AppendUint64(batch, math.Float64bits(p.v))
	}
	res := pipeline(t, string(batch), "run", "-", "--normalize", "-o", "csv")
	require.Equal(t, 0, res.status, res.err)
	require.Contains(t, res.out, ",2,5,9,3,2,8,10,1970-01-01T00:00:03Z,1970-01-01T00:00:05Z\n")

	res = pipeline(t, string(batch[32:48]), "run", "-", "--normalize")
	require.Equal(t, outcome{status: 1, err: "pipeline: standard input: --normalize leaves nothing: expected at least one finite value\n"}, res)
}

func TestNumbersThatJSONCannotWriteAreStrings(t *testing.T) {
	var batch []byte
	for i, v := range []float64{math.Inf(1), 1, math.MaxFloat64} {
		batch = binary.LittleEndian.AppendUint64(batch, uint64(i))
		batch = binary.LittleEndian.AppendUint64(batch, math.Float64bits(v))
	}
	res := pipeline(t, string(batch), "run", "-", "-o", "json")
	require.Equal(t, 0, res.status, res.err)
	require.Contains(t, res.out, `"mean": "Infinity"`)
	require.Contains(t, res.out, `"variance": "NaN"`)
	require.True(t, json.Valid([]byte(res.out)))
	res = pipeline(t, string(batch), "run", "-")
	require.Contains(t, res.out, "+Inf")
	require.Contains(t, res.out, "NaN")
}

func TestTheProgramItselfPrintsTheTable(t *testing.T) {
	cmd := program(t, "run", "testdata/points.json")
	var errs strings.Builder
	cmd.Stderr = &errs
	out, err := cmd.Output()
	require.NoError(t, err)
	require.Equal(t, string(readFile(t, "testdata/points.table")), string(out))
	require.Empty(t, errs.String(), "no progress bar where there is no terminal")

	var exit *exec.ExitError
	require.ErrorAs(t, program(t, "run", "testdata/points.json", "--window", "2H").Run(), &exit)
	require.Equal(t, 2, exit.ExitCode())
}

func TestVersionNamesTheEngine(t *testing.T) {
	res := pipeline(t, "", "--version")
	require.Equal(t, 0, res.status)
	require.Regexp(t, `(?m)^engine SHA-256 [0-9a-f]{64}$`, res.out)
}

func TestHelpHasExamples(t *testing.T) {
	for _, args := range [][]string{{"--help"}, {"run", "--help"}, {"inspect", "--help"}, {}} {
		res := pipeline(t, "", args...)
		require.Equal(t, 0, res.status)
		require.Contains(t, res.out, "Usage: pipeline")
		require.Empty(t, res.err)
	}
	require.Contains(t, pipeline(t, "", "run", "--help").out, "pipeline run temps.json --window 1mo")
}
