package sources

import (
	"context"
	"fmt"
	"io"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"example.org/compute-pipeline/gohost"
	"example.org/compute-pipeline/gohost/input"
)

// firstBytes is how much of an input decides what it is.
const firstBytes = 4096

func justParse(context.Context, *input.Piece) (struct{}, error) { return struct{}{}, nil }

// What slowly arrives is worked on before there is enough for a piece, and an error ends the
// run although the input has not ended. Only the first firstBytes bytes are waited for.
func TestASlowInputIsReadAsItArrives(t *testing.T) {
	engine, err := gohost.New(t.Context())
	require.NoError(t, err)
	defer engine.Close(context.Background())
	for format, parts := range map[input.Format][3]string{
		input.NDJSON: {"", `{"timestamp":1,"value":2}` + "\n", "\n{\"timestamp\":1,\"value\":x}\n"},
		input.CSV:    {"", "1,2\n", "\n1,x\n"},
		input.JSON:   {"[", `{"timestamp":1,"value":2}` + ",\n", "\n{\"timestamp\":1,\"value\":x},{"},
	} {
		for _, n := range []int{1, 4} {
			in, writer := io.Pipe()
			source, err := Open(t.Context(), "-", in, input.NoCompression)
			require.NoError(t, err)
			written := make(chan error, 1)
			go func() {
				_, err := io.WriteString(writer, parts[0]+strings.Repeat(parts[1], firstBytes)+parts[2])
				written <- err
			}()
			reader, err := input.NewReader(source, input.Options{Format: format, Validate: engine.AppendValidated})
			require.NoError(t, err)
			err = input.Each(t.Context(), reader, n, justParse, func(*input.Piece, struct{}) error { return nil })
			require.ErrorContains(t, err, fmt.Sprintf("line %d, column", firstBytes+2), "%s, %d", format, n)
			require.NoError(t, source.Close())
			require.NoError(t, <-written)
			require.NoError(t, writer.Close())
		}
	}
}

func TestACancelledContextEndsTheWork(t *testing.T) {
	for _, n := range []int{1, 4} {
		ctx, cancel := context.WithCancel(t.Context())
		in, writer := io.Pipe()
		source, err := Open(ctx, "-", in, input.NoCompression)
		require.NoError(t, err)
		written := make(chan error, 1)
		go func() {
			_, err := io.WriteString(writer, strings.Repeat("1,2\n", firstBytes))
			written <- err
		}()
		reader, err := input.NewReader(source, input.Options{Format: input.CSV})
		require.NoError(t, err)
		err = input.Each(ctx, reader, n, justParse, func(*input.Piece, struct{}) error { cancel(); return nil })
		require.ErrorIs(t, err, context.Canceled)
		require.NoError(t, source.Close())
		require.NoError(t, in.Close())
		<-written
	}
}

func TestACancelledContextEndsARead(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	blocked, writer := io.Pipe()
	defer writer.Close()
	source, err := Open(ctx, "-", blocked, input.AnyCompression)
	require.NoError(t, err)
	cancel()
	_, err = source.Read(make([]byte, 1))
	require.ErrorIs(t, err, context.Canceled)
	require.NoError(t, source.Close())
}
