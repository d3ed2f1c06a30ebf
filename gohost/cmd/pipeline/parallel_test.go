package main

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"math"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"example.org/compute-pipeline/gohost/grade"
)

// severalPieces are points of ten months in no order, in each format: enough for several pieces.
func severalPieces() map[string]string {
	random := rand.New(rand.NewPCG(13, 7))
	var array, lines, rows strings.Builder
	var packed []byte
	rows.WriteString("time,value,note\r\n")
	for i, minute := range random.Perm(40_000) {
		at, value := 1262304000+600*minute, math.Ldexp(random.Float64()-0.5, random.IntN(60))
		fmt.Fprintf(&array, "%c{\"timestamp\": %d, \"value\": %v}", "[,"[min(i, 1)], at, value)
		fmt.Fprintf(&lines, "{\"timestamp\": %d, \"value\": %v}\n", at, value)
		fmt.Fprintf(&rows, "%d,%v,\"%s\"\r\n", at, value, []string{"usual", "in \"\"quotes\"\"", "two\nlines"}[random.IntN(100)/98])
		packed = binary.LittleEndian.AppendUint64(packed, uint64(at))
		packed = binary.LittleEndian.AppendUint64(packed, math.Float64bits(value))
	}
	return map[string]string{"json": array.String() + "]", "ndjson": lines.String(), "csv": rows.String(), "packed": string(packed)}
}

func TestTheResultDoesNotDependOnHowManyPiecesAreWorkedOn(t *testing.T) {
	inputs := severalPieces()
	for _, w := range []string{"1h", "7d", "all"} {
		want := pipeline(t, inputs["packed"], "run", "-", "--format", "packed", "-w", w, "-o", "json", "--parallel", "1")
		require.Equal(t, 0, want.status, want.err)
		for format, text := range inputs {
			for _, n := range []string{"1", "2", "8"} {
				got := pipeline(t, text, "run", "-", "--format", format, "-w", w, "-o", "json", "--parallel", n)
				require.Equal(t, want, got, "%s, %s, %s at the same time", format, w, n)
			}
		}
	}
	want := pipeline(t, inputs["csv"], "run", "-", "--normalize", "--parallel", "1")
	require.Equal(t, 0, want.status, want.err)
	require.Equal(t, want, pipeline(t, string(gzipped(t, []byte(inputs["ndjson"]))), "run", "-", "--normalize", "--parallel", "8"))
}

func TestTheFirstFaultIsReportedHoweverManyPiecesAreWorkedOn(t *testing.T) {
	for format, text := range severalPieces() {
		if format == "packed" {
			continue
		}
		// The first of three faults is in the middle of the third piece.
		fault := 5 << 17
		fault += strings.Index(text[fault:], "1262") + 1
		bad := text[:fault] + "x" + text[fault:len(text)-100] + "x" + text[len(text)-100:]
		want := pipeline(t, bad, "run", "-", "--parallel", "1")
		require.Equal(t, 1, want.status)
		require.Contains(t, want.err, fmt.Sprintf("line %d", 1+strings.Count(text[:fault], "\n")), format)
		for range 5 {
			require.Equal(t, want, pipeline(t, bad, "run", "-", "--parallel", "8"), format)
		}
		// A time that is too late comes before the fault, in the same piece.
		late := text[:fault-1] + "253402300800" + text[fault-1+len("1262304000"):fault+100] + "x" + bad[fault+100:]
		for _, n := range []string{"1", "8"} {
			got := pipeline(t, late, "run", "-", "--parallel", n)
			require.Regexp(t, fmt.Sprintf("line %d.*the timestamp 253402300800 looks like milliseconds", 1+strings.Count(text[:fault], "\n")), got.err, format)
		}
	}
}

// A module that does not claim exact answers gets the points in the order of the input.
func TestModulesOfAnyGradeRunInParallel(t *testing.T) {
	wasm := readFile(t, "../../plugin/testdata/engine.core.wasm")
	exact, err := grade.Claim(wasm, grade.Exact)
	require.NoError(t, err)
	text := severalPieces()["ndjson"]
	want := pipeline(t, text, "run", "-", "-w", "7d")
	for title, module := range map[string][]byte{
		"no claim":          wasm,
		"exact":             exact,
		"exact, no summary": bytes.ReplaceAll(exact, []byte("compute-pipeline/summary@"), []byte("compute-pipeline/another@")),
	} {
		got := pipeline(t, text, "run", "-", "-w", "7d", "--parallel", "3", "--module", tempFile(t, "m.wasm", module))
		require.Equal(t, want.out, got.out, "%s: %s", title, got.err)
	}
}
