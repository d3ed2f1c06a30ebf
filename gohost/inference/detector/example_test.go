package detector_test

import (
	"bytes"
	"context"
	"fmt"
	"log"
	"time"

	"example.org/compute-pipeline/examples/plugins/inference/anomaly"
	"example.org/compute-pipeline/gohost/inference/detector"
	"example.org/compute-pipeline/gohost/plugin"
	"example.org/compute-pipeline/gohost/sandbox"
)

// series returns hourly points with a season of a day and a spike.
func series(n, spike int) []detector.Datapoint {
	points := make([]detector.Datapoint, n)
	for i := range points {
		hour := i % 24
		points[i] = detector.Datapoint{Timestamp: uint64(3600 * i), Value: float64(hour*(24-hour)) + float64(i*7919%31)/4}
	}
	points[spike].Value += 300
	return points
}

// A series is read in pieces; the state goes from one call to the next.
func Example() {
	ctx := context.Background()
	d, err := anomaly.Load(ctx, sandbox.WithFuel(1_000_000_000), sandbox.WithCallTimeout(10*time.Second))
	if err != nil {
		log.Fatal(err)
	}
	defer d.Close(ctx)
	card, err := d.Info(ctx)
	if err != nil {
		log.Fatal(err)
	}
	points := series(400, 250)
	var state []byte
	for len(points) > 0 {
		n := min(len(points), 90)
		result, err := d.Detect(ctx, state, points[:n])
		if err != nil {
			log.Fatal(err)
		}
		for _, f := range result.Findings {
			fmt.Printf("%s from hour %d to %d, score %.2f\n", card.Labels[f.Kind], f.First/3600, f.Last/3600, f.Score)
		}
		state, points = result.State, points[n:]
	}
	// Output:
	// spike from hour 250 to 251, score 1.00
}

// A new version of a model answers beside the one that serves. It is activated when their
// answers are alike, without losing a call.
func Example_shadow() {
	ctx := context.Background()
	reg, err := plugin.NewRegistry(detector.Binding())
	if err != nil {
		log.Fatal(err)
	}
	defer reg.Close(ctx)
	// Another file with the same model: a section that nobody reads is added.
	next := append(bytes.Clone(anomaly.Module()), 0, 5, 4, 'n', 'e', 'x', 't')
	for name, wasm := range map[string][]byte{"anomaly": anomaly.Module(), "anomaly.next": next} {
		if _, err := reg.Load(ctx, name, plugin.Bytes(wasm)); err != nil {
			log.Fatal(err)
		}
	}
	serving, err := reg.Plugin("anomaly")
	if err != nil {
		log.Fatal(err)
	}
	candidate, err := reg.Plugin("anomaly.next")
	if err != nil {
		log.Fatal(err)
	}

	shadow := plugin.NewShadow[*detector.Detector, detector.Detection](serving.Binding(), candidate.Binding())
	for i := range 20 {
		_, err := shadow.Call(ctx, func(ctx context.Context, d *detector.Detector) (detector.Detection, error) {
			return d.Detect(ctx, nil, series(200, 100+i))
		})
		if err != nil {
			log.Fatal(err)
		}
	}
	report := shadow.Report()
	fmt.Println(report.Compared, "calls,", report.Different, "different,", report.Failed, "failed")
	if report.Compared == 0 || report.Different+report.Failed > 0 {
		return
	}
	if _, err := reg.Load(ctx, "anomaly", plugin.Bytes(next)); err != nil { // the old version serves until it is checked
		log.Fatal(err)
	}
	if err := reg.Unload(ctx, "anomaly.next"); err != nil {
		log.Fatal(err)
	}
	fmt.Println("active: version", serving.Version().Number)
	// Output:
	// 20 calls, 0 different, 0 failed
	// active: version 2
}
