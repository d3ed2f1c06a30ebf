package main

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/apache/beam/sdks/v2/go/pkg/beam"
)

// asProgram makes the test's program pipeline-beam itself, so that tests can start it and its
// workers.
const asProgram = "PIPELINE_BEAM_AS_PROGRAM"

// pipelineProgram is the command line that results are compared with.
var pipelineProgram string

func TestMain(m *testing.M) {
	if os.Getenv(asProgram) != "" {
		main()
		return
	}
	beam.Init()
	os.Exit(withPipeline(m.Run))
}

// withPipeline builds the command line for a run of the tests.
func withPipeline(run func() int) int {
	dir, err := os.MkdirTemp("", "pipeline-beam-test-")
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	defer os.RemoveAll(dir)
	pipelineProgram = filepath.Join(dir, "pipeline")
	build := exec.Command("go", "build", "-o", pipelineProgram, "./gohost/cmd/pipeline")
	build.Dir = "../../../.."
	build.Env = append(os.Environ(), "GOWORK=") // the workspace, which this module is not part of
	build.Stdout, build.Stderr = os.Stderr, os.Stderr
	if err := build.Run(); err != nil {
		fmt.Fprintln(os.Stderr, "build pipeline:", err)
		return 1
	}
	return run()
}
