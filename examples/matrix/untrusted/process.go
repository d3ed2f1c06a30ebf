package main

import (
	"bufio"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"math"
	"os"
	"os/exec"
	"slices"
	"syscall"
	"time"

	"example.org/compute-pipeline/examples/matrix/job"
	"example.org/compute-pipeline/gohost"
)

// A process is a program that answers requests. It has all the rights of this one, and all the
// memory of the machine: taking them away is for the operating system, by users, namespaces
// and cgroups. So is to end what leaves the group of the process; no call waits for it.
type process struct {
	cmd  *exec.Cmd
	to   io.WriteCloser
	from io.ReadCloser

	request []byte // of the last call, whose memory the next one uses again
}

func startProcess(program string) (*process, error) {
	cmd := exec.Command(program, "-serve")
	cmd.Stderr = os.Stderr
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true} // a group, which ends as one
	to, err := cmd.StdinPipe()
	if err != nil {
		return nil, err
	}
	from, err := cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	return &process{cmd: cmd, to: to, from: from}, cmd.Start()
}

// ComputeAggregate sends a request. If the process does not answer in time it is killed, and
// whatever else it served is lost.
func (p *process) ComputeAggregate(_ context.Context, points []gohost.Datapoint) (agg gohost.Aggregate, err error) {
	timeout := time.AfterFunc(callLimit, p.kill)
	defer func() {
		if !timeout.Stop() && err != nil {
			err = fmt.Errorf("the process was killed after %v: %w", callLimit, err)
		}
	}()
	p.request = binary.LittleEndian.AppendUint64(p.request[:0], uint64(len(points)))
	for _, point := range points {
		p.request = binary.LittleEndian.AppendUint64(p.request, point.Timestamp)
		p.request = binary.LittleEndian.AppendUint64(p.request, math.Float64bits(point.Value))
	}
	if _, err := p.to.Write(p.request); err != nil {
		return agg, fmt.Errorf("the request: %w", err)
	}
	if err := binary.Read(p.from, binary.LittleEndian, &agg); err != nil {
		return agg, fmt.Errorf("the answer: %w", err)
	}
	return agg, nil
}

// Close ends the process, which ends with its input, or else is killed after a while.
func (p *process) Close(context.Context) error {
	_ = p.to.Close() // kill may have closed it
	timeout := time.AfterFunc(callLimit, p.kill)
	err := p.cmd.Wait()
	timeout.Stop()
	p.kill()
	return err
}

// kill kills the process and what it has started, and ends a call that waits. The number of a
// group is no other's as long as one of its processes is left.
func (p *process) kill() {
	_ = syscall.Kill(-p.cmd.Process.Pid, syscall.SIGKILL) // all may have ended
	_ = p.to.Close()
	_ = p.from.Close()
}

// serveRequests answers requests until there are no more: a count, and so many points.
func serveRequests(in io.Reader, out io.Writer) error {
	const maxPoints = 1 << 24
	buffered := bufio.NewReaderSize(in, 1<<16)
	var request []byte
	var points []gohost.Datapoint
	for {
		var n uint64
		if err := binary.Read(buffered, binary.LittleEndian, &n); errors.Is(err, io.EOF) {
			return nil
		} else if err != nil {
			return err
		}
		if n > maxPoints {
			return fmt.Errorf("a request of %d points, the limit is %d", n, maxPoints)
		}
		request = slices.Grow(request[:0], int(n)*gohost.PackedSize)[:int(n)*gohost.PackedSize]
		if _, err := io.ReadFull(buffered, request); err != nil {
			return err
		}
		points = points[:0]
		for packed := range slices.Chunk(request, gohost.PackedSize) {
			points = append(points, gohost.Datapoint{
				Timestamp: binary.LittleEndian.Uint64(packed),
				Value:     math.Float64frombits(binary.LittleEndian.Uint64(packed[8:])),
			})
		}
		if err := binary.Write(out, binary.LittleEndian, job.Plain(points)); err != nil {
			return err
		}
	}
}
