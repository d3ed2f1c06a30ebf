package admission

import "context"

// perRequest is what a request takes besides its body and its answer: buffers of
// the connection, stacks, the answer's head, a piece of it that is encoded.
const perRequest = 128 << 10

// A Visit is what a request has of the gates, from its entry to the end of its
// answer. It is one goroutine's.
type Visit struct {
	control  *Control
	operator bool
	holders  Holders

	arriving, computing *Lease
}

// Holders are on whose account a request is; none where it has no name. What
// arrives is on the tenant's alone.
type Holders struct{ Tenant, Plugin Holder }

func named(holders ...Holder) (list []Holder) {
	for _, h := range holders {
		if h.Name != "" {
			list = append(list, h)
		}
	}
	return list
}

type contextKey struct{}

// VisitOf returns the visit that the context is of, or nil.
func VisitOf(ctx context.Context) *Visit {
	v, _ := ctx.Value(contextKey{}).(*Visit)
	return v
}

// With returns a context of the visit.
func (v *Visit) With(ctx context.Context) context.Context {
	return context.WithValue(ctx, contextKey{}, v)
}

// Visit lets a request in whose body has so many bytes, or so many to begin
// with. It must End.
func (c *Control) Visit(ctx context.Context, bytes int64, holders Holders) (*Visit, error) {
	v := &Visit{control: c, holders: holders}
	var err error
	v.arriving, err = c.Enter(ctx, c.Arriving, Claim{Bytes: bytes + perRequest, Holders: named(holders.Tenant)})
	return v, err
}

// VisitAsOperator is a Visit that waits for operators alone. Its body is counted
// twice: it is kept as a whole once it is there.
func (c *Control) VisitAsOperator(ctx context.Context, bytes int64) (*Visit, error) {
	v := &Visit{control: c, operator: true}
	var err error
	v.arriving, err = c.Enter(ctx, c.Operator, Claim{Bytes: 2*bytes + perRequest})
	return v, err
}

// MaxOperatorBody returns the longest body that an operator may send.
func (c *Control) MaxOperatorBody() int64 { return (c.Operator.Limits().Bytes - perRequest) / 2 }

// Arrived notes that so many bytes of the body are there, with what reads them.
func (v *Visit) Arrived(bytes int64) error {
	if v.operator {
		bytes *= 2
	}
	if bytes <= v.arriving.Bytes() {
		return nil
	}
	return v.arriving.Resize(bytes + perRequest)
}

// Compute takes a slot, and bytes for all that the computation takes but the
// body. The body must be there.
func (v *Visit) Compute(ctx context.Context, bytes int64) error {
	if v.operator {
		return nil // it has a slot
	}
	var err error
	v.computing, err = v.control.Enter(ctx, v.control.Computing, Claim{Bytes: bytes + perRequest, Holders: named(v.holders.Tenant, v.holders.Plugin)})
	return err
}

// Consumed notes that the body is not kept any more.
func (v *Visit) Consumed() {
	if !v.operator {
		v.arriving.Release()
	}
}

// Computed notes that the answer is there, which takes so many bytes until it is
// written.
func (v *Visit) Computed(bytes int64) error {
	if v.operator {
		return nil
	}
	v.computing.LeaveSlot()
	return v.computing.Resize(bytes + perRequest)
}

// End gives back all that the request has.
func (v *Visit) End() {
	v.arriving.Release()
	v.computing.Release()
}
