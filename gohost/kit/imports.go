package kit

import (
	"errors"
	"fmt"
	"hash/fnv"
	"math/rand/v2"

	"example.org/compute-pipeline/gohost/cabi"
	"example.org/compute-pipeline/gohost/internal/dynamic"
	"example.org/compute-pipeline/gohost/sandbox"
)

// host implements what modules of a contract may import: results are random, and depend on
// nothing but the arguments and how many calls of imports were in the same call before, so
// that the guest's answer is the same whenever it is asked again.
type host struct {
	seed  uint64
	calls int // of imports, in the current call
	// given are resources of the guest that it has given away to imports.
	given []handle
}

// functions returns the host's functions for a contract: those for the imports, and those
// for the resources of the guest.
func (h *host) functions(contract *sandbox.Contract, types map[string]*cabi.ResourceType) (imports, exported []cabi.HostFunction) {
	for _, i := range contract.Imports {
		for _, f := range i.Functions {
			imports = append(imports, cabi.HostFunction{
				Interface: i.Name, Version: i.Version, Name: f.Name, Params: f.Params, Results: f.Results,
				Call: h.implement(i.Name+"#"+f.Name, f, types),
			})
		}
	}
	for _, t := range types {
		if t.Exported {
			exported = append(exported, t.Functions()...)
		} else {
			imports = append(imports, t.Functions()...)
		}
	}
	return imports, exported
}

var errNoResource = errors.New("the kit has no resource of the module to return: give it an implementation with kit.WithImports")

func (h *host) implement(name string, f sandbox.Function, types map[string]*cabi.ResourceType) func(*cabi.Call) {
	typ, err := parseType(f, types)
	if err != nil {
		return func(c *cabi.Call) { c.HostError(err) }
	}
	return func(c *cabi.Call) {
		typ.Serve(c, func(args []any) (any, error) { return h.answer(name, typ, args) })
	}
}

// answer returns a random result.
func (h *host) answer(name string, typ *dynamic.Function, args []any) (result any, err error) {
	digest := fnv.New64a()
	fmt.Fprint(digest, name)
	for i, p := range typ.Params {
		fmt.Fprint(digest, p.Type.Replace(args[i], func(t *dynamic.Type, v any) any {
			if lent, ok := v.(*cabi.Handle); ok {
				if t.Kind == dynamic.Own {
					h.given = append(h.given, handle{t.Resource, lent})
				}
				return guestValue{}
			}
			return v
		}))
	}
	// A guest that asks until there is no more comes to an end, and one that asks twice in a
	// row may expect the same.
	const same = 8
	fmt.Fprint(digest, h.calls/same)
	h.calls++
	if typ.Result == nil {
		return nil, nil
	}
	const length = 20
	random := rand.New(rand.NewPCG(h.seed, digest.Sum64()))
	result = typ.Result.Random(random, length, func(t *dynamic.Type) any {
		if t.Resource.Exported {
			err = errNoResource
		}
		return hostValue(random.Uint64N(1 << random.IntN(20)))
	})
	return result, err
}

// taken returns what the guest has given away in a call, which has ended.
func (h *host) taken() []handle {
	given := h.given
	h.calls, h.given = 0, nil
	return given
}
