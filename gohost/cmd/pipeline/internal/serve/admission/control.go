package admission

import (
	"context"
	"time"
)

// Control is the gates of a service.
type Control struct {
	// Arriving is for arriving bodies, Computing for requests whose body has
	// arrived, Operator for operators of the service.
	Arriving, Computing, Operator *Gate

	requests int
	wait     time.Duration
}

// Options limit how much a service does at the same time.
type Options struct {
	// Requests is the max number of requests that compute.
	Requests int
	// Budget is the max memory of all requests together, in bytes.
	Budget int64
	// Wait is the max time that a request waits at a gate.
	Wait time.Duration
}

const (
	// arrivingPerSlot is the number of arriving bodies per request that computes: they
	// cost little, and clients are slower than processors.
	arrivingPerSlot = 4
	// waitersPerSlot is the number of waiting requests per request past the gate.
	waitersPerSlot = 2
	operatorSlots  = 16
	// leastOperator is room for the upload of a module of the default max size.
	leastOperator = 32 << 20
)

// New returns the gates.
func New(o Options) *Control {
	c := &Control{requests: o.Requests, wait: o.Wait}
	arriving, computing, operator := c.limits(o.Budget)
	c.Arriving = NewGate("the bodies that arrive", arriving)
	c.Computing = NewGate("the requests that compute", computing)
	c.Operator = NewGate("the operators' requests", operator)
	return c
}

// SetBudget changes the max memory of all requests together.
func (c *Control) SetBudget(bytes int64) {
	arriving, computing, operator := c.limits(bytes)
	c.Arriving.SetLimits(arriving)
	c.Computing.SetLimits(computing)
	c.Operator.SetLimits(operator)
}

// limits divides the budget: an eighth for operators, of the rest a quarter for arriving
// bodies, and three quarters for requests that compute, which use more than their bodies.
func (c *Control) limits(budget int64) (arriving, computing, operator Limits) {
	forOperators := min(max(budget/8, leastOperator), budget/2)
	forArriving := (budget - forOperators) / 4
	forComputing := budget - forOperators - forArriving
	operator = Limits{
		Slots: operatorSlots, ShareSlots: operatorSlots, Bytes: forOperators, ShareBytes: forOperators,
		Waiters: waitersPerSlot * operatorSlots, ShareWaiters: waitersPerSlot * operatorSlots,
	}
	return c.divided(arrivingPerSlot*c.requests, forArriving), c.divided(c.requests, forComputing), operator
}

// divided returns limits that give a holder half of everything.
func (c *Control) divided(slots int, bytes int64) Limits {
	waiters := waitersPerSlot * slots
	return Limits{
		Slots: slots, ShareSlots: max(slots/2, 1), Bytes: bytes, ShareBytes: bytes / 2,
		Waiters: waiters, ShareWaiters: waiters / 2,
	}
}

// Enter waits at a gate, for at most the time that a request may wait.
func (c *Control) Enter(ctx context.Context, g *Gate, claim Claim) (*Lease, error) {
	ctx, cancel := context.WithTimeout(ctx, c.wait)
	defer cancel()
	return g.Enter(ctx, claim)
}
