package main

import (
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"time"

	"example.org/compute-pipeline/bench/measure"
	"example.org/compute-pipeline/bench/peer"
	"example.org/compute-pipeline/bench/work"
)

// tenants is how many share a machine in the table of starts.
const tenants = 16

// start is what it takes to start a peer, measured in a process of its own.
type start struct {
	Name string
	// First is from nothing to the first answer.
	First time.Duration
	// More is the private memory of one more instance.
	More int64
	// Tenants is the private memory of 16 that share nothing, and Call the time of a call of
	// 100 points by each in turn, in nanoseconds. It is 0 for what is not measured from here.
	Tenants int64
	Call    float64
}

// startArgument makes the bench measure the start of one peer, and print it.
const startArgument = "measure-start"

// measureStart is the child's side.
func measureStart(name string, files peer.Files) (start, error) {
	for _, p := range peer.All() {
		if p.Name == name {
			return startOf(p, files)
		}
	}
	return start{}, fmt.Errorf("there is no peer %s", name)
}

func startOf(p peer.Peer, files peer.Files) (start, error) {
	points := work.Temperatures(10_000)
	few := points[:100]
	empty, err := measure.PrivateMemory()
	if err != nil {
		return start{}, err
	}
	began := time.Now()
	host, err := p.Open(files)
	if err != nil {
		return start{}, err
	}
	first, err := host.Service()
	if err != nil {
		return start{}, err
	}
	if _, err := first.Aggregate(ctx, few); err != nil {
		return start{}, err
	}
	s := start{Name: p.Name, First: time.Since(began)}
	if _, err := first.Aggregate(ctx, points); err != nil {
		return start{}, err
	}
	one, err := measure.PrivateMemory()
	if err != nil {
		return start{}, err
	}

	services := []peer.Service{first}
	add := host.Service
	grower, grows := host.(peer.Grower)
	if grows {
		if err := grower.Grow(points, tenants); err != nil {
			return start{}, err
		}
		many, err := measure.PrivateMemory()
		if err != nil {
			return start{}, err
		}
		s.More = (many - one) / (tenants - 1)
		s.Tenants = many - empty
	}
	if tenancy, ok := host.(peer.Tenancy); ok {
		add = tenancy.Tenant
	} else if grows {
		return s, first.Close()
	}
	for len(services) < tenants {
		more, err := add()
		if err != nil {
			return start{}, err
		}
		if _, err := more.Aggregate(ctx, points); err != nil {
			return start{}, err
		}
		services = append(services, more)
	}
	many, err := measure.PrivateMemory()
	if err != nil {
		return start{}, err
	}
	s.Tenants = many - empty
	if !grows {
		s.More = (many - one) / (tenants - 1)
	}
	var times []float64
	for range 21 {
		began := time.Now()
		for _, t := range services {
			if _, err := t.Aggregate(ctx, few); err != nil {
				return start{}, err
			}
		}
		times = append(times, float64(time.Since(began).Nanoseconds())/tenants)
	}
	s.Call = measure.Median(times)
	for _, t := range services {
		if err := t.Close(); err != nil {
			return start{}, err
		}
	}
	return s, host.Close()
}

// A peer whose first answer takes longer than slowStart is started in every third round only: the
// start of each tenant takes as long.
const (
	slowStart  = 500 * time.Millisecond
	slowStarts = 3
)

// measureStarts measures each peer with a sandbox in processes of their own, by turns.
func measureStarts(all []opened, files peer.Files, rounds int) ([]start, error) {
	program, err := os.Executable()
	if err != nil {
		return nil, err
	}
	arguments, err := json.Marshal(files)
	if err != nil {
		return nil, err
	}
	found := make(map[string][]start)
	for round := range rounds {
		for _, o := range all {
			if !o.Sandboxed || round%slowStarts != 0 && found[o.Name][0].First > slowStart {
				continue
			}
			cmd := exec.Command(program, startArgument, o.Name, string(arguments))
			cmd.Stderr = os.Stderr
			out, err := cmd.Output()
			if err != nil {
				return nil, fmt.Errorf("measuring the start of %s: %w", o.Name, err)
			}
			var s start
			if err := json.Unmarshal(out, &s); err != nil {
				return nil, err
			}
			found[o.Name] = append(found[o.Name], s)
		}
	}
	var starts []start
	for _, o := range all {
		if of := found[o.Name]; of != nil {
			starts = append(starts, start{
				Name: o.Name, First: medianOf(of, func(s start) time.Duration { return s.First }),
				More:    medianOf(of, func(s start) int64 { return s.More }),
				Tenants: medianOf(of, func(s start) int64 { return s.Tenants }),
				Call:    medianOf(of, func(s start) float64 { return s.Call }),
			})
		}
	}
	return starts, nil
}

func medianOf[T int64 | float64 | time.Duration](of []start, value func(start) T) T {
	values := make([]T, len(of))
	for i, s := range of {
		values[i] = value(s)
	}
	return measure.Median(values)
}
