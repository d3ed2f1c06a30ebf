package gauge

import (
	"encoding/csv"
	"io"
	"strconv"
)

// WriteCSV writes one row a sample.
func WriteCSV(w io.Writer, samples []Sample) error {
	out := csv.NewWriter(w)
	header := []string{"seconds", "calls", "rss_bytes", "live_heap_bytes", "guest_bytes", "goroutines", "instances"}
	if err := out.Write(header); err != nil {
		return err
	}
	for _, s := range samples {
		if err := out.Write([]string{
			strconv.FormatFloat(s.At.Seconds(), 'f', 3, 64),
			strconv.FormatUint(s.Calls, 10),
			strconv.FormatInt(s.RSS, 10),
			strconv.FormatInt(s.Heap, 10),
			strconv.FormatInt(s.Guests, 10),
			strconv.Itoa(s.Goroutines),
			strconv.Itoa(s.Instances),
		}); err != nil {
			return err
		}
	}
	out.Flush()
	return out.Error()
}
