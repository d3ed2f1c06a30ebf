package natssource_test

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/nats-io/nats-server/v2/server"
	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
	"github.com/stretchr/testify/require"

	"example.org/compute-pipeline/gohost"
	"example.org/compute-pipeline/gohost/stream"
	"example.org/compute-pipeline/gohost/stream/internal/sourcetest"
	"example.org/compute-pipeline/gohost/stream/natssource"
	"example.org/compute-pipeline/gohost/stream/source"
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

// broker is a server in this process, which can stop and start again.
type broker struct {
	t      testing.TB
	server *server.Server
	dir    string
	port   int
}

func start(t testing.TB) *broker {
	t.Helper()
	b := &broker{t: t, dir: t.TempDir(), port: server.RANDOM_PORT}
	b.start()
	t.Cleanup(b.stop)
	return b
}

func (b *broker) start() {
	b.t.Helper()
	var err error
	b.server, err = server.NewServer(&server.Options{
		Host: "127.0.0.1", Port: b.port, JetStream: true, StoreDir: b.dir, NoSigs: true, NoLog: true,
	})
	require.NoError(b.t, err)
	b.server.Start()
	require.True(b.t, b.server.ReadyForConnections(time.Minute))
	if b.port == server.RANDOM_PORT {
		_, port, found := strings.Cut(strings.TrimPrefix(b.server.ClientURL(), "nats://"), ":")
		require.True(b.t, found)
		b.port, err = strconv.Atoi(port)
		require.NoError(b.t, err)
	}
}

func (b *broker) stop() {
	b.server.Shutdown()
	b.server.WaitForShutdown()
}

func (b *broker) connect() jetstream.JetStream {
	b.t.Helper()
	nc, err := nats.Connect(b.server.ClientURL(), nats.MaxReconnects(-1), nats.ReconnectWait(10*time.Millisecond))
	require.NoError(b.t, err)
	b.t.Cleanup(nc.Close)
	js, err := jetstream.New(nc)
	require.NoError(b.t, err)
	return js
}

const streamName = "SENSORS"

// sensors makes the stream, unless it is there.
func sensors(t testing.TB, js jetstream.JetStream) jetstream.Stream {
	t.Helper()
	s, err := js.CreateOrUpdateStream(t.Context(), jetstream.StreamConfig{Name: streamName, Subjects: []string{"sensors.>"}})
	require.NoError(t, err)
	return s
}

// publish publishes each point as a message, some of them twice.
func publish(t testing.TB, js jetstream.JetStream, points []stream.Point, from int) {
	t.Helper()
	for i, p := range points {
		for range 1 + min(1, i%13/12) {
			_, err := js.PublishAsync(p.Key, sourcetest.JSON(p), jetstream.WithMsgID(fmt.Sprint("point ", from+i)))
			require.NoError(t, err)
		}
		if i%1000 == 999 || i == len(points)-1 { // more would be refused if the server is slow
			<-js.PublishAsyncComplete()
		}
	}
	s, err := js.Stream(t.Context(), streamName)
	require.NoError(t, err)
	require.Equal(t, uint64(from+len(points)), s.CachedInfo().State.LastSeq)
}

func job(store source.Store, emit func(context.Context, sourcetest.Output) error) source.Job[gohost.Statistics] {
	return source.Job[gohost.Statistics]{
		Engine: engine, Windows: sourcetest.Windows(), Options: sourcetest.Options(),
		Decode: source.JSON(engine.AppendValidated), Store: store, Emit: emit,
		Every: time.Hour, EveryMessages: 150, ToEnd: true,
	}
}

func newSource(t testing.TB, js jetstream.JetStream, opts ...natssource.Option) source.Source {
	t.Helper()
	src, err := natssource.New(js, streamName, opts...)
	require.NoError(t, err)
	return src
}

func run(t testing.TB, src source.Source, job source.Job[gohost.Statistics]) error {
	t.Helper()
	runner, err := source.New(src, job)
	require.NoError(t, err)
	return runner.Run(t.Context())
}

func kills() int {
	if n, err := strconv.Atoi(os.Getenv("COMPUTE_PIPELINE_KILLS")); err == nil {
		return n
	}
	return 5
}

func newStore(t testing.TB, js jetstream.JetStream, opts ...natssource.StoreOption) source.Store {
	t.Helper()
	store, err := natssource.NewStore(t.Context(), js, "state", opts...)
	require.NoError(t, err)
	return store
}

// Kills of the job, with the state in a directory or in the server, and duplicates by the publisher
// count nothing twice.
func TestKilledJobsCountEachMessageOnce(t *testing.T) {
	b := start(t)
	js := b.connect()
	sensors(t, js)
	random := rand.New(rand.NewPCG(1, 1))
	points := sourcetest.Points(random, 600*kills())
	publish(t, js, points, 0)
	for _, store := range []source.Store{source.Dir(t.TempDir()), newStore(t, js)} {
		sink := &sourcetest.Sink{}
		killed := &sourcetest.Killed{Store: store, Random: random, Kills: kills()}
		n := sourcetest.RunKilled(t, newSource(t, js, natssource.WithBatch(100, 1<<20)), job(killed, sink.Emit))
		require.Positive(t, n)
		t.Logf("killed %d times", n)
		sink.Check(t, engine, map[string][]stream.Point{"nats:SENSORS": points})
	}
}

// The server stops and starts again on its directory while a job runs, and while points are
// published.
func TestAServerThatStartsAgain(t *testing.T) {
	b := start(t)
	js := b.connect()
	sensors(t, js)
	random := rand.New(rand.NewPCG(2, 2))
	points := sourcetest.Points(random, 2000)
	publish(t, js, points[:500], 0)
	store := newStore(t, js)
	sink := &sourcetest.Sink{}
	one := job(store, sink.Emit)
	one.ToEnd = false
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	var mu sync.Mutex
	var current *source.Runner[gohost.Statistics]
	stopped := make(chan error, 1)
	go func() {
		for {
			runner, err := source.New(newSource(t, js), one)
			if err != nil {
				stopped <- err
				return
			}
			mu.Lock()
			current = runner
			mu.Unlock()
			// A save that meets the stop of the server is an error, and Run can be called again.
			err = runner.Run(ctx)
			if ctx.Err() != nil || errors.Is(err, source.ErrFenced) || errors.Is(err, source.ErrPosition) {
				stopped <- err
				return
			}
		}
	}()
	reach := func(n uint64) {
		t.Helper()
		require.Eventually(t, func() bool {
			mu.Lock()
			defer mu.Unlock()
			if current == nil {
				return false
			}
			s := current.Stats()
			return len(s) > 0 && s[0].Messages == n
		}, time.Minute, time.Millisecond)
	}
	reach(500)
	for i := 500; i < 2000; i += 500 {
		b.stop()
		b.start()
		retried(t, js)
		publish(t, js, points[i:i+500], i)
		reach(uint64(i + 500))
	}
	cancel()
	require.ErrorIs(t, <-stopped, context.Canceled)
	require.NoError(t, run(t, newSource(t, js), job(store, sink.Emit)))
	sink.Check(t, engine, map[string][]stream.Point{"nats:SENSORS": points})
}

// retried waits until the server answers.
func retried(t testing.TB, js jetstream.JetStream) {
	t.Helper()
	require.Eventually(t, func() bool {
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		_, err := js.Stream(ctx, streamName)
		return err == nil
	}, time.Minute, 10*time.Millisecond)
}

// Two processes on one store: one gets an error that says so, and nothing is counted twice.
func TestTwoProcesses(t *testing.T) {
	b := start(t)
	js := b.connect()
	sensors(t, js)
	points := sourcetest.Points(rand.New(rand.NewPCG(3, 3)), 2000)
	publish(t, js, points, 0)
	store := newStore(t, js)
	sink := &sourcetest.Sink{}
	var errs [2]error
	var both sync.WaitGroup
	for i := range errs {
		src := newSource(t, b.connect(), natssource.WithBatch(50, 1<<20))
		both.Go(func() { errs[i] = run(t, src, job(store, sink.Emit)) })
	}
	both.Wait()
	for i, err := range errs {
		if err != nil {
			require.ErrorIs(t, err, source.ErrFenced)
			require.NoError(t, errs[1-i], "the other one goes on")
		}
	}
	sink.Check(t, engine, map[string][]stream.Point{"nats:SENSORS": points})
}

// Results that the store publishes are in their stream once each, whatever is killed.
func TestPublishedResults(t *testing.T) {
	b := start(t)
	js := b.connect()
	sensors(t, js)
	results, err := js.CreateStream(t.Context(), jetstream.StreamConfig{Name: "RESULTS", Subjects: []string{"results.>"}})
	require.NoError(t, err)
	random := rand.New(rand.NewPCG(4, 4))
	points := sourcetest.Points(random, 600*kills())
	publish(t, js, points, 0)
	store := newStore(t, js, natssource.WithResults("results"))
	one := job(&sourcetest.Killed{Store: store, Random: random, Kills: kills()}, nil)
	one.Encode = func(o sourcetest.Output) (key, value []byte, err error) {
		return nil, fmt.Appendf(nil, "%+v", o), nil
	}
	require.Positive(t, sourcetest.RunKilled(t, newSource(t, js, natssource.WithBatch(100, 1<<20)), one))
	want := sourcetest.Want(t, engine, "nats:SENSORS", points)
	info, err := results.Info(t.Context())
	require.NoError(t, err)
	require.Equal(t, uint64(len(want)), info.State.Msgs)
	for i, o := range want {
		m, err := results.GetMsg(t.Context(), uint64(i+1))
		require.NoError(t, err)
		require.Equal(t, fmt.Sprintf("%+v", o), string(m.Data))
		require.Equal(t, fmt.Sprint(i), m.Header.Get(natssource.NumberHeader))
		require.Equal(t, "results."+natssource.Token("nats:SENSORS"), m.Subject)
	}
}

// Of two processes that publish, the one that does not know of the other's result gets an error.
func TestPublishingIsFenced(t *testing.T) {
	b := start(t)
	js := b.connect()
	_, err := js.CreateStream(t.Context(), jetstream.StreamConfig{Name: "RESULTS", Subjects: []string{"results.>"}})
	require.NoError(t, err)
	store := newStore(t, js, natssource.WithResults("results"))
	var sessions [2]source.Session
	for i := range sessions {
		sessions[i], err = store.Open(t.Context(), "p")
		require.NoError(t, err)
	}
	record := source.Record{Number: 0, Value: []byte("one")}
	require.NoError(t, sessions[0].(source.Publisher).Publish(t.Context(), record))
	require.ErrorIs(t, sessions[1].(source.Publisher).Publish(t.Context(), record), source.ErrFenced)
	_, err = newStore(t, js, natssource.WithResults("nowhere")).Open(t.Context(), "p")
	require.ErrorIs(t, err, jetstream.ErrStreamNotFound)
}

func TestSubjects(t *testing.T) {
	b := start(t)
	js := b.connect()
	sensors(t, js)
	points := sourcetest.Points(rand.New(rand.NewPCG(5, 5)), 1000)
	publish(t, js, points, 0)
	sink := &sourcetest.Sink{}
	require.NoError(t, run(t, newSource(t, js, natssource.WithSubjects("sensors.1", "sensors.3")), job(newStore(t, js), sink.Emit)))
	some := slices.DeleteFunc(slices.Clone(points), func(p stream.Point) bool { return p.Key != "sensors.1" && p.Key != "sensors.3" })
	sink.Check(t, engine, map[string][]stream.Point{"nats:SENSORS:sensors.1,sensors.3": some})

	// Nothing matches.
	require.NoError(t, run(t, newSource(t, js, natssource.WithSubjects("sensors.none")), job(newStore(t, js), sink.Emit)))
	_, err := js.CreateStream(t.Context(), jetstream.StreamConfig{Name: "EMPTY", Subjects: []string{"empty"}})
	require.NoError(t, err)
	src, err := natssource.New(js, "EMPTY")
	require.NoError(t, err)
	require.NoError(t, run(t, src, job(newStore(t, js), sink.Emit)))
}

// A stream that no longer has the position of the state is an error that says why.
func TestStreamsThatLostMessages(t *testing.T) {
	b := start(t)
	js := b.connect()
	s := sensors(t, js)
	points := sourcetest.Points(rand.New(rand.NewPCG(6, 6)), 1000)
	publish(t, js, points, 0)
	stopped := func(store source.Store) {
		t.Helper()
		saved := 0
		one := job(store, func(context.Context, sourcetest.Output) error {
			if saved++; saved == 3 {
				return sourcetest.ErrKilled
			}
			return nil
		})
		one.EveryMessages = 1
		require.ErrorIs(t, run(t, newSource(t, js, natssource.WithBatch(10, 1<<20)), one), sourcetest.ErrKilled)
	}
	sink := &sourcetest.Sink{}
	refused := func(store source.Store, message string) {
		t.Helper()
		err := run(t, newSource(t, js), job(store, func(context.Context, sourcetest.Output) error { return nil }))
		require.ErrorIs(t, err, source.ErrPosition)
		require.ErrorContains(t, err, message)
	}
	gone := source.Dir(t.TempDir())
	stopped(gone)
	require.NoError(t, s.Purge(t.Context(), jetstream.WithPurgeSequence(900)))
	refused(gone, "the stream SENSORS begins with message 900, and ")
	require.NoError(t, run(t, newSource(t, js, natssource.WithGaps()), job(gone, func(context.Context, sourcetest.Output) error { return nil })))

	other := source.Dir(t.TempDir())
	publish(t, js, points, 1000)
	stopped(other)
	require.NoError(t, js.DeleteStream(t.Context(), streamName))
	require.ErrorIs(t, run(t, newSource(t, js), job(other, sink.Emit)), jetstream.ErrStreamNotFound)
	sensors(t, js)
	refused(other, "the stream SENSORS was created at ")

	queue, err := js.CreateStream(t.Context(), jetstream.StreamConfig{Name: "QUEUE", Subjects: []string{"queue"}, Retention: jetstream.WorkQueuePolicy})
	require.NoError(t, err)
	src, err := natssource.New(js, queue.CachedInfo().Config.Name)
	require.NoError(t, err)
	err = run(t, src, job(other, sink.Emit))
	require.ErrorIs(t, err, gohost.ErrInvalidInput)
	require.ErrorContains(t, err, "drops messages that were acknowledged")
}

// A stream that is deleted while a job reads it, or made again, is an error, also if the new one has as
// many messages.
func TestAStreamThatIsMadeAgain(t *testing.T) {
	b := start(t)
	js := b.connect()
	points := sourcetest.Points(rand.New(rand.NewPCG(8, 8)), 500)
	for _, again := range []bool{false, true} {
		sensors(t, js)
		publish(t, js, points, 0)
		one := job(source.Dir(t.TempDir()), func(context.Context, sourcetest.Output) error { return nil })
		one.ToEnd = false
		runner, err := source.New(newSource(t, js), one)
		require.NoError(t, err)
		done := make(chan error, 1)
		go func() { done <- runner.Run(t.Context()) }()
		require.Eventually(t, func() bool {
			s := runner.Stats()
			return len(s) > 0 && s[0].Messages == 500
		}, time.Minute, time.Millisecond)
		require.NoError(t, js.DeleteStream(t.Context(), streamName))
		if again {
			sensors(t, js)
			publish(t, js, points, 0)
			publish(t, js, points, 500)
		}
		require.ErrorIs(t, <-done, source.ErrPosition)
		require.Equal(t, uint64(500), runner.Stats()[0].Messages)
	}
}

// A stream that drops messages before a slow job has read them is an error.
func TestAStreamThatIsFasterThanTheJob(t *testing.T) {
	b := start(t)
	js := b.connect()
	s := sensors(t, js)
	points := sourcetest.Points(rand.New(rand.NewPCG(7, 7)), 1000)
	publish(t, js, points, 0)
	first := true
	one := job(source.Dir(t.TempDir()), func(context.Context, sourcetest.Output) error { return nil })
	decode := one.Decode
	one.Decode = func(ctx context.Context, dst []stream.Point, m source.Message) ([]stream.Point, error) {
		if first {
			first = false
			require.NoError(t, s.Purge(ctx, jetstream.WithPurgeSequence(900)))
		}
		return decode(ctx, dst, m)
	}
	err := run(t, newSource(t, js, natssource.WithBatch(10, 1<<20)), one)
	require.ErrorIs(t, err, source.ErrPosition)
	require.ErrorContains(t, err, "those between are lost")
}

// A state that is larger than a message is stored in parts, and none is left of what was replaced or
// killed.
func TestLargeStates(t *testing.T) {
	b := start(t)
	js := b.connect()
	store := newStore(t, js)
	open := func() source.Session {
		t.Helper()
		s, err := store.Open(t.Context(), "p")
		require.NoError(t, err)
		return s
	}
	loaded := func() string {
		t.Helper()
		state, err := open().Load(t.Context())
		require.NoError(t, err)
		return string(state)
	}
	keys := func() int {
		t.Helper()
		s, err := js.Stream(t.Context(), "KV_state")
		require.NoError(t, err)
		return int(s.CachedInfo().State.Msgs)
	}
	s, late := open(), open()
	for _, session := range []source.Session{s, late} {
		state, err := session.Load(t.Context())
		require.NoError(t, err)
		require.Nil(t, state)
	}
	for _, size := range []int{10, 3 << 20, 2 << 20, 1, 512 << 10, 512<<10 + 1, 1 << 20} {
		state := strings.Repeat("0123456789", size/10+1)[:size]
		require.NoError(t, s.Save(t.Context(), []byte(state)))
		require.Equal(t, state, loaded())
		parts := 0
		if size > 512<<10 {
			parts = (size + 512<<10 - 1) / (512 << 10)
		}
		require.Equal(t, 1+parts, keys())
	}
	require.ErrorIs(t, late.Save(t.Context(), make([]byte, 1<<20)), source.ErrFenced)
	require.Equal(t, 1+2+2, keys(), "what the other one stored is left")
	next := open()
	_, err := next.Load(t.Context())
	require.NoError(t, err)
	require.NoError(t, next.Save(t.Context(), make([]byte, 1<<20)))
	require.Equal(t, 1+2, keys())
	require.ErrorIs(t, s.Save(t.Context(), []byte("old")), source.ErrFenced)
	require.Equal(t, 1<<20, len(loaded()))

	kv, err := js.KeyValue(t.Context(), "state")
	require.NoError(t, err)
	for _, value := range []string{"", "\x02", "\x01"} {
		_, err = kv.Put(t.Context(), "p", []byte(value))
		require.NoError(t, err)
		_, err = open().Load(t.Context())
		require.ErrorIs(t, err, source.ErrCheckpoint)
	}
	_, err = kv.Put(t.Context(), "p", []byte("\x01\x01p.1-X"))
	require.NoError(t, err)
	_, err = open().Load(t.Context())
	require.ErrorIs(t, err, source.ErrCheckpoint)
	require.ErrorContains(t, err, "a part of p in the bucket state is gone")
}
