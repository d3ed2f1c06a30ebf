// Command service is a small HTTP service that embeds the engine. POST it a JSON
// array of {"timestamp": 1, "value": 2.5}, and it returns mean, variance and sum.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log"
	"net/http"
	"time"

	"example.org/compute-pipeline/gohost"
)

func main() {
	eng, err := gohost.New(context.Background(), gohost.WithCallTimeout(time.Second), gohost.WithMaxWaiters(100))
	if err != nil {
		log.Fatal(err)
	}
	server := &http.Server{Addr: "127.0.0.1:8080", Handler: handler(eng), ReadTimeout: 10 * time.Second}
	log.Fatal(server.ListenAndServe())
}

func handler(eng *gohost.Engine) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		agg, err := aggregate(r.Context(), eng, http.MaxBytesReader(w, r.Body, 1<<20))
		if refused := (*gohost.GuestError)(nil); errors.As(err, &refused) { // says what is wrong, and where
			http.Error(w, refused.Message, http.StatusBadRequest)
		} else if err != nil {
			http.Error(w, err.Error(), http.StatusServiceUnavailable)
		} else {
			fmt.Fprintf(w, "mean %v\nvariance %v\nsum %v\n", agg.Mean, agg.Variance, agg.Sum)
		}
	}
}

func aggregate(ctx context.Context, eng *gohost.Engine, body io.Reader) (agg gohost.Aggregate, err error) {
	raw, err := io.ReadAll(body)
	if err != nil {
		return agg, err
	}
	points, err := eng.ValidateStream(ctx, raw)
	if err != nil {
		return agg, err
	}
	return eng.ComputeAggregate(ctx, points)
}
