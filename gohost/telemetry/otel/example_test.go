package otel_test

import (
	"context"
	"fmt"
	"log"

	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/sdk/trace/tracetest"

	"example.org/compute-pipeline/gohost"
	"example.org/compute-pipeline/gohost/plugin"
	"example.org/compute-pipeline/gohost/telemetry/otel"
)

// Each call of a plugin is a span; a program that has set the global providers
// needs no options.
func ExampleNew() {
	ctx := context.Background()
	recorder := tracetest.NewSpanRecorder()
	tel, err := otel.New(otel.WithTracerProvider(
		sdktrace.NewTracerProvider(sdktrace.WithSpanProcessor(recorder))))
	if err != nil {
		log.Fatal(err)
	}
	defer tel.Close()
	reg, err := plugin.NewRegistry(gohost.Binding(), plugin.WithHooks(tel.Hooks()))
	if err != nil {
		log.Fatal(err)
	}
	defer reg.Close(ctx)
	if err := tel.Observe(reg); err != nil {
		log.Fatal(err)
	}

	if _, err := reg.Load(ctx, "stats", plugin.Embedded()); err != nil {
		log.Fatal(err)
	}
	p, err := reg.Plugin("stats")
	if err != nil {
		log.Fatal(err)
	}
	if _, err := p.Binding().ComputeAggregate(ctx, []gohost.Datapoint{{Value: 1}}); err != nil {
		log.Fatal(err)
	}
	for _, span := range recorder.Ended() {
		fmt.Println(span.Name(), span.Attributes()[0].Value.AsString())
	}
	// Output: compute-aggregate stats
}
