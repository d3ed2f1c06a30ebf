package wasi2

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"io"
	"math"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"example.org/compute-pipeline/gohost/cabi"
	"example.org/compute-pipeline/gohost/internal/fuel"
	"example.org/compute-pipeline/gohost/internal/granted"
)

// Every function is implemented, and nothing else is.
func TestWhatIsImplemented(t *testing.T) {
	implemented := 0
	for _, i := range Interfaces() {
		name := strings.TrimPrefix(i.Name, "wasi:")
		for _, f := range i.Functions {
			if functions[name][f.Name] != nil {
				implemented++
				continue
			}
			socket, isMethod := strings.CutPrefix(f.Name, "[method]")
			socket, _, _ = strings.Cut(socket, ".")
			assert.True(t, isMethod && strings.HasPrefix(name, "sockets/") && resources[socket] != nil, "%s#%s", name, f.Name)
		}
		for _, r := range i.Resources {
			require.NotNil(t, resources[r], r)
			assert.Equal(t, i.Name, resources[r].Interface)
		}
	}
	for _, list := range functions {
		implemented -= len(list)
	}
	assert.Zero(t, implemented, "functions that no interface has")
	assert.Contains(t, importsText, "import\twasi:io/poll\t"+Version+"\n")
}

func TestACommandsSurroundingsAreEmpty(t *testing.T) {
	g := newGuest(t, t.Context(), granted.Config{})
	for _, name := range []string{"cli/environment#get-environment", "cli/environment#get-arguments", "filesystem/preopens#get-directories"} {
		g.put(atResult, bytes.Repeat([]byte{0xff}, 8))
		g.call(name, atResult)
		assert.Zero(t, g.u32(atResult+4), name)
	}
	for _, name := range []string{
		"cli/environment#initial-cwd", "cli/terminal-stdin#get-terminal-stdin",
		"cli/terminal-stdout#get-terminal-stdout", "cli/terminal-stderr#get-terminal-stderr",
	} {
		g.put(atResult, []byte{0xff})
		g.call(name, atResult)
		assert.Zero(t, g.u8(atResult), name)
	}
	for name, code := range map[string]uint64{"exit": 1, "exit-with-code": 7} {
		_, err := g.try("cli/exit#"+name, code)
		var trap *cabi.Trap
		require.ErrorAs(t, err, &trap)
		assert.Contains(t, trap.Message, "the guest ended itself with exit code")
	}
	assert.Contains(t, g.violation("cli/exit#exit", 2), "is no case of a result")
}

func TestStandardStreams(t *testing.T) {
	var out, err bytes.Buffer
	g := newGuest(t, t.Context(), granted.Config{Stdout: &out, Stderr: &err})
	streams := []uint64{g.call("cli/stdout#get-stdout"), g.call("cli/stderr#get-stderr")}
	for _, s := range streams {
		g.method("output-stream", "check-write", s, atResult)
		require.Zero(t, g.u8(atResult))
		assert.EqualValues(t, granted.Chunk, g.u64(atResult+8))
		ptr, n := g.text("a line\nand more")
		g.method("output-stream", "write", s, ptr, n, atResult)
		require.Zero(t, g.u8(atResult))
		g.method("output-stream", "blocking-write-and-flush", s, ptr, 2, atResult)
		require.Zero(t, g.u8(atResult))
		g.method("output-stream", "write-zeroes", s, 3, atResult)
		require.Zero(t, g.u8(atResult))
		g.method("output-stream", "blocking-write-zeroes-and-flush", s, 1, atResult)
		require.Zero(t, g.u8(atResult))
		for _, name := range []string{"flush", "blocking-flush"} {
			g.method("output-stream", name, s, atResult)
			require.Zero(t, g.u8(atResult), name)
		}
		ready := g.method("output-stream", "subscribe", s)
		assert.EqualValues(t, 1, g.method("pollable", "ready", ready))
	}
	assert.Equal(t, "a line\nand morea \x00\x00\x00\x00", out.String())
	assert.Equal(t, out.String(), err.String())

	in := g.call("cli/stdin#get-stdin")
	for _, name := range []string{"read", "blocking-read", "skip", "blocking-skip"} {
		g.method("input-stream", name, in, math.MaxUint64, atResult)
		assert.EqualValues(t, 1, g.u8(atResult), name)
		offset := uint32(4)
		if strings.HasSuffix(name, "skip") {
			offset = 8
		}
		assert.EqualValues(t, 1, g.u8(atResult+offset), "%s: closed", name)
	}
	g.method("output-stream", "splice", streams[0], in, 5, atResult)
	assert.EqualValues(t, 1, g.u8(atResult))

	// What is too much at once ends the guest before anything is copied.
	for name, most := range map[string]uint64{
		"write": granted.Chunk, "blocking-write-and-flush": maxBlockingWrite,
		"write-zeroes": granted.Chunk, "blocking-write-zeroes-and-flush": maxBlockingWrite,
	} {
		args := []uint64{streams[0], 0, most + 1, atResult}
		if strings.Contains(name, "zeroes") {
			args = []uint64{streams[0], most + 1, atResult}
		}
		assert.Contains(t, g.violation("io/streams#[method]output-stream."+name, args...), "are written at once", name)
	}
}

// Without the grant, output is discarded.
func TestOutputWithoutAGrant(t *testing.T) {
	g := newGuest(t, t.Context(), granted.Config{})
	s := g.call("cli/stdout#get-stdout")
	g.method("output-stream", "write", s, 0, 100, atResult)
	assert.Zero(t, g.u8(atResult))
}

type broken struct{}

func (broken) Write([]byte) (int, error) { return 0, io.ErrClosedPipe }
func (broken) Read([]byte) (int, error)  { return 0, io.ErrClosedPipe }

func TestAStreamThatFails(t *testing.T) {
	g := newGuest(t, t.Context(), granted.Config{Stdout: broken{}, Random: broken{}})
	s := g.call("cli/stdout#get-stdout")
	g.method("output-stream", "write", s, 0, 1, atResult)
	require.EqualValues(t, 1, g.u8(atResult))
	require.Zero(t, g.u8(atResult+4), "last-operation-failed")
	failed := uint64(g.u32(atResult + 8))
	g.method("error", "to-debug-string", failed, atResult)
	assert.Equal(t, "input/output error", g.list(atResult))
	g.call("filesystem/types#filesystem-error-code", failed, atResult)
	assert.Equal(t, []byte{1, byte(io_)}, g.bytes(atResult, 2))
	g.drop("io/error", "error", failed)

	_, err := g.try("random/random#get-random-u64")
	var host *cabi.HostError
	require.ErrorAs(t, err, &host)
}

func TestClocks(t *testing.T) {
	now := granted.Began.Add(12345678901)
	g := newGuest(t, t.Context(), granted.Config{Now: func() time.Time { return now }})
	assert.EqualValues(t, 12345678901, g.call("clocks/monotonic-clock#now"))
	assert.EqualValues(t, 1, g.call("clocks/monotonic-clock#resolution"))
	g.call("clocks/wall-clock#now", atResult)
	assert.EqualValues(t, now.Unix(), g.u64(atResult))
	assert.EqualValues(t, now.Nanosecond(), g.u32(atResult+8))
	g.call("clocks/wall-clock#resolution", atResult)
	assert.EqualValues(t, 0, g.u64(atResult))
	assert.EqualValues(t, 1000, g.u32(atResult+8))

	instant := func(at uint64) uint64 { return g.call("clocks/monotonic-clock#subscribe-instant", at) }
	for at, ready := range map[uint64]uint64{0: 1, 12345678901: 1, 12345678902: 0, math.MaxUint64: 0} {
		assert.Equal(t, ready, g.method("pollable", "ready", instant(at)), at)
	}
	duration := g.call("clocks/monotonic-clock#subscribe-duration", math.MaxUint64)
	assert.Zero(t, g.method("pollable", "ready", duration), "it does not begin anew")

	// The first to be ready, and all others that are ready then.
	stream := g.method("output-stream", "subscribe", g.call("cli/stdout#get-stdout"))
	for _, test := range []struct {
		pollables []uint64
		ready     []uint32
	}{
		{[]uint64{duration, stream, instant(7), duration, stream}, []uint32{1, 2, 4}},
		{[]uint64{instant(12345678903), duration, instant(12345678902)}, []uint32{2}},
		{[]uint64{instant(12345678902), instant(12345678902)}, []uint32{0, 1}},
	} {
		var list []byte
		for _, p := range test.pollables {
			list = le.AppendUint32(list, uint32(p))
		}
		g.put(atData, list)
		g.call("io/poll#poll", atData, uint64(len(test.pollables)), atResult)
		got := make([]uint32, g.u32(atResult+4))
		_, err := binary.Decode(g.bytes(g.u32(atResult), 4*uint32(len(got))), le, got)
		require.NoError(t, err)
		assert.Equal(t, test.ready, got)
	}
	g.method("pollable", "block", instant(12345678901))
}

// A wait ends with its call, and is paid for.
func TestAWaitEndsWithItsCall(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	g := newGuest(t, ctx, granted.Config{Now: time.Now})
	forever := g.call("clocks/monotonic-clock#subscribe-duration", math.MaxUint64)
	g.put(atData, le.AppendUint32(nil, uint32(forever)))
	cancel()
	for name, args := range map[string][]uint64{"io/poll#poll": {atData, 1, atResult}, "io/poll#[method]pollable.block": {forever}} {
		_, err := g.try(name, args...)
		require.ErrorIs(t, err, context.Canceled, name)
	}
}

func TestRandomNumbers(t *testing.T) {
	source := func() io.Reader { return rand.NewChaCha8([32]byte{1}) }
	want := make([]byte, 3*granted.Chunk)
	_, err := io.ReadFull(source(), want)
	require.NoError(t, err)
	for _, iface := range []string{"random", "insecure"} {
		g := newGuest(t, t.Context(), granted.Config{Random: source()})
		prefix := map[string]string{"random": "get-random-", "insecure": "get-insecure-random-"}[iface]
		at := 0
		for _, n := range []int{0, 1, 7, granted.Chunk, granted.Chunk + 9} {
			g.call("random/"+iface+"#"+prefix+"bytes", uint64(n), atResult)
			assert.Equal(t, string(want[at:at+n]), g.list(atResult), n)
			at += n
		}
		assert.Equal(t, le.Uint64(want[at:]), g.call("random/"+iface+"#"+prefix+"u64"))
		g.call("random/insecure-seed#insecure-seed", atResult)
		assert.Equal(t, want[at+8:at+24], g.bytes(atResult, 16))

		name := "random/" + iface + "#" + prefix + "bytes"
		for _, n := range []uint64{cabi.MaxByteLength + 1, 1 << 40, math.MaxUint64} {
			assert.Contains(t, g.violation(name, n, atResult), "random bytes was asked for")
		}
		// More than the guest has room for is counted before it is made.
		counted := errors.New("counted")
		g.in.Reserve = func(n int) error {
			assert.Equal(t, 200<<20, n)
			return counted
		}
		_, err := g.try(name, 200<<20, atResult)
		require.ErrorIs(t, err, counted)
		g.in.Reserve = nil
	}
}

// Each chunk of random bytes is paid for before it is made.
func TestRandomNumbersEndWithTheCall(t *testing.T) {
	ended := &endsAfter{Context: t.Context(), looks: 1 << 30}
	g := newGuest(t, ended, granted.Config{Random: rand.NewChaCha8([32]byte{1})})
	ended.looks = 6
	_, err := g.try("random/random#get-random-bytes", 16*granted.Chunk, atResult)
	var stopped *fuel.Stopped
	require.ErrorAs(t, err, &stopped)
	require.ErrorIs(t, stopped, context.Canceled)
}

// endsAfter is a context that ends once it was looked at so many times.
type endsAfter struct {
	context.Context
	looks int
}

func (e *endsAfter) Err() error {
	if e.looks--; e.looks < 0 {
		return context.Canceled
	}
	return nil
}

// A network refuses everything, and nobody has a socket.
func TestSockets(t *testing.T) {
	g := newGuest(t, t.Context(), granted.Config{})
	network := g.call("sockets/instance-network#instance-network")
	ptr, n := g.text("example.org")
	for name, args := range map[string][]uint64{
		"sockets/tcp-create-socket#create-tcp-socket": {0, atResult},
		"sockets/udp-create-socket#create-udp-socket": {1, atResult},
		"sockets/ip-name-lookup#resolve-addresses":    {network, ptr, n, atResult},
	} {
		g.put(atResult, make([]byte, 8))
		g.call(name, args...)
		assert.Equal(t, []byte{1, 0, 0, 0, accessDenied}, g.bytes(atResult, 5), name)
	}
	methods := 0
	for _, i := range Interfaces() {
		for _, f := range i.Functions {
			if !strings.HasPrefix(i.Name, "wasi:sockets/") || !strings.HasPrefix(f.Name, "[method]") {
				continue
			}
			methods++
			args := make([]uint64, len(f.Params))
			args[0] = network
			assert.Contains(t, g.violation(strings.TrimPrefix(i.Name, "wasi:")+"#"+f.Name, args...), "is of the resource network")
			args[0] = 0
			assert.Contains(t, g.violation(strings.TrimPrefix(i.Name, "wasi:")+"#"+f.Name, args...), "there is no handle 0")
		}
	}
	assert.Greater(t, methods, 40)
}
