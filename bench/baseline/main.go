// Command baseline reads what benchmarks print, and says which ratios to plain Go have moved by
// more than a tenth since the baseline of this processor. It never fails for that.
package main

import (
	"flag"
	"fmt"
	"log"
	"os"

	"example.org/compute-pipeline/bench/baseline/ratios"
)

// file is where the baselines are, from the module's directory.
const file = "baseline/baselines.txt"

func main() {
	log.SetFlags(0)
	log.SetPrefix("baseline: ")
	update := flag.Bool("update", false, "write the ratios of this machine to the baselines")
	flag.Parse()
	results, processor, err := ratios.Read(os.Stdin, os.Stdout)
	if err != nil {
		log.Fatal(err)
	}
	text, err := os.ReadFile(file)
	if err != nil {
		log.Fatal(err)
	}
	baselines, err := ratios.Parse(string(text))
	if err != nil {
		log.Fatalf("%s: %v", file, err)
	}
	fmt.Println()
	if *update {
		baselines.Set(processor, results)
		if err := os.WriteFile(file, []byte(baselines.String()), 0o644); err != nil {
			log.Fatal(err)
		}
		fmt.Printf("bench/%s has the ratios of %s\n", file, processor)
		return
	}
	if baselines[processor] == nil {
		fmt.Printf("no baseline for %s: make bench UPDATE=1 writes one\n", processor)
		return
	}
	moved := baselines.Moved(processor, results)
	if len(moved) == 0 {
		fmt.Printf("no ratio to plain Go has moved by more than a tenth on %s\n", processor)
		return
	}
	fmt.Printf("ratios to plain Go that have moved by more than a tenth on %s:\n", processor)
	for _, line := range moved {
		fmt.Println("  " + line)
	}
}
