// Command filter is a small HTTP service. POST /events passes a JSON array of events
// through a filter, a WebAssembly module of the contract in wit/. PUT /filter replaces the
// module without losing a request, and POST /filter/rollback brings the one before back.
package main

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"log"
	"log/slog"
	"net/http"
	"os"
	"time"

	"example.org/compute-pipeline/examples/filter/filter"
	"example.org/compute-pipeline/gohost/plugin"
)

func main() {
	imports := filter.Imports{Log: logger{slog.Default()}, Store: newStore(map[string]string{"quota": "1000"})}
	registry, err := newRegistry(imports)
	if err != nil {
		log.Fatal(err)
	}
	handler, err := newHandler(context.Background(), registry, plugin.File(os.Args[1]))
	if err != nil {
		log.Fatal(err)
	}
	server := &http.Server{Addr: "127.0.0.1:8080", Handler: handler, ReadTimeout: 10 * time.Second}
	log.Fatal(server.ListenAndServe())
}

func newRegistry(imports filter.Imports) (*plugin.Registry[*filter.Plugin], error) {
	return plugin.NewRegistry(filter.Binding(imports),
		plugin.WithDefaultLimits(plugin.Limits{MemoryMiB: 64, CallTimeout: time.Second, Fuel: 1_000_000_000}),
		plugin.WithSelfTest(time.Second, func(ctx context.Context, p *filter.Plugin) error {
			_, err := p.Apply(ctx, nil) // every filter must accept no events
			return err
		}))
}

func newHandler(ctx context.Context, registry *plugin.Registry[*filter.Plugin], first plugin.Source) (http.Handler, error) {
	if _, err := registry.Load(ctx, "filter", first); err != nil {
		return nil, err
	}
	p, err := registry.Plugin("filter")
	if err != nil {
		return nil, err
	}
	active := p.Binding() // each call runs on the module that is active then
	mux := http.NewServeMux()
	mux.HandleFunc("POST /events", func(w http.ResponseWriter, r *http.Request) {
		var events []event
		if err := json.NewDecoder(http.MaxBytesReader(w, r.Body, 1<<20)).Decode(&events); err != nil {
			http.Error(w, err.Error(), http.StatusBadRequest)
			return
		}
		kept, err := active.Apply(r.Context(), toWIT(events))
		if refusal := filter.Refusal(nil); errors.As(err, &refusal) {
			http.Error(w, refusal.Error(), http.StatusUnprocessableEntity)
		} else if err != nil { // a trap, a limit, ...
			http.Error(w, err.Error(), http.StatusServiceUnavailable)
		} else {
			_ = json.NewEncoder(w).Encode(fromWIT(kept))
		}
	})
	mux.HandleFunc("PUT /filter", func(w http.ResponseWriter, r *http.Request) {
		wasm, err := io.ReadAll(http.MaxBytesReader(w, r.Body, 16<<20))
		if err == nil {
			_, err = registry.Load(r.Context(), "filter", plugin.Bytes(wasm))
		}
		answer(w, err)
	})
	mux.HandleFunc("POST /filter/rollback", func(w http.ResponseWriter, r *http.Request) {
		_, err := registry.Rollback(r.Context(), "filter")
		answer(w, err)
	})
	return mux, nil
}

func answer(w http.ResponseWriter, err error) {
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
	}
}
