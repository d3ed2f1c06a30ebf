package plugin_test

import (
	"context"
	"crypto/ed25519"
	"errors"
	"fmt"
	"log"
	"os"
	"time"

	"example.org/compute-pipeline/gohost"
	"example.org/compute-pipeline/gohost/plugin"
)

// A service loads a plugin and calls it; a later Load of the same name swaps it
// while calls run.
func Example() {
	ctx := context.Background()
	reg, err := plugin.NewRegistry(gohost.Binding())
	if err != nil {
		log.Fatal(err)
	}
	defer reg.Close(ctx)
	if _, err := reg.Load(ctx, "stats", plugin.File("testdata/engine.core.wasm")); err != nil {
		log.Fatal(err)
	}
	p, err := reg.Plugin("stats")
	if err != nil {
		log.Fatal(err)
	}
	agg, err := p.Binding().ComputeAggregate(ctx, []gohost.Datapoint{{Timestamp: 1, Value: 20}, {Timestamp: 2, Value: 22}})
	if err != nil {
		log.Fatal(err)
	}
	fmt.Printf("%+v\n", agg)
	// Output: {Mean:21 Variance:1 Sum:42}
}

// The limits of a plugin that is not trusted much.
func ExampleWithLimits() {
	ctx := context.Background()
	reg, err := plugin.NewRegistry(gohost.Binding(), plugin.WithDefaultLimits(plugin.Limits{MaxInstances: 4}))
	if err != nil {
		log.Fatal(err)
	}
	defer reg.Close(ctx)
	v, err := reg.Load(ctx, "stats", plugin.File("testdata/engine.core.wasm"), plugin.WithLimits(plugin.Limits{
		MemoryMiB:   16,
		CallTimeout: time.Second,
		MaxWaiters:  plugin.NoWaiters,
	}))
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(v.Limits.MaxInstances, v.Limits.MemoryMiB, v.Limits.CallTimeout)
	// Output: 4 16 1s
}

// Only modules that a known key signed are loaded.
func ExampleWithSignature() {
	ctx := context.Background()
	public, private, err := ed25519.GenerateKey(nil)
	if err != nil {
		log.Fatal(err)
	}
	wasm, err := os.ReadFile("testdata/engine.core.wasm")
	if err != nil {
		log.Fatal(err)
	}
	reg, err := plugin.NewRegistry(gohost.Binding(), plugin.WithPublicKeys(public), plugin.WithRequireSignature())
	if err != nil {
		log.Fatal(err)
	}
	defer reg.Close(ctx)

	_, err = reg.Load(ctx, "stats", plugin.Bytes(wasm))
	fmt.Println(errors.Is(err, plugin.ErrSignature))
	v, err := reg.Load(ctx, "stats", plugin.Bytes(wasm), plugin.WithSignature(ed25519.Sign(private, wasm)))
	fmt.Println(v.SignedBy == plugin.KeyID(public), err)
	// Output:
	// true
	// true <nil>
}

// Keys are read from PEM, as OpenSSL writes them.
func ExampleParsePublicKeys() {
	keys, err := plugin.ParsePublicKeys([]byte(`-----BEGIN PUBLIC KEY-----
MCowBQYDK2VwAyEA11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo=
-----END PUBLIC KEY-----`))
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(len(keys), plugin.KeyID(keys[0]))
	// Output: 1 21fe31dfa154a261
}

// A file is pinned to one content by its hash.
func ExampleWithSHA256() {
	ctx := context.Background()
	reg, err := plugin.NewRegistry(gohost.Binding())
	if err != nil {
		log.Fatal(err)
	}
	defer reg.Close(ctx)
	_, err = reg.Load(ctx, "stats", plugin.File("testdata/engine.core.wasm"),
		plugin.WithSHA256("00000000000000000000000000000000000000000000000000000000deadbeef"))
	fmt.Println(errors.Is(err, plugin.ErrHash))
	// Output: true
}

// A version that turns out to be bad is rolled back in one call.
func ExampleRegistry_Rollback() {
	ctx := context.Background()
	reg, err := plugin.NewRegistry(gohost.Binding())
	if err != nil {
		log.Fatal(err)
	}
	defer reg.Close(ctx)
	if _, err := reg.Load(ctx, "stats", plugin.File("testdata/engine.core.wasm")); err != nil {
		log.Fatal(err)
	}
	// The same module with another limit is another version.
	_, err = reg.Load(ctx, "stats", plugin.File("testdata/engine.core.wasm"), plugin.WithLimits(plugin.Limits{MemoryMiB: 1}))
	if err != nil {
		log.Fatal(err)
	}
	v, err := reg.Rollback(ctx, "stats")
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(v.Number, v.State, v.Limits.MemoryMiB)
	// Output: 1 active 256
}

// A version can be checked and compiled before it is to serve.
func ExampleWithStandby() {
	ctx := context.Background()
	reg, err := plugin.NewRegistry(gohost.Binding())
	if err != nil {
		log.Fatal(err)
	}
	defer reg.Close(ctx)
	v, err := reg.Load(ctx, "stats", plugin.Embedded(), plugin.WithStandby())
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(v.State)
	v, err = reg.Activate(ctx, "stats", v.Hash)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(v.State)
	// Output:
	// standby
	// active
}

// A plugin that keeps failing is cut off; here after one failure.
func ExampleOpenError() {
	ctx := context.Background()
	reg, err := plugin.NewRegistry(gohost.Binding())
	if err != nil {
		log.Fatal(err)
	}
	defer reg.Close(ctx)
	_, err = reg.Load(ctx, "stats", plugin.Embedded(), plugin.WithLimits(plugin.Limits{
		Fuel:    1_000_000,
		Breaker: plugin.BreakerLimits{Failures: 1, Cooldown: time.Hour},
	}))
	if err != nil {
		log.Fatal(err)
	}
	p, err := reg.Plugin("stats")
	if err != nil {
		log.Fatal(err)
	}
	_, err = p.Binding().ValidateChecksum(ctx, make([]byte, 8<<20), 0)
	fmt.Println("limit:", errors.Is(err, gohost.ErrLimit))
	_, err = p.Binding().ValidateChecksum(ctx, nil, 0)
	var open *plugin.OpenError
	if errors.As(err, &open) {
		fmt.Println("open for an hour:", time.Until(open.Until).Round(time.Hour))
	}
	p.Reset()
	ok, err := p.Binding().ValidateChecksum(ctx, nil, 0)
	fmt.Println(ok, err)
	// Output:
	// limit: true
	// open for an hour: 1h0m0s
	// true <nil>
}

// Hooks feed metrics; module telemetry has them for Prometheus and OpenTelemetry.
func ExampleWithHooks() {
	ctx := context.Background()
	reg, err := plugin.NewRegistry(gohost.Binding(), plugin.WithHooks(plugin.Hooks{
		OnActivate: func(e plugin.ActivateEvent) { fmt.Println("activated", e.Plugin) },
		OnCall: func(_ context.Context, e plugin.CallEvent) {
			fmt.Println(e.Plugin, e.Function, e.Outcome)
		},
	}))
	if err != nil {
		log.Fatal(err)
	}
	defer reg.Close(ctx)
	if _, err := reg.Load(ctx, "stats", plugin.Embedded()); err != nil {
		log.Fatal(err)
	}
	p, err := reg.Plugin("stats")
	if err != nil {
		log.Fatal(err)
	}
	_, _ = p.Binding().ValidateStream(ctx, []byte(`[]`))
	// Output:
	// activated stats
	// stats validate-stream guest_error
}

// Every version is tested with the contract's own vectors, and may be with more.
func ExampleWithSelfTest() {
	ctx := context.Background()
	reg, err := plugin.NewRegistry(gohost.Binding(), plugin.WithSelfTest(5*time.Second, func(ctx context.Context, eng gohost.Functions) error {
		if err := plugin.SelfTest(ctx, eng); err != nil {
			return err
		}
		if !eng.HasSummary() {
			return errors.New("this service needs the summary")
		}
		return nil
	}))
	if err != nil {
		log.Fatal(err)
	}
	defer reg.Close(ctx)
	_, err = reg.Load(ctx, "echo", plugin.File("../testdata/echo.wasm"))
	fmt.Println(errors.Is(err, plugin.ErrSelfTest))
	// Output: true
}

// Status shows all of a plugin, for a page or a command.
func ExampleRegistry_Status() {
	ctx := context.Background()
	reg, err := plugin.NewRegistry(gohost.Binding())
	if err != nil {
		log.Fatal(err)
	}
	defer reg.Close(ctx)
	if _, err := reg.Load(ctx, "stats", plugin.Embedded()); err != nil {
		log.Fatal(err)
	}
	st, err := reg.Status("stats")
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(st.Name, st.Active.Number, st.Breaker.State, st.Stats.Calls, st.Active.HasSummary)
	// Output: stats 1 closed 0 true
}
