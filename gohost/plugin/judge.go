package plugin

import (
	"context"
	"sync"
)

// Judge makes one call of a plugin, and judges its answer: call calls the plugin with the context
// that it gets, and an error of judge is an error of that call, for the circuit breaker, the
// statistics, hooks and metrics as for the caller. It is for rules that the types of the contract
// do not have; an error that is a gohost.ErrContract is the plugin's fault.
//
//	labels, err := plugin.Judge(ctx, func(ctx context.Context) ([]classifier.Label, error) {
//		return model.Classify(ctx, input, 3)
//	}, checkLabels)
//
// If call fails there is nothing to judge. Of several calls of plugins, the first that succeeds is
// the one that is judged.
func Judge[R any](ctx context.Context, call func(context.Context) (R, error), judge func(R) error) (R, error) {
	var none R
	j := &judgement{}
	defer j.end(nil) // if call or judge panics
	result, err := call(context.WithValue(ctx, judgementKey{}, j))
	if err != nil {
		return none, err
	}
	if err := j.end(judge(result)); err != nil {
		return none, err
	}
	return result, nil
}

// judgement is of a call that has succeeded, as far as its module knows.
type judgement struct {
	mu     sync.Mutex
	ended  bool
	caller *caller
	call   *call // or nil
}

type judgementKey struct{}

// isJudged reports whether a call that has succeeded is to be judged first: then the judgement ends
// it.
func isJudged(p *caller, c *call) bool {
	j, ok := c.Context.Value(judgementKey{}).(*judgement)
	if !ok {
		return false
	}
	j.mu.Lock()
	defer j.mu.Unlock()
	if j.ended || j.call != nil {
		return false
	}
	j.caller, j.call = p, c
	return true
}

// end ends the call, once, and returns the error for its caller.
func (j *judgement) end(err error) error {
	j.mu.Lock()
	c := j.call
	j.call, j.ended = nil, true
	j.mu.Unlock()
	if c == nil {
		return err
	}
	if err != nil {
		err = j.caller.wrap(c.version.module.Failed(c.function, err))
	}
	return j.caller.finish(c, err)
}
