package source_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"example.org/compute-pipeline/gohost"
	"example.org/compute-pipeline/gohost/stream"
	"example.org/compute-pipeline/gohost/stream/internal/sourcetest"
	"example.org/compute-pipeline/gohost/stream/source"
)

var engine *gohost.Engine

func TestMain(m *testing.M) {
	var err error
	var opts []gohost.Option
	if dir := os.Getenv(variable); dir != "" {
		opts = append(opts, gohost.WithCacheDir(filepath.Join(dir, "cache")))
	}
	if engine, err = gohost.New(context.Background(), opts...); err != nil {
		panic(err)
	}
	status := m.Run()
	if err := engine.Close(context.Background()); err != nil {
		panic(err)
	}
	os.Exit(status)
}

// memory is a source with one partition in memory, which returns batches of random sizes.
type memory struct {
	messages []source.Message
	random   *rand.Rand
	commits  []source.Position
	wait     bool // at the end, instead of saying that it is the end
}

func (m *memory) Run(ctx context.Context, serve func(context.Context, source.Partition) error) error {
	return serve(ctx, &memoryPartition{memory: m})
}

type memoryPartition struct {
	*memory
	at source.Position
}

func (p *memoryPartition) Name() string { return "memory" }

func (p *memoryPartition) Seek(_ context.Context, from source.Position) (source.Position, error) {
	p.at = from
	if p.at.Log == "" {
		p.at.Log = "log"
	}
	if p.at.Next > uint64(len(p.messages)) {
		return from, source.ErrPosition
	}
	return p.at, nil
}

func (p *memoryPartition) Next(ctx context.Context) (source.Batch, error) {
	rest := p.messages[p.at.Next:]
	if len(rest) == 0 && p.wait {
		<-ctx.Done()
		return source.Batch{}, ctx.Err()
	}
	n := min(len(rest), 1+p.random.IntN(200))
	p.at.Next += uint64(n)
	return source.Batch{Messages: rest[:n], After: p.at, Lag: uint64(len(rest) - n), End: n == len(rest)}, nil
}

func (p *memoryPartition) Commit(_ context.Context, before source.Position) error {
	p.commits = append(p.commits, before)
	return nil
}

func filled(seed uint64, n int) (*memory, []stream.Point) {
	random := rand.New(rand.NewPCG(seed, 1))
	points := sourcetest.Points(random, n)
	m := &memory{random: random}
	for _, p := range points {
		m.add(p.Key, string(sourcetest.JSON(p)))
	}
	return m, points
}

func (m *memory) add(key, value string) {
	m.messages = append(m.messages, source.Message{Topic: key, Key: []byte(key), Value: []byte(value), Offset: uint64(len(m.messages))})
}

func job(store source.Store, emit func(context.Context, sourcetest.Output) error) source.Job[gohost.Statistics] {
	return source.Job[gohost.Statistics]{
		Engine: engine, Windows: sourcetest.Windows(), Options: sourcetest.Options(),
		Decode: source.JSON(engine.AppendValidated), Store: store, Emit: emit,
		Every: time.Hour, EveryMessages: 150, ToEnd: true,
	}
}

func run(t testing.TB, src source.Source, job source.Job[gohost.Statistics]) (*source.Runner[gohost.Statistics], error) {
	t.Helper()
	runner, err := source.New(src, job)
	require.NoError(t, err)
	return runner, runner.Run(t.Context())
}

func TestKilledJobsCountEachMessageOnce(t *testing.T) {
	for seed := range uint64(3) {
		src, points := filled(seed, 4000)
		dir := t.TempDir()
		sink := &sourcetest.Sink{}
		store := &sourcetest.Killed{Store: source.Dir(dir), Random: src.random, Kills: 10}
		kills := sourcetest.RunKilled(t, src, job(store, sink.Emit))
		require.Positive(t, kills)
		require.Positive(t, sink.Again, "results came again")
		sink.Check(t, engine, map[string][]stream.Point{"memory": points})
		entries, err := os.ReadDir(dir)
		require.NoError(t, err)
		require.LessOrEqual(t, len(entries), 2, "nothing is left of what was killed")

		// A job that is done stays done.
		before := sink.Again
		_, err = run(t, src, job(store, sink.Emit))
		require.NoError(t, err)
		require.Equal(t, before, sink.Again)
	}
}

// An emit that fails, or a context that ends at any moment, loses nothing.
func TestStoppedJobsGoOn(t *testing.T) {
	src, points := filled(9, 3000)
	src.wait = true
	sink := &sourcetest.Sink{}
	store := source.Dir(t.TempDir())
	for stop := 0; ; stop++ {
		ctx, cancel := context.WithCancel(t.Context())
		emitted := 0
		one := job(store, func(ctx context.Context, o sourcetest.Output) error {
			if emitted++; emitted == 1+stop%7 {
				if stop%2 == 0 {
					cancel()
				} else {
					return sourcetest.ErrKilled
				}
			}
			return sink.Emit(ctx, o)
		})
		one.EveryMessages, one.ToEnd = 1, false
		runner, err := source.New(src, one)
		require.NoError(t, err)
		// The context ends once all is read, too.
		finished := make(chan error)
		go func() { finished <- runner.Run(ctx) }()
		for done := false; !done; {
			select {
			case err = <-finished:
				done = true
			case <-time.After(time.Millisecond):
				if s := runner.Stats(); len(s) > 0 && s[0].Messages == 3000 {
					cancel()
				}
			}
		}
		cancel()
		require.True(t, errors.Is(err, context.Canceled) || errors.Is(err, sourcetest.ErrKilled), "%v", err)
		if s := runner.Stats(); len(s) > 0 && s[0].Messages == 3000 && errors.Is(err, context.Canceled) {
			require.Equal(t, uint64(3000), s[0].Stored.Next, "the last checkpoint has all")
			require.Zero(t, s[0].Lag)
			break
		}
	}
	src.wait = false
	_, err := run(t, src, job(store, sink.Emit))
	require.NoError(t, err)
	sink.Check(t, engine, map[string][]stream.Point{"memory": points})
	require.NotEmpty(t, src.commits)
}

func TestPoison(t *testing.T) {
	src, points := filled(2, 500)
	good := src.messages
	src.messages = nil
	poison := []string{`[{"timestamp": 1}]`, ``, `[]`, "\xff", `[{"timestamp": -1, "value": 1}]`, "\x00\x01", `[{"timestamp": 1, "value": 1}`}
	for i, m := range good {
		if i%50 == 7 {
			src.add("sensors.1", poison[i/50%len(poison)])
		}
		if i == 300 {
			src.add(strings.Repeat("k", 1<<20), `[{"timestamp": 1, "value": 1}]`)
		}
		src.add(string(m.Key), string(m.Value))
	}
	sink := &sourcetest.Sink{}
	store := source.Dir(t.TempDir())
	one := job(store, sink.Emit)
	_, err := run(t, src, one)
	var refused *source.PoisonError
	require.ErrorAs(t, err, &refused)
	require.Equal(t, uint64(7), refused.Offset)
	require.ErrorIs(t, err, gohost.ErrGuest)
	require.ErrorContains(t, err, "the message at offset 7 of memory: ")

	full := errors.New("the dead letters are full")
	one.Poison = func(context.Context, source.Message, *source.PoisonError) error { return full }
	_, err = run(t, src, one)
	require.ErrorIs(t, err, full)

	var dead []source.Message
	keys := 0
	one.Poison = func(_ context.Context, m source.Message, err *source.PoisonError) error {
		if errors.Is(err, gohost.ErrLimit) {
			keys++
		}
		dead = append(dead, m)
		return nil
	}
	runner, err := run(t, src, one)
	require.NoError(t, err)
	require.Len(t, dead, 11)
	require.Equal(t, 1, keys, "the key of 1 MB")
	s := runner.Stats()[0]
	require.Equal(t, uint64(11), s.Poison)
	require.Equal(t, uint64(511), s.Messages)
	sink.Check(t, engine, map[string][]stream.Point{"memory": points})
}

// Of two processes on one store, one gets an error that says so, and nothing is counted twice.
func TestTwoProcesses(t *testing.T) {
	for seed := range uint64(8) {
		src, points := filled(seed, 1000)
		dir := t.TempDir()
		sink := &sourcetest.Sink{}
		var errs [2]error
		var both sync.WaitGroup
		for i := range errs {
			mine := &memory{messages: src.messages, random: rand.New(rand.NewPCG(seed, uint64(i)))}
			both.Go(func() {
				runner, err := source.New(mine, job(source.Dir(dir), sink.Emit))
				if err == nil {
					err = runner.Run(t.Context())
				}
				errs[i] = err
			})
		}
		both.Wait()
		for i, err := range errs {
			if err != nil {
				require.ErrorIs(t, err, source.ErrFenced)
				require.NoError(t, errs[1-i], "the other one goes on")
			}
		}
		sink.Check(t, engine, map[string][]stream.Point{"memory": points})
	}
}

func TestCheckpointsThatCannotBeUsed(t *testing.T) {
	src, _ := filled(1, 1000)
	dir := t.TempDir()
	one := job(source.Dir(dir), (&sourcetest.Sink{}).Emit)
	_, err := run(t, src, one)
	require.NoError(t, err)
	entries, err := os.ReadDir(dir)
	require.NoError(t, err)
	path := filepath.Join(dir, entries[len(entries)-1].Name())
	good, err := os.ReadFile(path)
	require.NoError(t, err)

	refused := func(want error, message string, data []byte) {
		t.Helper()
		require.NoError(t, os.WriteFile(path, data, 0o600))
		_, err := run(t, src, one)
		require.ErrorIs(t, err, want)
		require.ErrorContains(t, err, message)
	}
	for n := range 60 {
		refused(source.ErrCheckpoint, "that of memory", good[:n*len(good)/60])
		damaged := bytes.Clone(good)
		damaged[n*len(good)/60] ^= 1
		refused(source.ErrCheckpoint, "that of memory", damaged)
	}
	refused(source.ErrCheckpoint, `is of version "2", expected "1"`, bytes.Replace(good, []byte("source 1\n"), []byte("source 2\n"), 1))
	require.NoError(t, os.WriteFile(path, good, 0o600))
	other := one
	other.Windows = stream.Tumbling(7)
	_, err = run(t, src, other)
	require.ErrorIs(t, err, stream.ErrSnapshot)
	other = one
	other.Encode = func(sourcetest.Output) (key, value []byte, err error) { return nil, nil, nil }
	_, err = run(t, src, other)
	require.ErrorContains(t, err, "the store publishes nothing")
}

func TestALogThatIsShorterThanTheState(t *testing.T) {
	src, _ := filled(1, 1000)
	store := source.Dir(t.TempDir())
	one := job(store, func(context.Context, sourcetest.Output) error {
		if len(src.commits) > 0 {
			return sourcetest.ErrKilled
		}
		return nil
	})
	one.EveryMessages = 1
	_, err := run(t, src, one)
	require.ErrorIs(t, err, sourcetest.ErrKilled)
	src.messages = src.messages[:src.commits[0].Next-1]
	_, err = run(t, src, one)
	require.ErrorIs(t, err, source.ErrPosition)
}

// A job that was killed while it emitted its last windows ends where it ended then, whatever came since: the
// same results, with the same numbers.
func TestTheEndOfAJobStays(t *testing.T) {
	src, points := filled(3, 500)
	store := source.Dir(t.TempDir())
	sink := &sourcetest.Sink{}
	atEnd, killed := false, false
	one := job(store, func(ctx context.Context, o sourcetest.Output) error {
		atEnd = len(src.commits) > 0 && src.commits[len(src.commits)-1].Next == uint64(len(points))
		if atEnd && !killed {
			killed = true
			return sourcetest.ErrKilled
		}
		return sink.Emit(ctx, o)
	})
	_, err := run(t, src, one)
	require.ErrorIs(t, err, sourcetest.ErrKilled)
	for i := range 50 {
		src.add("sensors.1", fmt.Sprintf(`[{"timestamp": %d, "value": 1}]`, points[len(points)-1].Timestamp+uint64(i)))
	}
	_, err = run(t, src, one)
	require.NoError(t, err)
	sink.Check(t, engine, map[string][]stream.Point{"memory": points})
}

// A call that takes too long says nothing about the message: the next time it may not.
func TestATimeoutIsNotPoison(t *testing.T) {
	src, _ := filled(1, 1)
	one := job(source.Dir(t.TempDir()), (&sourcetest.Sink{}).Emit)
	one.Decode = func(context.Context, []stream.Point, source.Message) ([]stream.Point, error) {
		return nil, &gohost.LimitError{Which: gohost.LimitTime, Max: 1, Err: errors.New("too slow")}
	}
	one.Poison = source.Skip
	_, err := run(t, src, one)
	require.ErrorIs(t, err, gohost.ErrLimit)
	var poison *source.PoisonError
	require.NotErrorAs(t, err, &poison)
}

// taken is a source whose partition goes to another process once all messages were read.
type taken struct {
	*memory
	cause error
}

func (s taken) Run(ctx context.Context, serve func(context.Context, source.Partition) error) error {
	ctx, cancel := context.WithCancelCause(ctx)
	return serve(ctx, takenPartition{&memoryPartition{memory: s.memory}, func() { cancel(s.cause) }})
}

type takenPartition struct {
	*memoryPartition
	cancel func()
}

func (p takenPartition) Next(ctx context.Context) (source.Batch, error) {
	if p.at.Next == uint64(len(p.messages)) {
		p.cancel()
	}
	return p.memoryPartition.Next(ctx)
}

// Who may have lost a partition stores nothing any more.
func TestALostPartitionIsNotStored(t *testing.T) {
	for cause, saves := range map[error]int{context.Canceled: 1, fmt.Errorf("%w: lost", source.ErrFenced): 0} {
		src, _ := filled(4, 100)
		src.wait = true
		one := job(source.Dir(t.TempDir()), (&sourcetest.Sink{}).Emit)
		one.EveryMessages, one.ToEnd = 0, false
		_, err := run(t, taken{src, cause}, one)
		require.Equal(t, saves == 0, errors.Is(err, source.ErrFenced))
		require.Len(t, src.commits, saves)
	}
}

func TestDecode(t *testing.T) {
	points := func(decode source.Decode, value string) (string, error) {
		got, err := decode(t.Context(), nil, source.Message{Key: []byte("k"), Value: []byte(value)})
		return fmt.Sprint(got), err
	}
	lines := source.NDJSON(engine.AppendValidated)
	got, err := points(lines, "{\"timestamp\": 1, \"value\": 2}\r\n\n {\"timestamp\": 3, \"value\": 4e0} ")
	require.NoError(t, err)
	require.Equal(t, "[{k {1 2}} {k {3 4}}]", got)
	for value, message := range map[string]string{
		"":         "there are no lines",
		"\n\n":     "there are no lines",
		"{}":       "line 1: ",
		"\n1, 2\n": "line 2: ",
		`{"timestamp": 1, "value": 1}, {"timestamp": 2, "value": 1}`: "line 1 has 2 values, expected one",
		"{\"timestamp\": 1\n\"value\": 2}":                           "line 1: ",
	} {
		_, err := points(lines, value)
		require.ErrorContains(t, err, message)
	}
	got, err = points(source.Packed(), "\x01\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\xf0\x3f")
	require.NoError(t, err)
	require.Equal(t, "[{k {1 1}}]", got)
	for _, value := range []string{"", "1", strings.Repeat("x", 17)} {
		_, err = points(source.Packed(), value)
		require.ErrorContains(t, err, fmt.Sprintf("it has %d bytes, expected a multiple of 16", len(value)))
	}
}

func TestWrongJobs(t *testing.T) {
	src, _ := filled(1, 1)
	good := job(source.Dir(t.TempDir()), (&sourcetest.Sink{}).Emit)
	for message, change := range map[string]func(*source.Job[gohost.Statistics]){
		"Job.Engine is nil":                func(j *source.Job[gohost.Statistics]) { j.Engine = nil },
		"Job.Decode is nil":                func(j *source.Job[gohost.Statistics]) { j.Decode = nil },
		"Job.Store is nil":                 func(j *source.Job[gohost.Statistics]) { j.Store = nil },
		"Job.Emit and Job.Encode are nil":  func(j *source.Job[gohost.Statistics]) { j.Emit = nil },
		"must not be negative":             func(j *source.Job[gohost.Statistics]) { j.Every = -1 },
		"WithBatch(0)":                     func(j *source.Job[gohost.Statistics]) { j.Options = []stream.Option{stream.WithBatch(0)} },
		"Tumbling(0): the size must be po": func(j *source.Job[gohost.Statistics]) { j.Windows = stream.Tumbling(0) },
	} {
		bad := good
		change(&bad)
		_, err := source.New(src, bad)
		require.ErrorIs(t, err, gohost.ErrInvalidInput)
		require.ErrorContains(t, err, message)
	}
	_, err := source.New(nil, good)
	require.ErrorContains(t, err, "the Source is nil")
}
