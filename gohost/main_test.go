package gohost_test

import (
	"context"
	"fmt"
	"os"
	"testing"

	"example.org/compute-pipeline/gohost"
)

// asForgetful makes the test binary a program that does not call CompilerMain.
const asForgetful = "GOHOST_TEST_AS_FORGETFUL"

func TestMain(m *testing.M) {
	if os.Getenv(asForgetful) != "" {
		_, err := gohost.Load(context.Background(), gohost.EngineWasm(), gohost.WithCompileProcess(gohost.CompileProcess{}))
		fmt.Print(err)
		os.Exit(0)
	}
	gohost.CompilerMain()
	os.Exit(m.Run())
}
