package kafkasource

import (
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"slices"

	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kgo"
	"github.com/twmb/franz-go/pkg/kmsg"
)

// A topic is what the brokers say about one.
type topic struct {
	id         string // tells it from another one of its name; zeros before Kafka 2.8
	partitions []int32
}

func describe(ctx context.Context, client *kgo.Client, name string) (topic, error) {
	request := kmsg.NewPtrMetadataRequest()
	t := kmsg.NewMetadataRequestTopic()
	t.Topic = kmsg.StringPtr(name)
	request.Topics = append(request.Topics, t)
	response, err := request.RequestWith(ctx, client)
	if err != nil {
		return topic{}, err
	}
	if len(response.Topics) != 1 {
		return topic{}, fmt.Errorf("the topic %s: the answer has %d topics", name, len(response.Topics))
	}
	got := response.Topics[0]
	if err := kerr.ErrorForCode(got.ErrorCode); err != nil {
		return topic{}, fmt.Errorf("the topic %s: %w", name, err)
	}
	d := topic{id: hex.EncodeToString(got.TopicID[:])}
	for _, p := range got.Partitions {
		d.partitions = append(d.partitions, p.Partition)
	}
	slices.Sort(d.partitions)
	return d, nil
}

// Where an offset is, as ListOffsets has it.
const (
	first = -2
	last  = -1
)

// offset returns the first offset of a partition, or the one behind the last. The latter is that
// behind all transactions that have ended, if it is asked for the committed one.
func offset(ctx context.Context, client *kgo.Client, name string, partition int32, where int64, committed bool) (int64, error) {
	request := kmsg.NewPtrListOffsetsRequest()
	request.ReplicaID = -1
	if committed {
		request.IsolationLevel = 1
	}
	t := kmsg.NewListOffsetsRequestTopic()
	t.Topic = name
	p := kmsg.NewListOffsetsRequestTopicPartition()
	p.Partition, p.Timestamp = partition, where
	t.Partitions = append(t.Partitions, p)
	request.Topics = append(request.Topics, t)
	response, err := request.RequestWith(ctx, client)
	if err != nil {
		return 0, err
	}
	for _, t := range response.Topics {
		for _, p := range t.Partitions {
			return p.Offset, kerr.ErrorForCode(p.ErrorCode)
		}
	}
	return 0, fmt.Errorf("the topic %s has no answer for the offsets of partition %d", name, partition)
}

// create creates a compacted topic of one partition, unless it exists.
func create(ctx context.Context, client *kgo.Client, name string, replicas int16) error {
	request := kmsg.NewPtrCreateTopicsRequest()
	request.TimeoutMillis = 30_000
	t := kmsg.NewCreateTopicsRequestTopic()
	t.Topic, t.NumPartitions, t.ReplicationFactor = name, 1, replicas
	for key, value := range map[string]string{
		"cleanup.policy":            "compact",
		"segment.bytes":             fmt.Sprint(16 << 20), // what is in the newest segment is not compacted
		"min.cleanable.dirty.ratio": "0.1",
	} {
		c := kmsg.NewCreateTopicsRequestTopicConfig()
		c.Name, c.Value = key, kmsg.StringPtr(value)
		t.Configs = append(t.Configs, c)
	}
	request.Topics = append(request.Topics, t)
	response, err := request.RequestWith(ctx, client)
	if err != nil {
		return err
	}
	for _, t := range response.Topics {
		if err := kerr.ErrorForCode(t.ErrorCode); err != nil && !errors.Is(err, kerr.TopicAlreadyExists) {
			return fmt.Errorf("the topic %s cannot be made: %w", name, err)
		}
	}
	return nil
}
