package gohost

import "context"

// stateSums are the sums of a session as a state, of any module with summary. The module folds
// points into it, as in calls of [Engine.Fold].
type stateSums struct {
	engine *Engine
	state  []byte
}

func (s *stateSums) add(ctx context.Context, buffer []Datapoint, from, to int) error {
	return s.keep(s.engine.AppendFold(ctx, s.state[:0], s.state, buffer[from:to]))
}

func (s *stateSums) merge(ctx context.Context, state []byte) error {
	return s.keep(s.engine.AppendMerge(ctx, s.state[:0], s.state, state))
}

// keep keeps a new state, if there is one: the call that returns it has not changed the old one
// otherwise.
func (s *stateSums) keep(state []byte, err error) error {
	if err == nil {
		s.state = state
	}
	return err
}

func (s *stateSums) statistics(ctx context.Context) (Statistics, error) {
	return s.engine.Finish(ctx, s.state)
}

func (s *stateSums) appendState(ctx context.Context, dst []byte) ([]byte, error) {
	if err := ctx.Err(); err != nil {
		return dst, s.engine.caller.Failed(fnFold, err)
	}
	return append(dst, s.state...), nil
}

func (s *stateSums) reset(ctx context.Context) error {
	if err := ctx.Err(); err != nil {
		return s.engine.caller.Failed(fnFold, err)
	}
	s.state = s.state[:0]
	return nil
}

func (s *stateSums) isLost() bool { return false }

func (s *stateSums) close() {}
