package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"time"
	"unsafe"

	goccy "github.com/goccy/go-json"

	"example.org/compute-pipeline/bench/work"
	"example.org/compute-pipeline/gohost"
)

// serveArgument makes this program one of the services that it compares.
const serveArgument = "serve"

// maxBody is that of `pipeline serve`.
const maxBody = 8 << 20

// serve is a service as one would write it in Go, without a sandbox or with the engine, at a port
// that it prints.
func serve(ctx context.Context, kind string) error {
	compute := plain(json.Unmarshal)
	switch kind {
	case "goccy":
		compute = plain(goccy.Unmarshal)
	case "engine":
		engine, err := gohost.New(ctx)
		if err != nil {
			return err
		}
		defer engine.Close(context.WithoutCancel(ctx))
		compute = func(ctx context.Context, body []byte) (work.Moments, error) {
			points, err := engine.ValidateStream(ctx, body)
			if err != nil {
				return work.Moments{}, err
			}
			return engine.ComputeAggregate(ctx, points)
		}
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	server := &http.Server{Handler: handler(compute), ReadHeaderTimeout: 5 * time.Second, ReadTimeout: 30 * time.Second, WriteTimeout: 30 * time.Second}
	stop := context.AfterFunc(ctx, func() { server.Close() })
	defer stop()
	fmt.Println(listener.Addr())
	if err := server.Serve(listener); !errors.Is(err, http.ErrServerClosed) {
		return err
	}
	return nil
}

func handler(compute func(context.Context, []byte) (work.Moments, error)) http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("POST /aggregate", func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxBody))
		if err != nil {
			http.Error(w, err.Error(), http.StatusRequestEntityTooLarge)
			return
		}
		moments, err := compute(r.Context(), body)
		if err != nil {
			http.Error(w, err.Error(), http.StatusBadRequest)
			return
		}
		w.Header().Set("Content-Type", "application/json")
		_ = json.NewEncoder(w).Encode(answer{moments.Mean, moments.Variance, moments.Sum}) // fails where the client has gone
	})
	return mux
}

type answer struct {
	Mean     float64 `json:"mean"`
	Variance float64 `json:"variance"`
	Sum      float64 `json:"sum"`
}

// point has the layout of a work.Point, and the names that decoders go by.
type point struct {
	Timestamp uint64  `json:"timestamp"`
	Value     float64 `json:"value"`
}

// plain reads the points with a decoder, and makes two passes.
func plain(decode func([]byte, any) error) func(context.Context, []byte) (work.Moments, error) {
	return func(_ context.Context, body []byte) (work.Moments, error) {
		var list []point
		if err := decode(body, &list); err != nil {
			return work.Moments{}, err
		}
		return work.TwoPasses(unsafe.Slice((*work.Point)(unsafe.SliceData(list)), len(list))), nil
	}
}
