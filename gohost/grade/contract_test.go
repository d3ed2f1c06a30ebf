package grade_test

import (
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"math"
	"os"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"example.org/compute-pipeline/gohost"
	"example.org/compute-pipeline/gohost/grade"
)

// docs/contract.md, against the engine and the judge.

func contractText(t *testing.T) string {
	t.Helper()
	text, err := os.ReadFile("../../docs/contract.md")
	require.NoError(t, err)
	return string(text)
}

// table returns the cells of the first table in a section, without its head.
func table(t *testing.T, heading string) (rows [][]string) {
	t.Helper()
	_, section, found := strings.Cut(contractText(t), "\n"+heading+"\n")
	require.True(t, found, heading)
	for line := range strings.Lines(section) {
		line = strings.TrimSpace(line)
		if !strings.HasPrefix(line, "|") {
			if rows != nil {
				break
			}
			continue
		}
		var cells []string
		for cell := range strings.SplitSeq(line[1:len(line)-1], "|") {
			cells = append(cells, strings.TrimSpace(cell))
		}
		rows = append(rows, cells)
	}
	require.Greater(t, len(rows), 3, heading)
	return rows[2:]
}

func newEngine(t *testing.T) *gohost.Engine {
	t.Helper()
	e, err := gohost.New(t.Context(), gohost.WithMaxInstances(1))
	require.NoError(t, err)
	t.Cleanup(func() { assert.NoError(t, e.Close(t.Context())) })
	return e
}

func double(t *testing.T, text string) float64 {
	t.Helper()
	x, err := strconv.ParseFloat(text, 64)
	require.NoError(t, err)
	return x
}

func TestContractsExamplesOfAggregates(t *testing.T) {
	e := newEngine(t)
	for _, row := range table(t, "## compute-aggregate") {
		var values []float64
		for _, word := range strings.FieldsFunc(row[0], func(r rune) bool { return r == ',' || r == ' ' }) {
			values = append(values, double(t, word))
		}
		got, err := e.ComputeAggregate(t.Context(), pointsOf(values))
		require.NoError(t, err)
		assert.Equal(t, row[1:], []string{short(got.Mean), short(got.Variance), short(got.Sum)}, row[0])
		require.NoError(t, grade.Exact.CheckAggregate(pointsOf(values), got), row[0])
		require.NoError(t, grade.Stable.CheckAggregate(pointsOf(values), got), row[0])
	}
}

func short(x float64) string { return strconv.FormatFloat(x, 'g', -1, 64) }

func TestContractsExamplesOfTexts(t *testing.T) {
	e := newEngine(t)
	onePoint := pointsOf([]float64{2})
	parseFailed := &gohost.GuestError{Message: "Parse failed: no"}
	for _, row := range table(t, "## validate-stream") {
		text := []byte(strings.Trim(row[0], "`"))
		got, err := e.ValidateStream(t.Context(), text)
		require.NoError(t, grade.Exact.CheckStream(text, got, err), row[0])
		require.NoError(t, grade.Stable.CheckStream(text, got, err), row[0])
		answer := "read"
		if err != nil {
			answer = "refused"
			if strings.HasSuffix(err.Error(), ": Empty dataset") {
				answer = "empty"
			}
		}
		assert.Equal(t, row[1], answer, row[0])
		assert.Equal(t, row[1] == "refused", grade.Exact.CheckStream(text, nil, parseFailed) == nil, row[0])
		assert.Equal(t, row[2] == "refused" || row[2] == "free", grade.Stable.CheckStream(text, nil, parseFailed) == nil, row[0])
		if row[2] != "free" {
			assert.Equal(t, row[1], row[2], row[0])
			require.Error(t, grade.Stable.CheckStream(text, onePoint, nil), row[0])
		}
	}
	assert.Contains(t, contractText(t), fmt.Sprintf("nested more than %d deep", grade.FreeDepth))
}

func TestContractsExamplesOfBatches(t *testing.T) {
	e := newEngine(t)
	pair := regexp.MustCompile(`\((\d+), ([^)]+)\)`)
	packed := func(cell string) (batch []byte) {
		for _, match := range pair.FindAllStringSubmatch(cell, -1) {
			time, err := strconv.ParseUint(match[1], 10, 64)
			require.NoError(t, err)
			batch = binary.LittleEndian.AppendUint64(batch, time)
			batch = binary.LittleEndian.AppendUint64(batch, math.Float64bits(double(t, match[2])))
		}
		return batch
	}
	for _, row := range table(t, "## process-batch") {
		got, err := e.ProcessBatch(t.Context(), packed(row[0]))
		require.NoError(t, err)
		assert.Equal(t, packed(row[1]), got, row[0])
		require.NoError(t, grade.CheckBatch(packed(row[0]), got, nil))
	}
	for data, crc := range map[string]uint32{"123456789": 0xcbf43926, "": 0} {
		ok, err := e.ValidateChecksum(t.Context(), []byte(data), crc)
		require.NoError(t, err)
		assert.True(t, ok)
	}
	assert.Contains(t, contractText(t), "`123456789` is 0xcbf43926, that of no bytes 0.")
}

func TestContractsExampleOfAState(t *testing.T) {
	e := newEngine(t)
	points := []gohost.Datapoint{{Timestamp: 10, Value: 1.5}, {Timestamp: 20, Value: -0.25}}
	var state []byte
	a, b := 0, 0
	for _, row := range table(t, "### States") {
		part, err := hex.DecodeString(strings.ReplaceAll(strings.Trim(row[1], "`"), " ", ""))
		require.NoError(t, err)
		offset, known := map[string]int{"50 + 4 a": 50 + 4*a, "50 + 4 (a + b)": 50 + 4*(a+b)}[row[0]]
		if !known {
			offset, err = strconv.Atoi(row[0])
			require.NoError(t, err)
		}
		require.Equal(t, offset, len(state), row[0])
		if state = append(state, part...); len(state) == 10 {
			a, b = int(state[7]), int(state[9])
		}
	}
	got, err := e.Fold(t.Context(), nil, points)
	require.NoError(t, err)
	assert.Equal(t, hex.EncodeToString(got), hex.EncodeToString(state))
	require.NoError(t, grade.CheckState("fold", points, state))
	stat, err := e.Finish(t.Context(), state)
	require.NoError(t, err)
	require.NoError(t, grade.CheckStatistics(points, stat))
	assert.Contains(t, contractText(t), fmt.Sprintf("S = %v and Q = 2.3125", stat.Sum))
	assert.Contains(t, contractText(t), fmt.Sprintf("the mean is S / n = %v, and the variance (n Q - S²) / n² = %v.", stat.Mean, stat.Variance))
}

func TestContractsExamplesOfErrors(t *testing.T) {
	e := newEngine(t)
	text := strings.ReplaceAll(contractText(t), "\n", " ")
	_, invalid := e.ValidateStream(t.Context(), []byte(`[{"timestamp": 1}]`))
	_, noState := e.Finish(t.Context(), []byte{0})
	for _, err := range []error{invalid, noState} {
		var guest *gohost.GuestError
		require.ErrorAs(t, err, &guest)
		assert.Contains(t, text, "The engine says `"+strings.Repeat("`", strings.Count(guest.Message, "`")/2)+guest.Message+"`")
	}
}

// Violations name sections of the page.
func TestSectionsOfTheContract(t *testing.T) {
	var anchors []string
	for _, heading := range regexp.MustCompile(`(?m)^#+ (.*)$`).FindAllStringSubmatch(contractText(t), -1) {
		anchors = append(anchors, strings.ReplaceAll(strings.ToLower(heading[1]), " ", "-"))
	}
	for _, section := range grade.Sections {
		assert.Contains(t, anchors, section)
	}
}
