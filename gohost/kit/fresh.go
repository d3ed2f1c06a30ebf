package kit

import (
	"encoding/json"
	"fmt"
	"hash/crc32"
	"math"
	"math/rand/v2"
	"strconv"
	"strings"

	"example.org/compute-pipeline/gohost"
	"example.org/compute-pipeline/gohost/vectors"
)

// freshCount is how many fresh cases each function has.
const freshCount = 100

// freshCases returns random cases of the engine's contract whose right answers the kit
// computes (package reference), so that no module can know them.
func (c *checker) freshCases() (cases []*testCase) {
	if !c.own {
		return nil
	}
	for _, f := range c.functions {
		make := map[string]func(*rand.Rand) *testCase{
			"compute-aggregate": c.freshAggregate, "validate-stream": c.freshStream,
			"process-batch": c.freshBatch, "validate-checksum": c.freshChecksum,
			"fold": c.freshFold, "merge": c.freshMerge, "finish": c.freshFinish,
		}[f.name]
		if make == nil {
			continue // an interface of a later version
		}
		for i := range freshCount {
			t := make(c.random)
			t.id, t.fresh = fmt.Sprintf("fresh/%s/%d", f.name, i), true
			cases = append(cases, t)
		}
	}
	return cases
}

// byArguments returns a case of one call, judged by its arguments.
func (c *checker) byArguments(name string, args ...any) *testCase {
	return &testCase{
		steps: func() ([]step, error) { return []step{{c.function(name), args}}, nil },
		judge: func(c *checker, o *outcome) (*Failure, error) {
			if err := c.judgeCall(o); err != nil {
				return c.violation(o, err), nil
			}
			return nil, nil
		},
	}
}

// byPoints returns a case of the summary, judged by the points of the state.
func (c *checker) byPoints(points []gohost.Datapoint, calls ...step) *testCase {
	return &testCase{
		steps: func() ([]step, error) { return calls, nil },
		judge: func(c *checker, o *outcome) (*Failure, error) {
			if err := judgePoints(o, points); err != nil {
				return c.violation(o, err), nil
			}
			return nil, nil
		},
	}
}

func (c *checker) freshAggregate(random *rand.Rand) *testCase {
	return c.byArguments("compute-aggregate", valueOf(randomPoints(random)))
}

func (c *checker) freshStream(random *rand.Rand) *testCase {
	text := randomText(random)
	if random.IntN(3) == 0 {
		text = damaged(random, text)
	}
	return c.byArguments("validate-stream", text)
}

func (c *checker) freshBatch(random *rand.Rand) *testCase {
	batch := packed(randomPoints(random))
	if random.IntN(10) == 0 {
		batch = append(batch, make([]byte, 1+random.IntN(15))...)
	}
	return c.byArguments("process-batch", batch)
}

func (c *checker) freshChecksum(random *rand.Rand) *testCase {
	data := make([]byte, random.IntN(1<<random.IntN(12)))
	for i := range data {
		data[i] = byte(random.Uint32())
	}
	sum := crc32.ChecksumIEEE(data)
	if random.IntN(3) == 0 {
		sum ^= 1 << random.IntN(32)
	}
	return c.byArguments("validate-checksum", data, uint64(sum))
}

func (c *checker) freshFold(random *rand.Rand) *testCase {
	points := randomPoints(random)
	return c.byPoints(points, c.folds(random, points)...)
}

// folds returns calls of fold that lead to the state of points.
func (c *checker) folds(random *rand.Rand, points []gohost.Datapoint) (calls []step) {
	fold, state := c.function("fold"), any([]byte{})
	for rest := points; len(calls) == 0 || len(rest) > 0; {
		n := len(rest)
		if len(calls) < 4 {
			n = random.IntN(n + 1)
		}
		calls = append(calls, step{fold, []any{state, valueOf(rest[:n])}})
		state, rest = &vectors.Ref{Step: len(calls) - 1}, rest[n:]
	}
	return calls
}

func (c *checker) freshMerge(random *rand.Rand) *testCase {
	a, b := randomPoints(random), randomPoints(random)
	calls := c.folds(random, a)
	ofA := &vectors.Ref{Step: len(calls) - 1}
	more := c.folds(random, b)
	for _, s := range more {
		if ref, ok := s.args[0].(*vectors.Ref); ok {
			s.args[0] = &vectors.Ref{Step: ref.Step + len(calls)}
		}
	}
	calls = append(calls, more...)
	ofB := &vectors.Ref{Step: len(calls) - 1}
	if random.IntN(2) == 0 {
		ofA, ofB = ofB, ofA
	}
	calls = append(calls, step{c.function("merge"), []any{ofA, ofB}})
	return c.byPoints(append(a, b...), calls...)
}

func (c *checker) freshFinish(random *rand.Rand) *testCase {
	points := randomPoints(random)
	calls := c.folds(random, points)
	return c.byPoints(points, append(calls, step{c.function("finish"), []any{&vectors.Ref{Step: len(calls) - 1}}})...)
}

// randomPoints returns points of one of several kinds.
func randomPoints(random *rand.Rand) []gohost.Datapoint {
	n := random.IntN(1 << random.IntN(10))
	value := randomValues(random)
	at, step := random.Uint64(), random.Uint64N(1000)
	points := make([]gohost.Datapoint, n)
	for i := range points {
		points[i] = gohost.Datapoint{Timestamp: at, Value: value()}
		switch random.IntN(8) {
		case 0:
			at = random.Uint64()
		case 1: // the same again
		default:
			at += step
		}
	}
	if n > 1 && random.IntN(20) == 0 {
		special := [...]float64{math.Inf(1), math.Inf(-1), math.NaN()}
		points[random.IntN(n)].Value = special[random.IntN(3)]
	}
	return points
}

// randomValues returns a source of values: like measurements, of any size, or such that
// large ones cancel.
func randomValues(random *rand.Rand) func() float64 {
	center, spread := random.NormFloat64()*1000, math.Exp(random.NormFloat64()*4)
	switch random.IntN(5) {
	case 0:
		return func() float64 { return math.Float64frombits(random.Uint64() &^ (1 << 62)) } // any below 2
	case 1:
		return func() float64 { return math.Ldexp(random.Float64()-0.5, random.IntN(2000)-1050) }
	case 2:
		large, next := 0.0, false
		return func() float64 {
			if next = !next; next {
				large = math.Ldexp(random.NormFloat64(), random.IntN(60))
				return large
			}
			return -large + random.Float64()
		}
	case 3:
		return func() float64 { return math.Round(center+spread*random.NormFloat64()) / 8 }
	}
	return func() float64 {
		return math.Round((center+spread*random.NormFloat64())*1000) / 1000
	}
}

// randomText returns points as JSON, in one of the ways in which people write it.
func randomText(random *rand.Rand) string {
	space := func() string { return [...]string{"", "", " ", "\n\t", "  \r\n"}[random.IntN(5)] }
	var b strings.Builder
	b.WriteString(space() + "[")
	for i, p := range randomPoints(random) {
		if math.IsNaN(p.Value) || math.IsInf(p.Value, 0) {
			p.Value = 0
		}
		if i > 0 {
			b.WriteString(space() + ",")
		}
		fields := []string{
			`"timestamp"` + space() + ":" + space() + strconv.FormatUint(p.Timestamp, 10),
			`"value":` + space() + randomNumber(random, p.Value),
		}
		if random.IntN(4) == 0 {
			name, _ := json.Marshal([...]string{"unit", "t", "é", "\x00", "values"}[random.IntN(5)])
			fields = append(fields, string(name)+":"+[...]string{`null`, `"°C \u00e9\n"`, `[1,{"value":2}]`, `{}`, `-0.0e5`, `true`}[random.IntN(6)])
		}
		random.Shuffle(len(fields), func(i, j int) { fields[i], fields[j] = fields[j], fields[i] })
		b.WriteString(space() + "{" + space() + strings.Join(fields, space()+","+space()) + space() + "}")
	}
	b.WriteString(space() + "]" + space())
	return b.String()
}

// randomNumber returns a double as a JSON number: shortest, with an exponent, or with more
// digits than it needs.
func randomNumber(random *rand.Rand, v float64) string {
	switch random.IntN(4) {
	case 0:
		return strconv.FormatFloat(v, 'e', -1, 64)
	case 1:
		return strings.ToUpper(strconv.FormatFloat(v, 'e', 16+random.IntN(5), 64))
	case 2:
		if a := math.Abs(v); a == 0 || a > 1e-20 && a < 1e20 {
			return strconv.FormatFloat(v, 'f', random.IntN(30), 64)
		}
	}
	return strconv.FormatFloat(v, 'g', -1, 64)
}

// damaged returns a text with one change, which is usually no JSON any more.
func damaged(random *rand.Rand, text string) string {
	at := random.IntN(len(text))
	piece := [...]string{",", "]", "{", "\"", "1", "-", ".", "e", " ", "nul", "\\", "/"}[random.IntN(12)]
	out := text[:at] + piece + text[at+1:]
	switch random.IntN(3) {
	case 0:
		out = text[:at]
	case 1:
		out = text[:at] + piece + text[at:]
	}
	return strings.ToValidUTF8(out, "?")
}
