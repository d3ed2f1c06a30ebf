// Command edge is the worker as a Go service: goroutines wait for the sources, and the engine
// computes. SOURCES in the environment is a JSON array of the URLs to fetch. It prints the
// address that it listens on.
package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"os"
	"time"

	"example.org/compute-pipeline/examples/matrix/job"
	"example.org/compute-pipeline/gohost"
)

const (
	maxSource = 64 << 20 // bytes
	maxWait   = 30 * time.Second
)

func main() {
	var sources []string
	if err := json.Unmarshal([]byte(os.Getenv("SOURCES")), &sources); err != nil {
		log.Fatalf("SOURCES must be a JSON array of URLs: %v", err)
	}
	eng, err := gohost.New(context.Background(), gohost.WithCallTimeout(time.Second))
	if err != nil {
		log.Fatal(err)
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(listener.Addr())
	server := &http.Server{Handler: handler(eng, sources, maxWait), ReadTimeout: 10 * time.Second}
	log.Fatal(server.Serve(listener))
}

func handler(eng *gohost.Engine, sources []string, wait time.Duration) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		ctx, cancel := context.WithTimeout(r.Context(), wait)
		defer cancel()
		answer, err := aggregate(ctx, eng, sources)
		if err != nil {
			http.Error(w, err.Error(), http.StatusBadGateway)
			return
		}
		w.Header().Set("Content-Type", "application/json")
		_ = answer.Print(w) // an error is the client's, who has left
	}
}

// aggregate fetches and folds the sources, all at the same time.
func aggregate(ctx context.Context, eng *gohost.Engine, sources []string) (answer job.Answer, err error) {
	type part struct {
		state []byte
		err   error
	}
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	parts := make(chan part, len(sources)) // so that none is left when one has failed
	for _, url := range sources {
		go func() {
			state, err := fold(ctx, eng, url)
			parts <- part{state, err}
		}()
	}
	var state []byte
	for range sources {
		p := <-parts
		if p.err == nil && err == nil {
			state, p.err = eng.Merge(ctx, state, p.state)
		}
		if p.err != nil && err == nil {
			err = p.err
			cancel()
		}
	}
	if err != nil {
		return answer, err
	}
	s, err := eng.Finish(ctx, state)
	answer = job.Of(int(s.Count), gohost.Aggregate{Mean: s.Mean, Variance: s.Variance, Sum: s.Sum})
	answer.Memory = eng.Stats().MemoryBytes
	return answer, err
}

func fold(ctx context.Context, eng *gohost.Engine, url string) (state []byte, err error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		return nil, err
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, response.Body.Close()) }()
	if response.StatusCode != http.StatusOK {
		return nil, fmt.Errorf("%s: %s", url, response.Status)
	}
	raw, err := io.ReadAll(io.LimitReader(response.Body, maxSource+1))
	if err != nil {
		return nil, err
	}
	if len(raw) > maxSource {
		return nil, fmt.Errorf("%s: more than %d bytes", url, maxSource)
	}
	points, err := eng.ValidateStream(ctx, raw)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", url, err)
	}
	return eng.Fold(ctx, nil, points)
}
