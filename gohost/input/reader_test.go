package input

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/stretchr/testify/require"

	"example.org/compute-pipeline/gohost"
)

var engine *gohost.Engine

func TestMain(m *testing.M) {
	var err error
	if engine, err = gohost.New(context.Background()); err != nil {
		panic(err)
	}
	status := m.Run()
	if err := engine.Close(context.Background()); err != nil {
		panic(err)
	}
	os.Exit(status)
}

// answer is the complete result of a reader.
type answer struct {
	points    []gohost.Datapoint
	positions []Position // of the points, where that is asked for
	err       string
}

func read(t testing.TB, src io.Reader, opts Options, locate bool) answer {
	t.Helper()
	return readWith(t, 1, src, opts, locate)
}

// readWith works on n pieces at the same time.
func readWith(t testing.TB, n int, src io.Reader, opts Options, locate bool) answer {
	t.Helper()
	opts.Validate = engine.AppendValidated
	reader, err := NewReader(src, opts)
	if err != nil {
		return answer{err: err.Error()}
	}
	var a answer
	err = Each(t.Context(), reader, n, justParse, func(p *Piece, _ struct{}) error {
		a.points = append(a.points, p.Points...)
		if locate {
			for i := range p.Points {
				a.positions = append(a.positions, p.Locate(i))
			}
		}
		return nil
	})
	if err != nil {
		a.err = err.Error()
	}
	return a
}

func justParse(context.Context, *Piece) (struct{}, error) { return struct{}{}, nil }

// documents are inputs that are hard to cut, and some that are wrong.
var documents = []string{
	`[{"timestamp":1,"value":2}]`,
	` [ {"timestamp":1,"value":2} , {"timestamp":2,"value":3.5e0} ] `,
	`[[1,2.5],[3,4],{"value":1,"timestamp":9}]`,
	`[{"timestamp":1,"a":[1,[2,{"b":"],}\"\\"}]],"value":2},{"timestamp":2,"value":3,"c\\":",[{"}]`,
	`[{"timestamp":1,"a":"\"},{","value":2},{"timestamp":2,"value":3},{"b":"\\","timestamp":2,"value":3}]`,
	"[\n{\"timestamp\":1,\"value\":2},\n\n{\"timestamp\":2,\n\"value\":3}\r\n]\n",
	`[{"timestamp":1,"value":2,"é\u00e9":"日本"},{"timestamp":2,"value":3}]`,
	`[{"timestamp":1,"value":2},]`,
	`[,{"timestamp":1,"value":2}]`,
	`[{"timestamp":1,"value":2},,{"timestamp":3,"value":2},{"timestamp":3,"value":2}]`,
	`[{"timestamp":1,"value":2} {"timestamp":3,"value":2},{"timestamp":3,"value":2}]`,
	`[{"timestamp":1,"value":2},{"timestamp":3,"value":2},{"timestamp":3]`,
	`[{"timestamp":1,"value":2},{"timestamp":3,"value":2},{"timestamp":4,"value":2]`,
	`[{"timestamp":1,"value":2},tru,{"timestamp":4,"value":2}]`,
	`[{"timestamp":1,"value":2},"x`,
	`[{"timestamp":1,"value":2}}`,
	`[{"timestamp":1,"value":2}] ,`,
	`[{"timestamp":1,"value":2},1]`,
	`[{"timestamp":1,"value":-},{"timestamp":1,"value":2}]`,
	"[{\"timestamp\":1,\"value\":2},{\"timestamp\":2,\"value\":3,\"\xff\":1},{\"timestamp\":1,\"value\":2}]",
	"[{\"timestamp\":1,\"value\":2},,{\"timestamp\":2,\"value\":3,\"\xff\":1}]",
	"[{\"timestamp\":1,\"value\":2},{\"a\x01\":1}]",
	`[]`, `[`, `[ `, ``, `{}`, `[[]]`, `[{}]`, `[}`, `[]]`, `["]`, `[\`,
}

func TestACutArrayGivesWhatTheWholeOneDoes(t *testing.T) {
	for _, text := range documents {
		whole := read(t, strings.NewReader(text), Options{Format: JSON}, true)
		for size := 1; size <= len(text)+1; size++ {
			cut := read(t, strings.NewReader(text), Options{Format: JSON, PieceSize: size}, true)
			require.Equal(t, whole, cut, "pieces of %d bytes of %q", size, text)
		}
		dripping := read(t, iotest.OneByteReader(strings.NewReader(text)), Options{Format: JSON, PieceSize: 8}, true)
		require.Equal(t, whole, dripping, "byte by byte: %q", text)
		checkAgainstEngine(t, []byte(text), whole)
	}
}

// checkAgainstEngine compares what a reader said with what the engine says
// about the whole text: the same points, or both an error.
func checkAgainstEngine(t testing.TB, text []byte, got answer) {
	t.Helper()
	want, err := engine.ValidateStream(t.Context(), text)
	if err != nil {
		require.NotEmpty(t, got.err, "the engine says: %s", err)
		var guest *gohost.GuestError
		if errors.As(err, &guest) && guest.Message == "Empty dataset" {
			require.Equal(t, ErrEmpty.Error(), got.err)
		}
		return
	}
	require.Empty(t, got.err)
	require.Equal(t, len(want), len(got.points))
	for i := range want {
		require.Equal(t, want[i], got.points[i], "point %d", i)
	}
}

func FuzzCutArray(f *testing.F) {
	for i, text := range documents {
		f.Add([]byte(text), uint8(i))
	}
	f.Fuzz(func(t *testing.T, text []byte, size uint8) {
		whole := read(t, bytes.NewReader(text), Options{Format: JSON, Strict: true, PieceSize: 2*len(text) + 1}, true)
		cut := read(t, bytes.NewReader(text), Options{Format: JSON, Strict: true, PieceSize: int(size) + 1}, true)
		require.Equal(t, whole, cut)
		if !bytes.HasPrefix(text, []byte(byteOrderMark)) {
			checkAgainstEngine(t, text, whole)
		}
	})
}

func TestPiecesOfEveryFormatGiveTheSamePoints(t *testing.T) {
	var want []gohost.Datapoint
	var array, lines, rows, packed bytes.Buffer
	rows.WriteString("value;note;time\r\n")
	for i := range 500 {
		p := gohost.Datapoint{Timestamp: uint64(1e9 + i*i), Value: float64(i) / 7}
		want = append(want, p)
		separator := ","
		if i == 0 {
			separator = "["
		}
		fmt.Fprintf(&array, "%s{\"timestamp\":%d, \"value\":%v}", separator, p.Timestamp, p.Value)
		fmt.Fprintf(&lines, "%s{\"timestamp\":%d, \"value\":%v}\r\n", strings.Repeat("\n", i%3), p.Timestamp, p.Value)
		fmt.Fprintf(&rows, "%v;\"a \"\"note\"\"\n;\";%d\r\n", p.Value, p.Timestamp)
		packed.Write(gohost.AppendPacked(nil, p))
	}
	array.WriteString("]")
	for format, text := range map[Format][]byte{JSON: array.Bytes(), NDJSON: lines.Bytes(), CSV: rows.Bytes(), Packed: packed.Bytes()} {
		for _, size := range []int{1, 17, 100, 4096, 0} {
			for _, mark := range []string{"", byteOrderMark} {
				if format == Packed && mark != "" {
					continue
				}
				text := append([]byte(mark), text...)
				got := read(t, bytes.NewReader(text), Options{PieceSize: size}, false)
				require.Empty(t, got.err, format)
				require.Equal(t, want, got.points, "%s, pieces of %d bytes", format, size)
			}
		}
	}
}

func TestLocateFindsEveryPoint(t *testing.T) {
	for format, text := range map[Format]string{
		JSON:   " [ {\"timestamp\":10,\"value\":1},\n\n {\"timestamp\":20,\"value\":1},[30,1]\n, {\"timestamp\":40,\"value\":1}]",
		NDJSON: "\n {\"timestamp\":10,\"value\":1}\n\n{\"timestamp\":20,\"value\":1}\n[30,1]\n",
	} {
		for size := 1; size < 80; size++ {
			got := read(t, strings.NewReader(text), Options{Format: format, PieceSize: size}, true)
			require.Empty(t, got.err)
			for i, p := range got.points {
				at := got.positions[i]
				mark := fmt.Sprintf("{\"timestamp\":%d", p.Timestamp)
				if p.Timestamp == 30 {
					mark = "[30"
				}
				require.True(t, strings.HasPrefix(text[at.Offset:], mark), "%s, size %d, point %d: %s", format, size, i, at)
				before := text[:at.Offset]
				require.Equal(t, int64(strings.Count(before, "\n")+1), at.Line)
				require.Equal(t, int64(len(before)-strings.LastIndex(before, "\n")), at.Column)
			}
		}
	}
}

func TestNumbersInCellsAreRoundedAsJSONNumbersAre(t *testing.T) {
	for cell, want := range map[string]float64{
		"1": 1, "-1.5": -1.5, "+2": 2, ".5": .5, "5.": 5, "007": 7, "-0.0": 0, " 3e2 ": 300, "1E-3": 1e-3,
		"9007199254740993": 9007199254740992, "+9007199254740993": 9007199254740992,
		"0.1000000000000000055511151231257827": .1, "32900863065080862.00": 32900863065080862,
	} {
		got := read(t, strings.NewReader("t,v\n1,"+cell+"\n"), Options{Format: CSV}, false)
		require.Empty(t, got.err, cell)
		require.Equal(t, want, got.points[0].Value, cell)
	}
	for _, cell := range []string{"1_0", "0x10", "1,5", "--1", "1e", "e1", ".", "-", "1 2", "١"} {
		got := read(t, strings.NewReader("t;v\n1;"+cell+"\n"), Options{Format: CSV}, false)
		require.Contains(t, got.err, `column "v": expected a`, cell)
	}
}

func TestColumnsAreRecognised(t *testing.T) {
	for header, want := range map[string][2]int{
		"timestamp,value": {0, 1}, "Value,Time": {1, 0}, "id,DATE,Temp": {1, 2}, "ts,val,temp": {0, 1},
		"time,humidity": {0, 1}, "anything,time": {1, 0}, "Unix Time,Reading,x": {0, 1}, "date,timestamp,v": {1, 2},
	} {
		r := &csvParser{names: strings.Split(header, ",")}
		require.NoError(t, r.findColumns(Options{}), header)
		require.Equal(t, want, [2]int{r.time, r.values[0]}, header)
	}
}
