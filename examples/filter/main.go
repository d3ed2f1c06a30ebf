// Command filter is a small HTTP service. POST /events passes a JSON array of events
// through a filter, a WebAssembly module of the contract in wit/. PUT /filter replaces the
// module without losing a request.
package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log"
	"log/slog"
	"net/http"
	"os"
	"sync/atomic"
	"time"

	"example.org/compute-pipeline/examples/filter/filter"
	"example.org/compute-pipeline/gohost/sandbox"
	"example.org/compute-pipeline/gohost/wit"
)

func main() {
	wasm, err := os.ReadFile(os.Args[1])
	if err != nil {
		log.Fatal(err)
	}
	s := &service{imports: filter.Imports{Log: logger{slog.Default()}, Store: newStore(map[string]string{"quota": "1000"})}}
	if err := s.load(context.Background(), wasm); err != nil {
		log.Fatal(err)
	}
	server := &http.Server{Addr: "127.0.0.1:8080", Handler: s.handler(), ReadTimeout: 10 * time.Second}
	log.Fatal(server.ListenAndServe())
}

type service struct {
	imports filter.Imports
	active  atomic.Pointer[filter.Plugin]
}

// load checks and starts a module, which the next requests use. The one before ends after
// its running calls.
func (s *service) load(ctx context.Context, wasm []byte) error {
	next, err := filter.Load(ctx, wasm, s.imports,
		sandbox.WithMemoryLimit(64), sandbox.WithCallTimeout(time.Second), sandbox.WithFuel(1_000_000_000))
	if err != nil {
		return err
	}
	if before := s.active.Swap(next); before != nil {
		return before.Close(ctx)
	}
	return nil
}

// apply uses the active module, also if it is replaced meanwhile.
func (s *service) apply(ctx context.Context, events []filter.Event) ([]filter.Event, error) {
	for {
		active := s.active.Load()
		kept, err := active.Apply(ctx, events)
		if !errors.Is(err, sandbox.ErrClosed) || s.active.Load() == active {
			return kept, err
		}
	}
}

func (s *service) handler() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("POST /events", func(w http.ResponseWriter, r *http.Request) {
		var events []event
		if err := json.NewDecoder(http.MaxBytesReader(w, r.Body, 1<<20)).Decode(&events); err != nil {
			http.Error(w, err.Error(), http.StatusBadRequest)
			return
		}
		kept, err := s.apply(r.Context(), toWIT(events))
		if refusal := (*wit.Error[filter.Refusal])(nil); errors.As(err, &refusal) {
			http.Error(w, fmt.Sprintf("%#v", refusal.Value), http.StatusUnprocessableEntity)
		} else if err != nil { // a trap, a limit, ...
			http.Error(w, err.Error(), http.StatusServiceUnavailable)
		} else {
			_ = json.NewEncoder(w).Encode(fromWIT(kept))
		}
	})
	mux.HandleFunc("PUT /filter", func(w http.ResponseWriter, r *http.Request) {
		wasm, err := io.ReadAll(http.MaxBytesReader(w, r.Body, 16<<20))
		if err == nil {
			err = s.load(r.Context(), wasm)
		}
		if err != nil {
			http.Error(w, err.Error(), http.StatusBadRequest)
		}
	})
	return mux
}
