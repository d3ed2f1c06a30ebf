package serve_test

import (
	"bytes"
	"context"
	"io"
	"net/http"
	"testing"

	"github.com/stretchr/testify/require"

	"example.org/compute-pipeline/gohost"
	"example.org/compute-pipeline/gohost/cmd/pipeline/internal/serve"
	"example.org/compute-pipeline/gohost/cmd/pipeline/internal/serve/points"
)

// BenchmarkAggregate is requests over loopback, with the client in the same
// process, by media type and number of points.
func BenchmarkAggregate(b *testing.B) {
	config := serve.Defaults()
	config.CacheDir = cacheDir
	server, err := serve.New(b.Context(), config)
	require.NoError(b, err)
	listener, err := serve.Listen(b.Context(), "127.0.0.1:0")
	require.NoError(b, err)
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- server.Run(ctx, listener) }()
	b.Cleanup(func() {
		http.DefaultClient.CloseIdleConnections()
		cancel()
		require.NoError(b, <-ended)
	})
	url := "http://" + listener.Addr().String() + "/v1/plugins/engine/aggregate"
	for _, size := range []struct {
		name   string
		points int
	}{{"10", 10}, {"1000", 1000}, {"100000", 100000}} {
		list := make([]gohost.Datapoint, size.points)
		for i := range list {
			list[i] = gohost.Datapoint{Timestamp: 1262304000 + uint64(i)*3600, Value: float64(i%700) / 10}
		}
		for name, mediaType := range map[string]string{"json": jsonType, "ndjson": ndjsonType, "packed": packedType} {
			var body bytes.Buffer
			require.NoError(b, points.Write(&body, mediaType, points.List(list)))
			b.Run(name+"/"+size.name, func(b *testing.B) {
				b.SetBytes(int64(body.Len()))
				b.ReportAllocs()
				for b.Loop() {
					response, err := http.Post(url, mediaType, bytes.NewReader(body.Bytes()))
					if err != nil {
						b.Fatal(err)
					}
					if _, err := io.Copy(io.Discard, response.Body); err != nil || response.StatusCode != http.StatusOK {
						b.Fatal(response.Status, err)
					}
					response.Body.Close()
				}
			})
		}
	}
}
