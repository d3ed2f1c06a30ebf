package sandbox_test

import (
	"context"
	"fmt"
	"os"
	"testing"

	"example.org/compute-pipeline/gohost/sandbox"
)

// asForgetful makes the test binary a program that does not call CompilerMain.
const asForgetful = "SANDBOX_TEST_AS_FORGETFUL"

func TestMain(m *testing.M) {
	if os.Getenv(asForgetful) != "" {
		_, err := sandbox.Load(context.Background(), nil, &sandbox.Contract{}, nil, sandbox.WithCompileProcess(sandbox.CompileProcess{}))
		fmt.Print(err)
		os.Exit(0)
	}
	sandbox.CompilerMain()
	os.Exit(m.Run())
}
