package input

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/stretchr/testify/require"

	"example.org/compute-pipeline/gohost"
)

func ExamplePoints() {
	ctx := context.Background()
	eng, err := gohost.New(ctx)
	if err != nil {
		log.Fatal(err)
	}
	defer eng.Close(ctx)

	text := "time,°C\n2010-01-01T00:00:00Z,3.5\n2010-01-01T01:00:00Z,4\n2010-01-01T02:00:00Z,warm\n"
	var state []byte
	for points, err := range Points(ctx, strings.NewReader(text), Options{Validate: eng.AppendValidated}) {
		if err != nil {
			fmt.Println(err)
			break
		}
		if state, err = eng.Fold(ctx, state, points); err != nil {
			log.Fatal(err)
		}
	}
	stat, err := eng.Finish(ctx, state)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(stat.Count, stat.Mean)
	// Output:
	// line 4, column 22: column "°C": expected a finite number, found "warm"; if it stands for no value: Options.Missing skip Options.MissingTexts 'warm'
	// 2 3.75
}

func TestPointsEndWhenTheLoopDoes(t *testing.T) {
	rows := "t,v\n" + strings.Repeat("1,2\n", 10_000)
	loops := 0
	for points, err := range Points(t.Context(), strings.NewReader(rows), Options{PieceSize: 100}) {
		require.NoError(t, err)
		require.NotEmpty(t, points)
		if loops++; loops == 3 {
			break
		}
	}
	require.Equal(t, 3, loops)

	broken := errors.New("broken pipe")
	count := 0
	var last error
	for points, err := range Points(t.Context(), io.MultiReader(strings.NewReader(rows), iotest.ErrReader(broken)), Options{}) {
		require.NoError(t, last, "nothing follows an error")
		count += len(points)
		last = err
	}
	require.ErrorIs(t, last, broken)
	require.Equal(t, 10_000, count)

	for _, err := range Points(t.Context(), strings.NewReader(" \n"), Options{}) {
		require.ErrorIs(t, err, ErrEmpty)
	}
}

func TestMessagesNameOptionsAsTheProgramDoes(t *testing.T) {
	for want, names := range map[string]Names{
		"name it with Options.Time":  {},
		"name it with --time_column": {Time: "--time_column"},
	} {
		_, err := NewReader(strings.NewReader("a,b,c\n1,2,3\n"), Options{Names: names})
		var data *DataError
		require.ErrorAs(t, err, &data)
		require.ErrorContains(t, err, want)
	}
}

func TestPointsEndWithTheContext(t *testing.T) {
	for _, format := range []Format{CSV, Packed} {
		text := strings.Repeat("1,2\n", 1<<20) // and 16 bytes are a packed point
		ctx, cancel := context.WithCancel(t.Context())
		slices, last := 0, error(nil)
		for points, err := range Points(ctx, strings.NewReader(text), Options{Format: format}) {
			cancel()
			if len(points) > 0 {
				slices++
			}
			last = err
		}
		cancel()
		require.Equal(t, 1, slices, format)
		require.ErrorIs(t, last, context.Canceled, format)
	}
}
