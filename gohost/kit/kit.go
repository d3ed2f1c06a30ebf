// Package kit judges modules that implement a contract: whether a host can load them,
// whether they keep the rules of the canonical ABI, and whether their answers are right. It
// is the same judge as `pipeline check`, for programs and for go test:
//
//	func TestPlugin(t *testing.T) {
//		wasm, err := os.ReadFile("plugin.wasm")
//		if err != nil {
//			t.Fatal(err)
//		}
//		kit.Run(t, wasm)
//	}
//
// The default contract is the engine's, with all its vectors, and with fresh random cases
// whose answers the kit computes itself: a module cannot know them. For another contract
// give the kit the one of the generated package, and vectors in the notation of
// docs/vectors.md:
//
//	kit.Run(t, wasm, kit.WithContract(filter.Contract()), kit.WithVectors(text))
//
// A module is not trusted. It runs in package sandbox with limits for each call, and all
// checks together have a time: one that hangs, floods or grows ends in a report.
package kit

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"time"

	"example.org/compute-pipeline/gohost/cabi"
	"example.org/compute-pipeline/gohost/grade"
	"example.org/compute-pipeline/gohost/sandbox"
)

// Check judges a module or component. The report says what is wrong with it. The error is
// an invalid option ([sandbox.ErrInvalidInput]), the end of the context, or a failure of
// the system.
func Check(ctx context.Context, wasm []byte, opts ...Option) (*Report, error) {
	config, err := newConfig(opts)
	if err != nil {
		return nil, fmt.Errorf("kit.Check: %w", err)
	}
	c, err := newChecker(wasm, config)
	if err != nil {
		return nil, fmt.Errorf("kit.Check: %w", err)
	}
	defer c.close()
	limited, cancel := context.WithTimeoutCause(ctx, config.time, errTime)
	defer cancel()
	began := time.Now()
	for _, check := range checks {
		c.run(limited, check)
		if ctx.Err() != nil {
			return nil, fmt.Errorf("kit.Check: %w", ctx.Err())
		}
		if c.broken != nil {
			return nil, fmt.Errorf("kit.Check: %w", c.broken)
		}
	}
	c.report.Output = c.output.first()
	c.report.finishCosts(c.functions)
	c.report.finish(time.Since(began))
	return c.report, nil
}

// errTime is the cause of a context that the kit's own limit has ended.
var errTime = errors.New("the time for all checks was used up")

// maxStopped is how many calls may be stopped by a limit before the rest is left out.
const maxStopped = 3

// checker is one run of the kit.
type checker struct {
	config
	wasm      []byte
	functions []*function
	cases     []*testCase
	random    *rand.Rand
	report    *Report
	output    *output
	// resources are those of the contract by name, and makers the functions that make those
	// of the guest.
	resources map[string]*cabi.ResourceType
	makers    map[*cabi.ResourceType][]*function
	host      host
	making    int // how many more resources the arguments may need
	// module is nil until it was loaded.
	module *subject
	// samples are calls with their answers, by function.
	samples map[*function][]sample
	sampled int // how many calls could have become samples
	kept    int // bytes of arguments and answers in samples
	// judged is the grade of the answers.
	judged   grade.Grade
	leakFuel leakFuel
	// fresh is what the fresh cases led to.
	fresh *Result
	// stopped counts the calls that a limit has stopped.
	stopped int
	// skip says why the rest of the checks makes no sense, if it does not.
	skip string
	// broken is a failure of the system.
	broken error
}

func newChecker(wasm []byte, config config) (*checker, error) {
	c := &checker{
		config: config, wasm: wasm, samples: map[*function][]sample{},
		random: rand.New(rand.NewPCG(config.seedOf(wasm), 0)), report: newReport(wasm, config),
		output: &output{Handler: config.logger.Handler()}, leakFuel: defaultLeakFuel,
	}
	c.host.seed = c.report.Seed
	c.resources = resourceTypes(config.contract)
	c.functions = functionsOf(config.contract, c.resources)
	return c, c.readCases()
}

// close closes what was loaded.
func (c *checker) close() {
	if c.module != nil {
		c.module.close()
	}
}

// check is one check.
type check struct {
	// name is for programs, title for people, and unit is what its cases are.
	name, title, unit string
	// rule is what a module that fails has broken.
	rule Rule
	run  func(c *checker, ctx context.Context, r *Result)
	// own marks a check of the engine's contract only, and last one that calls nothing, so
	// that it is made even after calls that were stopped.
	own, last bool
}

// checks are all checks, in order.
var checks = []check{
	{"contract", "the contract", "function", ruleContract, (*checker).checkContract, false, false},
	{"claim", "the claimed grade", "", ruleClaim, (*checker).checkClaim, true, false},
	{"realloc", "realloc", "area", ruleRealloc, (*checker).checkRealloc, false, false},
	{"vectors", "vectors", "case", ruleAnswers, (*checker).checkVectors, false, false},
	{"fresh", "fresh cases", "case", ruleAnswers, (*checker).checkFresh, true, false},
	{"abi", "random arguments", "call", ruleABI, (*checker).checkABI, false, false},
	{"reuse", "calls again", "call", ruleReuse, (*checker).checkReuse, false, false},
	{"instances", "other instances", "call", ruleSame, (*checker).checkInstances, false, false},
	{"interpreter", "the interpreter", "call", ruleSame, (*checker).checkInterpreter, false, false},
	{"growth", "large arguments", "call", ruleGrowth, (*checker).checkGrowth, false, false},
	{"leaks", "memory over 10,000 calls", "call", ruleLeaks, (*checker).checkLeaks, false, false},
	{"returns", "functions that return", "function", ruleReturns, (*checker).checkReturns, false, true},
}

// run runs one check.
func (c *checker) run(ctx context.Context, check check) {
	if check.own && !c.own {
		return
	}
	r := &Result{Name: check.name, Title: check.title, Status: Passed, rule: c.written(check.rule), unit: check.unit}
	c.report.Checks = append(c.report.Checks, r)
	began := time.Now()
	switch {
	case c.skip != "":
		r.skip("%s", c.skip)
	case c.stopped >= maxStopped && !check.last:
		r.skip("%d calls were stopped by a limit", c.stopped)
	default:
		c.progress(check.title)
		check.run(c, ctx, r)
		if errors.Is(context.Cause(ctx), errTime) {
			r.fail(&Failure{Got: fmt.Sprintf("%v: %v", errTime, c.time), rule: ruleTime})
			c.skip = errTime.Error()
		}
		if r.Status == Passed && r.Cases == 0 {
			r.skip("nothing to judge%s", after(r.Note))
		}
	}
	r.Seconds = time.Since(began).Seconds()
}

// exhausted reports whether the check must end early.
func (c *checker) exhausted(ctx context.Context) bool {
	return ctx.Err() != nil || c.stopped >= maxStopped || c.broken != nil
}

// systemFailed records why something failed that is not the module's fault, and reports whether
// it is not.
func (c *checker) systemFailed(err error) bool {
	if errors.Is(err, sandbox.ErrInvalidInput) || errors.Is(err, sandbox.ErrCompileProcess) {
		c.broken = err
		return true
	}
	failure := (*sandbox.Error)(nil)
	if errors.As(err, &failure) && failure.Class == nil {
		c.broken = err
		return true
	}
	return false
}
