package admission

import "context"

// perRequest is the memory of a request besides its body and its response: buffers of the
// connection, stacks, the response's header, a piece of it being encoded.
const perRequest = 128 << 10

// A Visit is what a request holds of the gates, from its entry to the end of its response.
// It is not safe for concurrent use.
type Visit struct {
	control  *Control
	operator bool
	holders  Holders

	arriving, computing *Lease
}

// Holders are the holders whose shares a request counts against. One without a name
// is ignored. Arriving bodies count only against the tenant.
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

// VisitOf returns the visit of the context, or nil.
func VisitOf(ctx context.Context) *Visit {
	v, _ := ctx.Value(contextKey{}).(*Visit)
	return v
}

// With returns a context with the visit.
func (v *Visit) With(ctx context.Context) context.Context {
	return context.WithValue(ctx, contextKey{}, v)
}

// Visit admits a request whose body has this many bytes, or this many to begin with. The
// caller must End the visit.
func (c *Control) Visit(ctx context.Context, bytes int64, holders Holders) (*Visit, error) {
	v := &Visit{control: c, holders: holders}
	var err error
	v.arriving, err = c.Enter(ctx, c.Arriving, Claim{Bytes: bytes + perRequest, Holders: named(holders.Tenant)})
	return v, err
}

// VisitAsOperator is like Visit at the gate of operators. It counts the body twice,
// because the complete body is copied into one piece.
func (c *Control) VisitAsOperator(ctx context.Context, bytes int64) (*Visit, error) {
	v := &Visit{control: c, operator: true}
	var err error
	v.arriving, err = c.Enter(ctx, c.Operator, Claim{Bytes: 2*bytes + perRequest})
	return v, err
}

// MaxOperatorBody returns the max size of a body that an operator may send.
func (c *Control) MaxOperatorBody() int64 { return (c.Operator.Limits().Bytes - perRequest) / 2 }

// Arrived records that the body and its decoder use this many bytes.
func (v *Visit) Arrived(bytes int64) error {
	if v.operator {
		bytes *= 2
	}
	if bytes <= v.arriving.Bytes() {
		return nil
	}
	return v.arriving.Resize(bytes + perRequest)
}

// Compute takes a slot, and bytes for the computation without the body. The body must have
// arrived.
func (v *Visit) Compute(ctx context.Context, bytes int64) error {
	if v.operator {
		return nil // it has a slot
	}
	var err error
	v.computing, err = v.control.Enter(ctx, v.control.Computing, Claim{Bytes: bytes + perRequest, Holders: named(v.holders.Tenant, v.holders.Plugin)})
	return err
}

// Consumed records that the body is no longer kept.
func (v *Visit) Consumed() {
	if !v.operator {
		v.arriving.Release()
	}
}

// Computed records that the response is ready and uses this many bytes until it is
// written.
func (v *Visit) Computed(bytes int64) error {
	if v.operator {
		return nil
	}
	v.computing.LeaveSlot()
	return v.computing.Resize(bytes + perRequest)
}

// End releases everything that the request holds.
func (v *Visit) End() {
	v.arriving.Release()
	v.computing.Release()
}
