package main

import (
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// asNDJSON returns rows of time, host and value as objects on lines.
func asNDJSON(rows string) string {
	var text strings.Builder
	for i, row := range lines(rows) {
		cells := strings.Split(row, ",")
		if i%2 == 0 {
			fmt.Fprintf(&text, "{\"timestamp\":%s,\"host\":%q,\"value\":%s}\n", cells[0], cells[1], cells[2])
		} else {
			fmt.Fprintf(&text, "{\"tags\":{\"host\":\"no\"}, \"value\":%s , \"h\\u006fst\" : %q,\"timestamp\":%s}\n", cells[2], cells[1], cells[0])
		}
	}
	return text.String()
}

// The windows of each key are those of a run over its points alone, from every format, at once and as
// they close, in wazero's compiler and its interpreter.
func TestGroups(t *testing.T) {
	const keys = 7
	rows := keyedPoints(rand.New(rand.NewPCG(2, 2)), 0, 20_000, keys)
	text := "time,host,value\n" + rows
	perKey := map[string][]string{}
	for _, row := range lines(rows) {
		key := strings.Split(row, ",")[1]
		perKey[key] = append(perKey[key], strings.Replace(row, ","+key, "", 1))
	}
	want := []string{}
	for key, points := range perKey {
		got := pipeline(t, "time,value\n"+strings.Join(points, "\n"), "run", "-", "-w", "1h", "-o", "csv")
		require.Equal(t, 0, got.status, got.err)
		for _, line := range lines(got.out)[1:] {
			want = append(want, key+","+line)
		}
	}
	require.Len(t, perKey, keys)
	var first string
	for name, args := range map[string][]string{
		"csv":         {text},
		"one piece":   {text, "--parallel", "1"},
		"ndjson":      {asNDJSON(rows), "--format", "ndjson"},
		"interpreter": {text, "--interpreter"},
	} {
		got := pipeline(t, args[0], append([]string{"run", "-", "-w", "1h", "-o", "csv", "--group-by", "host"}, args[1:]...)...)
		require.Equal(t, 0, got.status, got.err)
		require.Equal(t, "7 values of host, 42 windows\n", got.err)
		require.ElementsMatch(t, want, lines(got.out)[1:], name)
		if first == "" {
			first = got.out
		}
		require.Equal(t, first, got.out, "the order is the same")

		got = pipeline(t, args[0], append([]string{"run", "--follow", "-", "-w", "1h", "-o", "csv", "--group-by", "host", "--disorder", "30s"}, args[1:]...)...)
		require.Equal(t, 0, got.status, got.err)
		require.Equal(t, lines(first), withoutRevisions(lines(got.out)), name)
		require.Equal(t, "the end: 20,000 points, 0 late, 42 windows printed, up to 7 values of host at a time\n", got.err)
	}
}

func TestGroupFormats(t *testing.T) {
	const text = "time,host,value\n1,b,1\n2,\"a, \"\"b\"\"\",2\n3601,b,4\n10,b,6\n3700,,7\n3701,\u00fc\x7f,7\n"
	got := pipeline(t, text, "run", "-", "--group-by", "host", "-w", "1h", "--format", "csv")
	require.Equal(t, 0, got.status, got.err)
	require.Equal(t, `host    window start (UTC)  count  mean  stddev (population)  min  max  sum
a, "b"  1970-01-01 00:00        1   2.0                  0.0    2    2    2
b       1970-01-01 00:00        2   3.5                  2.5    1    6    7
        1970-01-01 01:00        1   7.0                  0.0    7    7    7
b       1970-01-01 01:00        1   4.0                  0.0    4    4    4
ü\x7f   1970-01-01 01:00        1   7.0                  0.0    7    7    7
`, got.out)
	got = pipeline(t, text, "run", "-", "--group-by", "host", "-w", "all", "--format", "csv", "-o", "json")
	require.Equal(t, 0, got.status, got.err)
	require.Contains(t, got.out, "\"group_by\": \"host\",\n  \"window\": \"all\"")
	require.Contains(t, got.out, "\"key\": \"\"")

	late := filepath.Join(t.TempDir(), "late.csv")
	got = pipeline(t, text, "run", "--follow", "-", "--group-by", "host", "-w", "1h", "--format", "csv", "-o", "json", "--late", late)
	require.Equal(t, 0, got.status, got.err)
	require.True(t, strings.HasPrefix(got.out, `{"key":"a, \"b\"","start":"1970-01-01T00:00:00Z"`), got.out)
	require.Equal(t, "key,timestamp,value\nb,10,6\n", string(readFile(t, late)))
	got = pipeline(t, text, "run", "--follow", "-", "--group-by", "host", "-w", "1h", "--format", "csv")
	require.Equal(t, `host              window start (UTC)        count          mean  stddev (population)           min           max               sum
a, "b"            1970-01-01 00:00              1             2                    0             2             2                 2
`, strings.Join(lines(got.out)[:2], "\n")+"\n")
}

func TestGroupsRefuseWhatDoesNotFit(t *testing.T) {
	const text = "time,host,value\n1,a,1\n2,b,1\n3,c,1\n"
	got := pipeline(t, text, "run", "-", "--max-keys", "2")
	require.Equal(t, 2, got.status)
	require.Contains(t, got.err, "--max-keys needs --group-by")
	late := tempFile(t, "late.csv", []byte("timestamp,value\n1,2\n"))
	got = pipeline(t, text, "run", "--follow", "-", "--group-by", "host", "--late", late)
	require.Equal(t, 2, got.status)
	require.Contains(t, got.err, `its first line is "timestamp,value", expected "key,timestamp,value"`)
	require.Equal(t, "timestamp,value\n1,2\n", string(readFile(t, late)))
	for _, follow := range []string{"--no-progress", "--follow"} {
		for _, c := range []struct {
			want, in string
			status   int
			args     []string
		}{
			{"--max-keys 0: expected at least 1", text, 2, []string{"--max-keys", "0"}},
			{"it cannot be used with --group-by", text, 2, []string{"--normalize"}},
			{"--group-by needs a format with names", text, 2, []string{"--format", "packed"}},
			{`no column is named "host" (--group-by)`, "time,value\n1,2\n", 1, nil},
			{`no field of the first record is named "host" (--group-by)`, "{\"timestamp\":1,\"value\":2}\n", 1, nil},
			{`duplicate member "host"`, "{\"timestamp\":1,\"value\":2,\"host\":\"a\",\"host\":\"b\"}\n", 1, nil},
			{"no field of the first record is named \"host\" (--group-by); expected one of: \"timestamp\", \"value\"", "[{\"timestamp\":1,\"value\":2}]", 1, nil},
			{"standard input: line 4: --max-keys 2: limit reached", text, 1, []string{"--max-keys", "2"}},
			{"line 3: a key of 1048576 bytes, of \"host\"; at most 65536 are allowed", "time,host,value\n1,a,1\n2," + strings.Repeat("k", 1<<20) + ",3\n", 1, nil},
		} {
			if follow == "--follow" && c.args != nil && c.args[0] == "--normalize" {
				continue // refused for another reason
			}
			got := pipeline(t, c.in, append([]string{"run", "-", "--group-by", "host", follow}, c.args...)...)
			require.Equal(t, c.status, got.status, c.want)
			require.Contains(t, got.err, c.want)
			require.Empty(t, got.out)
		}
	}
}

// A checkpoint is of its keys.
func TestACheckpointIsOfItsKeys(t *testing.T) {
	dir := t.TempDir()
	path, state := filepath.Join(dir, "log.csv"), filepath.Join(dir, "state")
	appendTo(t, path, "time,host,value\n1,a,1\n3700,b,3\n")
	f := follow(t, "--group-by", "host", "--checkpoint", state, path)
	f.line(t)
	f.line(t)
	f.interrupt(t)
	got := pipeline(t, "", "run", "--follow", "-w", "1h", "--checkpoint", state, path)
	require.Equal(t, 1, got.status)
	require.Contains(t, got.err, `its label is "unit s, key \"host\"`)
}

// A key that no output could show as it is is an error, and not changed.
func TestKeysAreUTF8(t *testing.T) {
	for _, args := range [][]string{{}, {"--follow"}} {
		got := pipeline(t, "time,host,value\n1,a,1\n2,caf\xe9,1\n", append([]string{"run", "-", "-w", "1h", "--group-by", "host"}, args...)...)
		require.Equal(t, 1, got.status)
		require.Contains(t, got.err, `line 3`)
		require.Contains(t, got.err, `a key that is not UTF-8, "caf\xe9", of "host"`)
	}
}

// Windows of many values go to a file when they need more memory than allowed: the result is the same, and no file is left.
func TestManyGroupsInLittleMemory(t *testing.T) {
	var text strings.Builder
	text.WriteString("time,host,value\n")
	for i := range 60_000 {
		fmt.Fprintf(&text, "%d,host %d,%d.%d\n", i%9*3600, i*7919%20_000, i%100, i%7)
	}
	dir := t.TempDir()
	args := []string{"run", "-", "--group-by", "host", "-w", "1h", "-o", "csv", "--spill-dir", dir}
	want := pipeline(t, text.String(), args...)
	require.Equal(t, 0, want.status, want.err)
	require.Contains(t, want.err, "20,000 values of host, 60,000 windows\n")
	for _, parallel := range []string{"1", "3"} {
		got := pipeline(t, text.String(), append(args, "--memory", "3", "--parallel", parallel)...)
		require.Equal(t, 0, got.status, got.err)
		require.Equal(t, want.out, got.out)
		left, err := os.ReadDir(dir)
		require.NoError(t, err)
		require.Empty(t, left)
	}
	got := pipeline(t, text.String(), append(args, "--memory", "3", "--spill-dir", filepath.Join(dir, "none"))...)
	require.Equal(t, 1, got.status)
	require.Contains(t, got.err, "the file in "+filepath.Join(dir, "none")+" for windows that need more memory than allowed: no such file or directory\n")
	require.Empty(t, got.out)
	got = pipeline(t, text.String(), "run", "-", "--spill-dir", dir, "--stat", "median", "-o", "csv", "-w", "1h")
	require.Equal(t, 0, got.status, got.err)
	require.Equal(t, pipeline(t, text.String(), "run", "-", "--stat", "median", "-o", "csv", "-w", "1h").out, got.out)
	got = pipeline(t, text.String(), "run", "-", "--follow", "--spill-dir", dir)
	require.Equal(t, 2, got.status)
	require.Contains(t, got.err, "--spill-dir is not for --follow")
}

// Several columns of keys and values: a row for each combination in each window.
func TestSeveralColumns(t *testing.T) {
	const text = "a,time,k,b,l\n1,1,x,10,y\n2,2,x,20,\n4,3,x,NA,y\n"
	got := pipeline(t, text, "run", "-", "-o", "csv", "--value-column=b", "--value-column=a", "--group-by=k,l", "--missing=skip", "-w", "1h")
	require.Equal(t, 0, got.status, got.err)
	lines := strings.Split(got.out, "\n")
	require.Equal(t, "k,l,column,start,end,count,mean", strings.Join(strings.Split(lines[0], ",")[:7], ","))
	var rows []string
	for _, line := range lines[1 : len(lines)-1] {
		cells := strings.Split(line, ",")
		rows = append(rows, strings.Join(append(cells[:3:3], cells[5:7]...), ","))
	}
	require.Equal(t, []string{"x,,b,1,20", "x,,a,1,2", "x,y,b,1,10", "x,y,a,2,2.5"}, rows)

	got = pipeline(t, text, "run", "-", "-o", "json", "--value-column=b", "--value-column=a", "--missing=skip", "--bad=skip:1")
	require.Equal(t, 0, got.status, got.err)
	require.Regexp(t, `"missing": ?1`, got.out)
	require.Contains(t, got.out, `"column"`)

	for _, args := range [][]string{
		{"--value-column=a", "--value-column=b", "--normalize"}, {"--group-by=k,,l"},
	} {
		got := pipeline(t, text, append([]string{"run", "-"}, args...)...)
		require.Equal(t, 2, got.status, "%s: %s", args, got.err)
	}
	got = pipeline(t, "time,value,\"a,b\"\n1,2,x\n", "run", "-", "-o", "csv", `--group-by=a\,b`)
	require.Equal(t, 0, got.status, got.err)
	require.Contains(t, got.out, "x,1970")
}
