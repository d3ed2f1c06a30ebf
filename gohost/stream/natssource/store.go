package natssource

import (
	"context"
	"crypto/rand"
	"encoding/binary"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"example.org/compute-pipeline/gohost/stream/source"
)

// StoreOption configures a store in [NewStore].
type StoreOption func(*storeConfig) error

type storeConfig struct {
	replicas int
	results  string
}

// WithReplicas makes a bucket that does not exist with so many replicas. The default is 1.
func WithReplicas(n int) StoreOption {
	return func(c *storeConfig) error {
		c.replicas = n
		return nil
	}
}

// WithResults publishes the results of [source.Job.Encode] to a subject for each partition: this
// one, a dot, and [Token] of the partition. A stream must have these subjects, and keep the last
// result for longer than checkpoints are apart. Each result is there once: its number is in the header
// [NumberHeader], those that are there are not published again, and a second process gets
// [source.ErrFenced]. The key of a record is not used.
func WithResults(subject string) StoreOption {
	return func(c *storeConfig) error {
		c.results = subject
		return nil
	}
}

// NumberHeader is the header of a result that has its number.
const NumberHeader = "Compute-Pipeline-Number"

// NewStore returns a store in a key-value bucket, which it creates if it does not exist. A bucket is for
// one job. Every process that can reach the server can go on with the job.
//
// A state that is too large for a message is stored in several.
func NewStore(ctx context.Context, js jetstream.JetStream, bucket string, opts ...StoreOption) (source.Store, error) {
	c := storeConfig{replicas: 1}
	for _, opt := range opts {
		if err := opt(&c); err != nil {
			return nil, err
		}
	}
	kv, err := js.KeyValue(ctx, bucket)
	if errors.Is(err, jetstream.ErrBucketNotFound) {
		kv, err = js.CreateKeyValue(ctx, jetstream.KeyValueConfig{Bucket: bucket, Replicas: c.replicas})
	}
	if err != nil {
		return nil, fmt.Errorf("the bucket %q: %w", bucket, err)
	}
	return &store{js: js, kv: kv, config: c}, nil
}

type store struct {
	js     jetstream.JetStream
	kv     jetstream.KeyValue
	config storeConfig
}

// Token returns the name of a partition as one token of a subject.
func Token(partition string) string {
	var b strings.Builder
	for _, c := range []byte(partition) {
		if 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || '0' <= c && c <= '9' || c == '-' || c == '_' {
			b.WriteByte(c)
		} else {
			fmt.Fprintf(&b, "=%02x", c)
		}
	}
	return b.String()
}

func (s *store) Open(ctx context.Context, partition string) (source.Session, error) {
	token := Token(partition)
	n := &session{store: s, key: token}
	if s.config.results == "" {
		return n, nil
	}
	p := &publishing{session: n, subject: s.config.results + "." + token}
	return p, p.open(ctx)
}

// A session has seen a revision of the key of its partition. The value is the state after a 0, or, after
// a 1, the number of parts (uvarint) and the name that their keys have in common: KEY.REVISION-RANDOM,
// where the revision is what their writer had seen. Who then replaces the key with this revision
// knows that all other parts of it, or of smaller ones, will never be used.
type session struct {
	*store
	key      string
	revision uint64
	swept    bool // what killed processes left is removed
}

const (
	whole = iota
	inParts
)

// partSize is well below the usual max size of a message, 1 MB.
const partSize = 512 << 10

func (s *session) Load(ctx context.Context) ([]byte, error) {
	for {
		entry, err := s.kv.Get(ctx, s.key)
		if errors.Is(err, jetstream.ErrKeyNotFound) {
			return nil, nil
		}
		if err != nil {
			return nil, err
		}
		s.revision = entry.Revision()
		state, err := s.join(ctx, entry.Value())
		if !errors.Is(err, jetstream.ErrKeyNotFound) {
			return state, err
		}
		// A part is gone: another process has saved meanwhile, or it is damaged.
		again, err := s.kv.Get(ctx, s.key)
		if err != nil {
			return nil, err
		}
		if again.Revision() == s.revision {
			return nil, fmt.Errorf("%w: a part of %s in the bucket %s is gone", source.ErrCheckpoint, s.key, s.kv.Bucket())
		}
	}
}

func (s *session) join(ctx context.Context, value []byte) ([]byte, error) {
	bad := fmt.Errorf("%w: that of %s in the bucket %s begins with other bytes", source.ErrCheckpoint, s.key, s.kv.Bucket())
	if len(value) == 0 || value[0] > inParts {
		return nil, bad
	}
	if value[0] == whole {
		return value[1:], nil
	}
	parts, size := binary.Uvarint(value[1:])
	if size <= 0 {
		return nil, bad
	}
	name := string(value[1+size:])
	var state []byte
	for i := range parts {
		entry, err := s.kv.Get(ctx, partKey(name, int(i)))
		if err != nil {
			return nil, err
		}
		state = append(state, entry.Value()...)
	}
	return state, nil
}

func partKey(name string, i int) string { return name + "." + strconv.Itoa(i) }

func (s *session) Save(ctx context.Context, state []byte) error {
	value, name := append([]byte{whole}, state...), ""
	if len(state) > partSize {
		name = fmt.Sprintf("%s.%d-%s", s.key, s.revision, rand.Text())
		parts := 0
		for part := range slices.Chunk(state, partSize) {
			if _, err := s.kv.Create(ctx, partKey(name, parts), part); err != nil {
				return err
			}
			parts++
		}
		value = append(binary.AppendUvarint([]byte{inParts}, uint64(parts)), name...)
	}
	var revision uint64
	var err error
	if s.revision == 0 {
		revision, err = s.kv.Create(ctx, s.key, value)
	} else {
		revision, err = s.kv.Update(ctx, s.key, value, s.revision)
	}
	if errors.Is(err, jetstream.ErrKeyExists) || errors.Is(err, jetstream.ErrKeyRevisionMismatch) {
		return fmt.Errorf("%w: %s in the bucket %s: %w", source.ErrFenced, s.key, s.kv.Bucket(), err)
	}
	if err != nil {
		return err
	}
	s.revision = revision
	return s.sweep(ctx, name)
}

// sweep removes all parts but those of a name.
func (s *session) sweep(ctx context.Context, name string) error {
	if s.swept && name == "" {
		return nil // there are none
	}
	keys, err := s.kv.ListKeysFiltered(ctx, s.key+".>")
	if err != nil {
		return err
	}
	others := map[string]bool{}
	for key := range keys.Keys() {
		if at := strings.LastIndexByte(key, '.'); at > 0 && key[:at] != name && s.old(key[:at]) {
			others[key[:at]] = true
		}
	}
	if len(others) > 0 {
		// A deleted key would leave a mark in the bucket.
		below, err := s.js.Stream(ctx, "KV_"+s.kv.Bucket())
		if err != nil {
			return err
		}
		for other := range others {
			if err := below.Purge(ctx, jetstream.WithPurgeSubject("$KV."+s.kv.Bucket()+"."+other+".*")); err != nil {
				return err
			}
		}
	}
	s.swept = name == ""
	return nil
}

// old reports whether the writer of a part had seen a smaller revision than the one stored now.
func (s *session) old(name string) bool {
	text, _, _ := strings.Cut(strings.TrimPrefix(name, s.key+"."), "-")
	seen, err := strconv.ParseUint(text, 10, 64)
	return err == nil && seen < s.revision
}

func (s *session) Close() error { return nil }

// publishing is a session that publishes results.
type publishing struct {
	*session
	subject string
	last    uint64 // sequence number of the last result
	next    uint64 // number of the next result
}

func (p *publishing) open(ctx context.Context) error {
	name, err := p.js.StreamNameBySubject(ctx, p.subject)
	if err != nil {
		return fmt.Errorf("the subject %s: %w", p.subject, err)
	}
	results, err := p.js.Stream(ctx, name)
	if err != nil {
		return err
	}
	m, err := results.GetLastMsgForSubject(ctx, p.subject)
	if errors.Is(err, jetstream.ErrMsgNotFound) {
		return nil
	}
	if err != nil {
		return err
	}
	number, err := strconv.ParseUint(m.Header.Get(NumberHeader), 10, 64)
	if err != nil {
		return fmt.Errorf("%w: message %d of %s has no number in %s", source.ErrCheckpoint, m.Sequence, p.subject, NumberHeader)
	}
	p.last, p.next = m.Sequence, number+1
	return nil
}

// Publish implements [source.Publisher].
func (p *publishing) Publish(ctx context.Context, r source.Record) error {
	if r.Number < p.next {
		return nil // it is there
	}
	m := nats.NewMsg(p.subject)
	m.Data = r.Value
	m.Header.Set(NumberHeader, strconv.FormatUint(r.Number, 10))
	ack, err := p.js.PublishMsg(ctx, m, jetstream.WithExpectLastSequencePerSubject(p.last))
	if wrong := (*jetstream.APIError)(nil); errors.As(err, &wrong) && (wrong.ErrorCode == jetstream.JSErrCodeStreamWrongLastSequence || wrong.ErrorCode == jetstream.JSErrCodeStreamWrongLastSequenceConstant) {
		return fmt.Errorf("%w: %s: %w", source.ErrFenced, p.subject, err)
	}
	if err != nil {
		return err
	}
	p.last, p.next = ack.Sequence, r.Number+1
	return nil
}
