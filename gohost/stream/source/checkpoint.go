package source

import (
	"bytes"
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"strings"
)

// A checkpoint is a line with the version, a SHA-256 of what follows it (32 bytes), a line of JSON, and
// the operator's snapshot.
const (
	checkpointPrefix  = "compute-pipeline source "
	checkpointVersion = "1"
)

// A checkpoint is how far the work on a partition has come.
type checkpoint struct {
	Partition string   `json:"partition"`
	Position  Position `json:"position"`
	Counts    counts   `json:"counts"`
	// Ended says that the position is the end at which [Job.ToEnd] ends, whatever came since.
	Ended bool `json:"ended,omitempty"`
	// Finished says that the operator was told that the stream ended.
	Finished bool   `json:"finished,omitempty"`
	Snapshot []byte `json:"-"`
}

// counts are of the messages before the position.
type counts struct {
	Messages uint64 `json:"messages"`
	Poison   uint64 `json:"poison"`
}

func (c *checkpoint) encode() ([]byte, error) {
	head, err := json.Marshal(c)
	if err != nil {
		return nil, err
	}
	body := bytes.Join([][]byte{head, c.Snapshot}, []byte{'\n'})
	sum := sha256.Sum256(body)
	return bytes.Join([][]byte{[]byte(checkpointPrefix + checkpointVersion + "\n"), sum[:], body}, nil), nil
}

func decodeCheckpoint(data []byte, partition string) (c checkpoint, err error) {
	bad := func(format string, args ...any) (checkpoint, error) {
		return checkpoint{}, fmt.Errorf("%w: that of %s %s", ErrCheckpoint, partition, fmt.Sprintf(format, args...))
	}
	line, rest, _ := bytes.Cut(data, []byte{'\n'})
	version, ok := strings.CutPrefix(string(line), checkpointPrefix)
	if !ok {
		return bad("begins with other bytes")
	}
	if version != checkpointVersion {
		return bad("is of version %.20q, expected %q", version, checkpointVersion)
	}
	if len(rest) < sha256.Size || sha256.Sum256(rest[sha256.Size:]) != [sha256.Size]byte(rest[:sha256.Size]) {
		return bad("is damaged: its checksum is wrong")
	}
	head, snapshot, _ := bytes.Cut(rest[sha256.Size:], []byte{'\n'})
	if err := json.Unmarshal(head, &c); err != nil {
		return bad("is damaged: %v", err)
	}
	if c.Partition != partition {
		return bad("is that of %s", c.Partition)
	}
	c.Snapshot = snapshot
	return c, nil
}
