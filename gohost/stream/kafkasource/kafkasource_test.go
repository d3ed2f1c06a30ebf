package kafkasource_test

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"github.com/twmb/franz-go/pkg/kfake"
	"github.com/twmb/franz-go/pkg/kgo"

	"example.org/compute-pipeline/gohost"
	"example.org/compute-pipeline/gohost/stream"
	"example.org/compute-pipeline/gohost/stream/internal/sourcetest"
	"example.org/compute-pipeline/gohost/stream/kafkasource"
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

const topicName = "sensors"

// broker is a cluster in this process, which can stop and start again.
type broker struct {
	t       testing.TB
	cluster *kfake.Cluster
	opts    []kfake.Opt
}

func start(t testing.TB, partitions int32) *broker {
	t.Helper()
	b := &broker{t: t, opts: []kfake.Opt{
		kfake.NumBrokers(1), kfake.SeedTopics(partitions, topicName), kfake.DataDir(t.TempDir()), kfake.SyncWrites(),
	}}
	b.start()
	t.Cleanup(b.stop)
	return b
}

func (b *broker) start() {
	b.t.Helper()
	var err error
	b.cluster, err = kfake.NewCluster(b.opts...)
	require.NoError(b.t, err)
	_, port, found := strings.Cut(strings.TrimPrefix(b.cluster.ListenAddrs()[0], "127.0.0.1"), ":")
	require.True(b.t, found)
	n, err := strconv.Atoi(port)
	require.NoError(b.t, err)
	b.opts = append(b.opts[:len(b.opts):len(b.opts)], kfake.Ports(n))
}

func (b *broker) stop() { b.cluster.Close() }

func (b *broker) client() []kgo.Opt {
	return []kgo.Opt{kgo.SeedBrokers(b.cluster.ListenAddrs()...), kgo.MetadataMinAge(10 * time.Millisecond)}
}

// publish publishes points, those of a key to one partition, and returns them by the name of the partition,
// in their order.
func (b *broker) publish(points []stream.Point, opts ...kgo.Opt) map[string][]stream.Point {
	b.t.Helper()
	client, err := kgo.NewClient(append(b.client(), opts...)...)
	require.NoError(b.t, err)
	defer client.Close()
	records := make([]*kgo.Record, len(points))
	for i, p := range points {
		records[i] = &kgo.Record{Topic: topicName, Key: []byte(p.Key), Value: sourcetest.JSON(p)}
	}
	require.NoError(b.t, client.ProduceSync(b.t.Context(), records...).FirstErr())
	by := map[string][]stream.Point{}
	for i, r := range records {
		name := fmt.Sprintf("kafka:%s/%d", topicName, r.Partition)
		by[name] = append(by[name], points[i])
	}
	return by
}

func job(store source.Store, emit func(context.Context, sourcetest.Output) error) source.Job[gohost.Statistics] {
	return source.Job[gohost.Statistics]{
		Engine: engine, Windows: sourcetest.Windows(), Options: sourcetest.Options(),
		Decode: source.JSON(engine.AppendValidated), Store: store, Emit: emit,
		Every: time.Hour, EveryMessages: 150, ToEnd: true,
	}
}

func (b *broker) source(opts ...kafkasource.Option) source.Source {
	b.t.Helper()
	src, err := kafkasource.New(topicName, b.client(), opts...)
	require.NoError(b.t, err)
	return src
}

func (b *broker) store(opts ...kafkasource.StoreOption) source.Store {
	b.t.Helper()
	store, err := kafkasource.NewStore(b.t.Context(), "state", b.client(), opts...)
	require.NoError(b.t, err)
	return store
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

// Kills of the job, with the state in a directory or in a topic, count nothing twice.
func TestKilledJobsCountEachMessageOnce(t *testing.T) {
	b := start(t, 3)
	random := rand.New(rand.NewPCG(1, 1))
	by := b.publish(sourcetest.Points(random, 600*kills()))
	for _, store := range []source.Store{source.Dir(t.TempDir()), b.store()} {
		sink := &sourcetest.Sink{}
		killed := &sourcetest.Killed{Store: store, Random: random, Kills: kills()}
		n := sourcetest.RunKilled(t, b.source(kafkasource.WithBatch(100, 1<<20)), job(killed, sink.Emit))
		require.Positive(t, n)
		t.Logf("killed %d times", n)
		sink.Check(t, engine, by)
	}
}

// Results that are published in transactions with the state are there once each, whatever is killed.
func TestPublishedResults(t *testing.T) {
	b := start(t, 2)
	require.NoError(t, b.cluster.CreateTopic("results", 1, nil))
	random := rand.New(rand.NewPCG(4, 4))
	by := b.publish(sourcetest.Points(random, 600*kills()))
	one := job(&sourcetest.Killed{Store: b.store(kafkasource.WithResults("results")), Random: random, Kills: kills()}, nil)
	one.Encode = func(o sourcetest.Output) (key, value []byte, err error) {
		return []byte(o.Key), fmt.Appendf(nil, "%+v", o), nil
	}
	require.Positive(t, sourcetest.RunKilled(t, b.source(kafkasource.WithBatch(100, 1<<20)), one))
	want := map[string][]string{}
	total := 0
	for name, points := range by {
		for _, o := range sourcetest.Want(t, engine, name, points) {
			want[name] = append(want[name], fmt.Sprintf("%+v", o))
			total++
		}
	}
	got := map[string][]string{}
	reader, err := kgo.NewClient(append(b.client(), kgo.ConsumeTopics("results"), kgo.FetchIsolationLevel(kgo.ReadCommitted()),
		kgo.ConsumeResetOffset(kgo.NewOffset().AtStart()))...)
	require.NoError(t, err)
	defer reader.Close()
	for n := 0; n < total; {
		fetches := reader.PollFetches(t.Context())
		require.NoError(t, fetches.Err())
		fetches.EachRecord(func(r *kgo.Record) {
			name := string(r.Headers[1].Value)
			require.Equal(t, fmt.Sprint(len(got[name])), string(r.Headers[0].Value))
			got[name] = append(got[name], string(r.Value))
			n++
		})
	}
	require.Equal(t, want, got)
}

// Members of a group come and go; each partition is counted once, by whoever has it.
func TestRebalances(t *testing.T) {
	b := start(t, 6)
	random := rand.New(rand.NewPCG(5, 5))
	points := sourcetest.Points(random, 4000)
	for i := range points {
		points[i].Key = fmt.Sprintf("sensors.%d", random.IntN(40))
	}
	store := b.store()
	sink := &sourcetest.Sink{}
	by := map[string][]stream.Point{}
	var running []func() error
	join := func() {
		one := job(store, sink.Emit)
		one.ToEnd = false
		runner, err := source.New(b.source(kafkasource.WithGroup("group"), kafkasource.WithBatch(50, 1<<20)), one)
		require.NoError(t, err)
		ctx, cancel := context.WithCancel(t.Context())
		done := make(chan error, 1)
		go func() { done <- runner.Run(ctx) }()
		running = append(running, func() error {
			cancel()
			return <-done
		})
	}
	for i := range 4 {
		if i < 3 {
			join()
		} else {
			require.ErrorIs(t, running[0](), context.Canceled)
			running = running[1:]
		}
		for name, some := range b.publish(points[1000*i : 1000*(i+1)]) {
			by[name] = append(by[name], some...)
		}
		_, err := b.cluster.WaitGroupStable(t.Context(), "group", len(running))
		require.NoError(t, err)
	}
	for _, stop := range running {
		require.ErrorIs(t, stop(), context.Canceled)
	}
	require.NoError(t, run(t, b.source(), job(store, sink.Emit)))
	sink.Check(t, engine, by)
}

// A session that is opened fences all before it.
func TestFencing(t *testing.T) {
	b := start(t, 1)
	require.NoError(t, b.cluster.CreateTopic("results", 1, nil))
	store := b.store(kafkasource.WithResults("results"))
	open := func() source.Session {
		t.Helper()
		s, err := store.Open(t.Context(), "p")
		require.NoError(t, err)
		t.Cleanup(func() { require.NoError(t, s.Close()) })
		return s
	}
	load := func(s source.Session) string {
		t.Helper()
		state, err := s.Load(t.Context())
		require.NoError(t, err)
		return string(state)
	}
	old := open()
	require.Empty(t, load(old))
	require.NoError(t, old.Save(t.Context(), []byte("1")))
	require.Equal(t, "1", load(old))
	require.NoError(t, old.(source.Publisher).Publish(t.Context(), source.Record{Value: []byte("of a zombie")}))
	s := open()
	require.Equal(t, "1", load(s))
	require.ErrorIs(t, old.Save(t.Context(), []byte("2")), source.ErrFenced)
	require.ErrorIs(t, old.Save(t.Context(), []byte("2")), source.ErrFenced)
	for _, size := range []int{3 << 20, 100, 0, 512<<10 + 1, 512 << 10} {
		state := strings.Repeat("0123456789", size/10+1)[:size]
		require.NoError(t, s.Save(t.Context(), []byte(state)))
		require.Equal(t, state, load(s))
	}
	// What the old one published was aborted.
	committed, err := kgo.NewClient(append(b.client(), kgo.ConsumeTopics("results", "state"), kgo.FetchIsolationLevel(kgo.ReadCommitted()),
		kgo.ConsumeResetOffset(kgo.NewOffset().AtStart()))...)
	require.NoError(t, err)
	defer committed.Close()
	for states := 0; states < 1; {
		committed.PollFetches(t.Context()).EachRecord(func(r *kgo.Record) {
			require.Equal(t, "state", r.Topic)
			states++
		})
	}
	// The newest state is found behind many of another partition.
	other, err := store.Open(t.Context(), "other")
	require.NoError(t, err)
	for i := range 300 {
		require.NoError(t, other.Save(t.Context(), fmt.Append(nil, i)))
	}
	require.NoError(t, other.Close())
	b.cluster.Compact()
	require.Len(t, load(s), 512<<10)
	require.Equal(t, "299", load(other))
}

// The state of a partition is behind an open transaction of another: Load waits for that.
func TestALoadWaitsForOtherTransactions(t *testing.T) {
	b := start(t, 1)
	require.NoError(t, b.cluster.CreateTopic("results", 1, nil))
	store := b.store(kafkasource.WithResults("results"))
	raw, err := kgo.NewClient(append(b.client(), kgo.TransactionalID("other"))...)
	require.NoError(t, err)
	defer raw.Close()
	require.NoError(t, raw.BeginTransaction())
	require.NoError(t, raw.ProduceSync(t.Context(), &kgo.Record{Topic: "state", Key: []byte("other")}).FirstErr())
	s, err := store.Open(t.Context(), "p")
	require.NoError(t, err)
	defer s.Close()
	require.NoError(t, s.Save(t.Context(), []byte("new")))
	loaded := make(chan string)
	go func() {
		state, err := s.Load(t.Context())
		loaded <- fmt.Sprint(string(state), err)
	}()
	select {
	case got := <-loaded:
		t.Fatalf("loaded %q", got)
	case <-time.After(200 * time.Millisecond):
	}
	require.NoError(t, raw.EndTransaction(t.Context(), kgo.TryAbort))
	require.Equal(t, "new<nil>", <-loaded)
}

// Messages of transactions that were aborted do not count, and the marks of transactions are no
// messages.
func TestTransactionsOfThePublisher(t *testing.T) {
	b := start(t, 1)
	random := rand.New(rand.NewPCG(6, 6))
	points := sourcetest.Points(random, 600)
	client, err := kgo.NewClient(append(b.client(), kgo.TransactionalID("publisher"))...)
	require.NoError(t, err)
	defer client.Close()
	var committed []stream.Point
	for i := 0; i < 600; i += 100 {
		require.NoError(t, client.BeginTransaction())
		for _, p := range points[i : i+100] {
			client.Produce(t.Context(), &kgo.Record{Topic: topicName, Key: []byte(p.Key), Value: sourcetest.JSON(p)}, nil)
		}
		require.NoError(t, client.Flush(t.Context()))
		end := kgo.TransactionEndTry(i%200 == 0)
		require.NoError(t, client.EndTransaction(t.Context(), end))
		if end == kgo.TryCommit {
			committed = append(committed, points[i:i+100]...)
		}
	}
	sink := &sourcetest.Sink{}
	require.NoError(t, run(t, b.source(), job(b.store(), sink.Emit)))
	sink.Check(t, engine, map[string][]stream.Point{"kafka:sensors/0": committed})
}

// The broker stops and starts again on its directory while a job runs.
func TestABrokerThatStartsAgain(t *testing.T) {
	b := start(t, 1)
	random := rand.New(rand.NewPCG(2, 2))
	points := sourcetest.Points(random, 1500)
	by := b.publish(points[:500])
	store := b.store()
	sink := &sourcetest.Sink{}
	one := job(store, sink.Emit)
	one.ToEnd = false
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	var mu sync.Mutex
	var current *source.Runner[gohost.Statistics]
	stopped := make(chan error, 1)
	src := b.source()
	go func() {
		for {
			runner, err := source.New(src, one)
			if err != nil {
				stopped <- err
				return
			}
			mu.Lock()
			current = runner
			mu.Unlock()
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
	for i := 500; i < 1500; i += 500 {
		b.stop()
		b.start()
		for name, some := range b.publish(points[i : i+500]) {
			by[name] = append(by[name], some...)
		}
		reach(uint64(i + 500))
	}
	cancel()
	require.ErrorIs(t, <-stopped, context.Canceled)
	require.NoError(t, run(t, b.source(), job(store, sink.Emit)))
	sink.Check(t, engine, by)
}

// A topic that is made again while a job reads it is an error, also if the new one has as many
// messages.
func TestATopicThatIsMadeAgain(t *testing.T) {
	b := start(t, 1)
	points := sourcetest.Points(rand.New(rand.NewPCG(8, 8)), 500)
	b.publish(points)
	one := job(source.Dir(t.TempDir()), func(context.Context, sourcetest.Output) error { return nil })
	one.ToEnd = false
	runner, err := source.New(b.source(), one)
	require.NoError(t, err)
	done := make(chan error, 1)
	go func() { done <- runner.Run(t.Context()) }()
	require.Eventually(t, func() bool {
		s := runner.Stats()
		return len(s) > 0 && s[0].Messages == 500
	}, time.Minute, time.Millisecond)
	require.NoError(t, b.cluster.DeleteTopic(topicName))
	require.NoError(t, b.cluster.CreateTopic(topicName, 1, nil))
	b.publish(points)
	b.publish(points)
	require.ErrorIs(t, <-done, source.ErrPosition)
	require.Equal(t, uint64(500), runner.Stats()[0].Messages)
}

// A topic that no longer has the position of the state is an error that says why.
func TestTopicsThatLostMessages(t *testing.T) {
	b := start(t, 1)
	random := rand.New(rand.NewPCG(7, 7))
	points := sourcetest.Points(random, 1000)
	b.publish(points)
	stopped := func(store source.Store) {
		t.Helper()
		emitted := 0
		one := job(store, func(context.Context, sourcetest.Output) error {
			if emitted++; emitted == 10 {
				return sourcetest.ErrKilled
			}
			return nil
		})
		one.EveryMessages = 1
		require.ErrorIs(t, run(t, b.source(kafkasource.WithBatch(10, 1<<20)), one), sourcetest.ErrKilled)
	}
	ignore := func(context.Context, sourcetest.Output) error { return nil }
	refused := func(store source.Store, message string) {
		t.Helper()
		err := run(t, b.source(), job(store, ignore))
		require.ErrorIs(t, err, source.ErrPosition)
		require.ErrorContains(t, err, message)
	}
	gone := source.Dir(t.TempDir())
	stopped(gone)
	other := source.Dir(t.TempDir())
	stopped(other)
	require.NoError(t, b.cluster.DeleteRecords(topicName, 0, 900))
	refused(gone, "begins with offset 900, and ")
	require.NoError(t, run(t, b.source(kafkasource.WithGaps()), job(gone, ignore)))

	require.NoError(t, b.cluster.DeleteTopic(topicName))
	require.Error(t, run(t, b.source(kafkasource.WithPartitions(0)), job(other, ignore)))
	require.NoError(t, b.cluster.CreateTopic(topicName, 1, nil))
	refused(other, "which had the same name")

	_, err := kafkasource.New(topicName, b.client(), kafkasource.WithGroup("g"), kafkasource.WithPartitions(0))
	require.ErrorIs(t, err, gohost.ErrInvalidInput)
	_, err = kafkasource.New(topicName, b.client(), kafkasource.WithBatch(0, 1))
	require.ErrorIs(t, err, gohost.ErrInvalidInput)
}
