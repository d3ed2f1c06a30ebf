// Command measure classifies a file with the plugin, again and again, for reference/speed.py. Its
// arguments are the file and a directory for compiled code. For each line of standard input, a
// number of goroutines, it makes 16 calls and prints how many milliseconds one took.
package main

import (
	"bufio"
	"context"
	"fmt"
	"log"
	"os"
	"sync"
	"time"

	"example.org/compute-pipeline/examples/plugins/inference/magika"
	"example.org/compute-pipeline/gohost/sandbox"
)

const calls = 16

func main() {
	if err := measure(context.Background(), os.Args[1], os.Args[2]); err != nil {
		log.Fatal(err)
	}
}

func measure(ctx context.Context, file, cache string) error {
	input, err := os.ReadFile(file)
	if err != nil {
		return err
	}
	start := time.Now()
	model, err := magika.Load(ctx, sandbox.WithFuel(1_000_000_000), sandbox.WithCacheDir(cache))
	if err != nil {
		return err
	}
	defer model.Close(ctx)
	loaded := time.Since(start)
	if _, err := model.Classify(ctx, input, 5); err != nil {
		return err
	}
	fmt.Println(loaded.Seconds()*1e3, (time.Since(start)-loaded).Seconds()*1e3)

	lines := bufio.NewScanner(os.Stdin)
	for lines.Scan() {
		var workers int
		if _, err := fmt.Sscan(lines.Text(), &workers); err != nil {
			return err
		}
		start := time.Now()
		failures := make(chan error, workers)
		var work sync.WaitGroup
		for range workers {
			work.Go(func() {
				for range calls / workers {
					if _, err := model.Classify(ctx, input, 5); err != nil {
						failures <- err
						return
					}
				}
			})
		}
		work.Wait()
		close(failures)
		for err := range failures {
			return err
		}
		fmt.Println(time.Since(start).Seconds() * 1e3 / calls)
	}
	return lines.Err()
}
