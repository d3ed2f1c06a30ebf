package main

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"time"

	"example.org/compute-pipeline/examples/matrix/job"
)

// A server is a way that answers requests. It prints its address, or a report of workerd's with
// the port to file descriptor 3.
type server struct {
	way
	reports bool
}

func serversInGo(e *environment) []server {
	edge := e.program("edge")
	return []server{{way: way{id: "edge/go", command: []string{edge}, ships: []string{edge}, exact: true}}}
}

func serversElsewhere(e *environment) []server {
	at := func(name string) string { return e.path(filepath.Join("examples/matrix/edge", name)) }
	workerd := func(config string) []string {
		return []string{e.workerd(), "serve", at("config.capnp"), config, "--socket-addr", "http=127.0.0.1:0", "--control-fd=3"}
	}
	engine := e.javascript(at("worker.js"), at("handler.js"))
	plain := []string{at("plain_worker.js"), at("handler.js"), e.path("examples/matrix/job/job.js")}
	return []server{
		{way{id: "edge/workerd", command: workerd("engine"), ships: engine, exact: true}, true},
		{way{id: "edge/workerd-whole", command: workerd("whole"), ships: engine, exact: true}, true},
		{way{id: "edge/workerd-plain", command: workerd("plain"), ships: plain}, true},
	}
}

// measureEdge starts the servers by turns, with the small file as their source, until the first
// answer. Then it sends requests to all by turns, with the parts of the large file as sources.
func (e *environment) measureEdge(ctx context.Context, servers []server, rounds int, measured map[string]*result) error {
	small := httptest.NewServer(http.FileServer(http.Dir(filepath.Dir(e.small))))
	defer small.Close()
	large := httptest.NewServer(http.FileServer(http.Dir(e.dir)))
	defer large.Close()
	var sources []string
	for i := range parts {
		sources = append(sources, large.URL+"/"+partName(i))
	}

	starts := map[string][]time.Duration{}
	for range rounds {
		for _, s := range servers {
			began := time.Now()
			running, err := s.start(ctx, small.URL+"/"+filepath.Base(e.small))
			if err != nil {
				return fmt.Errorf("%s: %w", s.id, err)
			}
			_, err = running.ask(ctx)
			starts[s.id] = append(starts[s.id], time.Since(began))
			if err := errors.Join(err, running.stop()); err != nil {
				return fmt.Errorf("%s: %w", s.id, err)
			}
		}
	}

	var all []*running
	defer func() {
		for _, r := range all {
			_ = r.stop() // they are of no more use
		}
	}()
	for _, s := range servers {
		r, err := s.start(ctx, sources...)
		if err != nil {
			return fmt.Errorf("%s: %w", s.id, err)
		}
		all = append(all, r)
		size, compressed, err := sizes(s.ships)
		if err != nil {
			return err
		}
		measured[s.id] = &result{id: s.id, exact: s.exact, Start: median(starts[s.id]), Size: size, Gzip: compressed}
	}
	times := map[string][]float64{}
	for range rounds * e.repeats {
		for i, s := range servers {
			began := time.Now()
			answer, err := all[i].ask(ctx)
			if err != nil {
				return fmt.Errorf("%s: %w", s.id, err)
			}
			times[s.id] = append(times[s.id], float64(time.Since(began))/float64(answer.Points))
			measured[s.id].Answer = answer
		}
	}
	for i, s := range servers {
		measured[s.id].Steps = map[string]float64{"request": median(times[s.id])}
		measured[s.id].Peak = all[i].peak()
	}
	return nil
}

// A running server listens.
type running struct {
	cmd     *exec.Cmd
	address string
}

func (s server) start(ctx context.Context, sources ...string) (r *running, err error) {
	list, err := json.Marshal(sources)
	if err != nil {
		return nil, err
	}
	r = &running{cmd: exec.CommandContext(ctx, s.command[0], s.command[1:]...)}
	r.cmd.Env = append(os.Environ(), "SOURCES="+string(list))
	r.cmd.Stderr = os.Stderr
	said, its, err := os.Pipe()
	if err != nil {
		return nil, err
	}
	defer said.Close()
	if s.reports {
		r.cmd.ExtraFiles = []*os.File{its}
	} else {
		r.cmd.Stdout = its
	}
	err = errors.Join(r.cmd.Start(), its.Close())
	if err != nil {
		return nil, err
	}
	line, err := bufio.NewReader(said).ReadString('\n')
	if err != nil {
		return nil, errors.Join(fmt.Errorf("it said %q: %w", line, err), r.stop())
	}
	port := regexp.MustCompile(`(\d+)\D*$`).FindStringSubmatch(line)
	if port == nil {
		return nil, errors.Join(fmt.Errorf("no port in %q", line), r.stop())
	}
	r.address = net.JoinHostPort("127.0.0.1", port[1])
	return r, nil
}

func (r *running) ask(ctx context.Context) (answer job.Answer, err error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+r.address+"/", nil)
	if err != nil {
		return answer, err
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return answer, err
	}
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	if err != nil {
		return answer, err
	}
	if response.StatusCode != http.StatusOK {
		return answer, fmt.Errorf("%s: %.200s", response.Status, body)
	}
	return answer, json.Unmarshal(body, &answer)
}

// peak returns the peak of the resident memory, in bytes; 0 where Linux does not say it.
func (r *running) peak() int64 {
	status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", r.cmd.Process.Pid))
	if err != nil {
		return 0
	}
	found := regexp.MustCompile(`VmHWM:\s*(\d+) kB`).FindSubmatch(status)
	if found == nil {
		return 0
	}
	kib, _ := strconv.ParseInt(string(found[1]), 10, 64) // digits
	return kib << 10
}

// stop kills the server and waits for its end.
func (r *running) stop() error {
	if err := r.cmd.Process.Kill(); err != nil {
		return err
	}
	var killed *exec.ExitError
	if err := r.cmd.Wait(); err != nil && !errors.As(err, &killed) {
		return err
	}
	return nil
}
