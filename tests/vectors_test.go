package tests

import (
	"encoding/hex"
	"encoding/json"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"example.org/compute-pipeline/gohost"
)

// The vectors as tests/vectors/README.md defines them.

const vectorsFormat = 1

// functions are the names of the vector files, in the order of all tables.
var functions = []string{
	"compute-aggregate", "validate-stream", "process-batch", "validate-checksum", "fold", "merge", "finish",
}

type vectors struct {
	cases []*vector // of all files
	sets  map[string][]gohost.Datapoint
}

// vector is one case. Which fields there are depends on the function.
type vector struct {
	ID       string    `json:"id"`
	Points   []segment `json:"points"`
	Raw      []piece   `json:"raw"`
	Input    []piece   `json:"input"`
	Data     []piece   `json:"data"`
	Expected uint32    `json:"expected"`
	Group    string    `json:"group"`
	State    *recipe   `json:"state"`
	Want     want      `json:"want"`

	function string
}

type segment struct {
	Set    string  `json:"set"`
	From   int     `json:"from"`
	To     *int    `json:"to"`
	Stride *int    `json:"stride"`
	First  string  `json:"first"`
	Step   string  `json:"step"`
	Repeat *int    `json:"repeat"`
	Times  *string `json:"times"`
	Values string  `json:"values"`
}

type piece struct {
	Text   string `json:"text"`
	Hex    string `json:"hex"`
	Repeat *int   `json:"repeat"`
}

type recipe struct {
	Hex    *string    `json:"hex"`
	Fold   *recipe    `json:"fold"`
	Points []segment  `json:"points"`
	By     int        `json:"by"`
	Merge  *[2]recipe `json:"merge"`
	Double *recipe    `json:"double"`
	Times  int        `json:"times"`
	Edit   *recipe    `json:"edit"`
	Keep   *int       `json:"keep"`
	Xor    [][2]int   `json:"xor"`
	Append string     `json:"append"`
	Seal   bool       `json:"seal"`
}

// want is what the vectors expect of a [result].
type want struct {
	Floats     *string         `json:"floats"`
	Points     []segment       `json:"points"`
	Error      *string         `json:"error"`
	Bytes      *string         `json:"bytes"`
	Bool       *bool           `json:"bool"`
	Statistics *statisticsText `json:"statistics"`
	Failure    bool            `json:"failure"`
	Same       bool            `json:"same"`
	Trap       *string         `json:"trap"`
	// Refused is the Go library's [gohost.ErrInvalidInput].
	Refused bool `json:"-"`
}

// result is what a runtime answered, in the one form that all runners print.
type result struct {
	Floats     *string         `json:"floats,omitempty"`
	Points     *pointsText     `json:"points,omitempty"`
	Bytes      *string         `json:"bytes,omitempty"`
	Bool       *bool           `json:"bool,omitempty"`
	State      *string         `json:"state,omitempty"`
	Statistics *statisticsText `json:"statistics,omitempty"`
	Error      *string         `json:"error,omitempty"`
	Trap       *string         `json:"trap,omitempty"`
	// Refused is the message of [gohost.ErrInvalidInput]; only the Go library
	// has it.
	Refused *string `json:"refused,omitempty"`
}

type pointsText struct {
	Times  string `json:"times"`
	Values string `json:"values"`
}

type statisticsText struct {
	Count    string `json:"count"`
	Mean     string `json:"mean"`
	Variance string `json:"variance"`
	Sum      string `json:"sum"`
	Min      string `json:"min"`
	Max      string `json:"max"`
	First    string `json:"first"`
	Last     string `json:"last"`
}

func readVectors(dir string) (*vectors, error) {
	var shared struct {
		Format int                  `json:"format"`
		Sets   map[string][]segment `json:"sets"`
	}
	if err := readJSON(filepath.Join(dir, "sets.json"), &shared); err != nil {
		return nil, err
	}
	if shared.Format != vectorsFormat {
		return nil, fmt.Errorf("sets.json: format %d, expected %d", shared.Format, vectorsFormat)
	}
	v := &vectors{sets: make(map[string][]gohost.Datapoint)}
	for name, segments := range shared.Sets {
		points, err := v.points(segments)
		if err != nil {
			return nil, fmt.Errorf("set %s: %w", name, err)
		}
		v.sets[name] = points
	}
	for _, function := range functions {
		var file struct {
			Format   int       `json:"format"`
			Function string    `json:"function"`
			Cases    []*vector `json:"cases"`
		}
		name := function + ".json"
		if err := readJSON(filepath.Join(dir, name), &file); err != nil {
			return nil, err
		}
		if file.Format != vectorsFormat || file.Function != function {
			return nil, fmt.Errorf("%s: format %d of %s, expected %d of %s", name, file.Format, file.Function, vectorsFormat, function)
		}
		for _, c := range file.Cases {
			c.function = function
			v.cases = append(v.cases, c)
		}
	}
	return v, nil
}

func readJSON(path string, to any) error {
	text, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	if err := json.Unmarshal(text, to); err != nil {
		return fmt.Errorf("%s: %w", path, err)
	}
	return nil
}

// points expands segments.
func (v *vectors) points(segments []segment) ([]gohost.Datapoint, error) {
	var points []gohost.Datapoint
	for _, s := range segments {
		if s.Set != "" {
			whole, ok := v.sets[s.Set]
			if !ok {
				return nil, fmt.Errorf("unknown set %s", s.Set)
			}
			stride := orOne(s.Stride)
			to := len(whole)
			if s.To != nil {
				to = *s.To
			}
			for i := s.From; i < to; i++ {
				points = append(points, whole[i*stride%len(whole)])
			}
			continue
		}
		values, err := doubles(s.Values)
		if err != nil {
			return nil, err
		}
		if s.Times != nil {
			times := strings.Fields(*s.Times)
			if len(times) != len(values) {
				return nil, fmt.Errorf("%d times, %d values", len(times), len(values))
			}
			for i, text := range times {
				time, err := strconv.ParseUint(text, 10, 64)
				if err != nil {
					return nil, err
				}
				points = append(points, gohost.Datapoint{Timestamp: time, Value: values[i]})
			}
			continue
		}
		time, err := strconv.ParseUint(s.First, 10, 64)
		if err != nil {
			return nil, err
		}
		step, err := strconv.ParseUint(s.Step, 10, 64)
		if err != nil {
			return nil, err
		}
		for range orOne(s.Repeat) {
			for _, value := range values {
				points = append(points, gohost.Datapoint{Timestamp: time, Value: value})
				time += step
			}
		}
	}
	return points, nil
}

// text expands the pieces of a text.
func text(pieces []piece) []byte {
	var b strings.Builder
	for _, p := range pieces {
		b.WriteString(strings.Repeat(p.Text, orOne(p.Repeat)))
	}
	return []byte(b.String())
}

// bytesOf expands the pieces of a list of bytes.
func bytesOf(pieces []piece) ([]byte, error) {
	var b strings.Builder
	for _, p := range pieces {
		b.WriteString(strings.Repeat(p.Hex, orOne(p.Repeat)))
	}
	return hex.DecodeString(b.String())
}

func orOne(n *int) int {
	if n == nil {
		return 1
	}
	return *n
}

// doubles reads the hex of doubles' bits.
func doubles(text string) ([]float64, error) {
	words := strings.Fields(text)
	values := make([]float64, len(words))
	for i, word := range words {
		bits, err := strconv.ParseUint(word, 16, 64)
		if err != nil || len(word) != 16 {
			return nil, fmt.Errorf("%q is not 16 hex digits", word)
		}
		values[i] = math.Float64frombits(bits)
	}
	return values, nil
}

func bitsOf(x float64) string { return fmt.Sprintf("%016x", math.Float64bits(x)) }

func floatsText(values ...float64) *string {
	words := make([]string, len(values))
	for i, x := range values {
		words[i] = bitsOf(x)
	}
	text := strings.Join(words, " ")
	return &text
}

func textOfPoints(points []gohost.Datapoint) *pointsText {
	times := make([]string, len(points))
	values := make([]string, len(points))
	for i, p := range points {
		times[i] = strconv.FormatUint(p.Timestamp, 10)
		values[i] = bitsOf(p.Value)
	}
	return &pointsText{Times: strings.Join(times, " "), Values: strings.Join(values, " ")}
}

func textOfStatistics(s gohost.Statistics) *statisticsText {
	decimal := func(n uint64) string { return strconv.FormatUint(n, 10) }
	return &statisticsText{
		Count: decimal(s.Count),
		Mean:  bitsOf(s.Mean), Variance: bitsOf(s.Variance), Sum: bitsOf(s.Sum),
		Min: bitsOf(s.Min), Max: bitsOf(s.Max),
		First: decimal(s.First), Last: decimal(s.Last),
	}
}
