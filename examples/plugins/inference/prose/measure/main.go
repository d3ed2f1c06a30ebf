// Command measure continues and embeds texts with the plugin, again and again, for train/speed.py. Its
// argument is a directory for compiled code. It prints how many milliseconds loading took. For each
// line of standard input it prints those that one piece of work took, and its units of fuel: "prompt N"
// reads a prompt of about N tokens, "tokens N" generates N tokens after 9, "embed N" makes 64 vectors of
// about 50 tokens in N goroutines, and "memory N" prints the MiB of the process with N open texts.
package main

import (
	"bufio"
	"bytes"
	"context"
	"fmt"
	"log"
	"os"
	"runtime"
	"runtime/debug"
	"strings"
	"sync"
	"time"

	"example.org/compute-pipeline/examples/plugins/inference/prose"
	"example.org/compute-pipeline/gohost/inference/embedder"
	"example.org/compute-pipeline/gohost/inference/generator"
	"example.org/compute-pipeline/gohost/sandbox"
)

// It has 9 tokens.
const sentence = "Read returns the number of bytes read. "

type models struct {
	texts   *generator.Generator
	vectors *embedder.Embedder
}

func main() {
	if err := measure(context.Background(), os.Args[1]); err != nil {
		log.Fatal(err)
	}
}

func measure(ctx context.Context, cache string) (err error) {
	opts := []sandbox.Option{sandbox.WithFuel(10_000_000_000), sandbox.WithCacheDir(cache), sandbox.WithMaxInstances(8)}
	start := time.Now()
	var m models
	if m.texts, err = prose.Load(ctx, opts...); err != nil {
		return err
	}
	defer m.texts.Close(ctx)
	fmt.Println(time.Since(start).Seconds() * 1e3)
	if m.vectors, err = prose.LoadEmbedder(ctx, opts...); err != nil {
		return err
	}
	defer m.vectors.Close(ctx)
	lines := bufio.NewScanner(os.Stdin)
	for lines.Scan() {
		var work string
		var count int
		if _, err := fmt.Sscan(lines.Text(), &work, &count); err != nil {
			return err
		}
		if err := m.run(ctx, work, count); err != nil {
			return err
		}
	}
	return lines.Err()
}

func (m *models) run(ctx context.Context, work string, count int) error {
	switch work {
	case "prompt":
		start, fuel := time.Now(), m.texts.Stats().FuelUsed
		generation, err := m.texts.GenerationStart(ctx, strings.Repeat(sentence, count/9), generator.Sampling{})
		if err != nil {
			return err
		}
		fmt.Println(time.Since(start).Seconds()*1e3, m.texts.Stats().FuelUsed-fuel)
		return generation.Close(ctx)
	case "tokens":
		generation, err := m.texts.GenerationStart(ctx, sentence, generator.Sampling{Temperature: 100, Seed: 1})
		if err != nil {
			return err
		}
		start, fuel := time.Now(), m.texts.Stats().FuelUsed
		for range count {
			if chunk, err := generation.Next(ctx, 1); err != nil || chunk.Tokens == 0 {
				return fmt.Errorf("the text ended early: %w", err)
			}
		}
		fmt.Println(time.Since(start).Seconds()*1e3, m.texts.Stats().FuelUsed-fuel)
		return generation.Close(ctx)
	case "memory":
		return m.memory(ctx, count)
	default:
		return m.embed(ctx, count)
	}
}

func (m *models) embed(ctx context.Context, workers int) error {
	const texts = 64
	text := strings.Repeat(sentence, 6)
	start, fuel := time.Now(), m.vectors.Stats().FuelUsed
	failures := make(chan error, workers)
	var work sync.WaitGroup
	for range workers {
		work.Go(func() {
			for range texts / workers {
				if _, err := m.vectors.Embed(ctx, text); err != nil {
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
	fmt.Println(time.Since(start).Seconds()*1e3, m.vectors.Stats().FuelUsed-fuel)
	return nil
}

// memory prints the resident MiB of the process while texts are open.
func (m *models) memory(ctx context.Context, count int) error {
	m.texts.CloseIdle()
	for range count {
		generation, err := m.texts.GenerationStart(ctx, sentence, generator.Sampling{})
		if err != nil {
			return err
		}
		defer generation.Close(ctx)
	}
	runtime.GC()
	debug.FreeOSMemory()
	status, err := os.ReadFile("/proc/self/status")
	if err != nil {
		return err
	}
	_, rest, _ := bytes.Cut(status, []byte("VmRSS:"))
	var kib float64
	if _, err := fmt.Sscan(string(rest), &kib); err != nil {
		return err
	}
	fmt.Println(kib/1024, m.texts.Stats().MemoryBytes>>10)
	return nil
}
