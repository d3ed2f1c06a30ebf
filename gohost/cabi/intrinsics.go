package cabi

// Functions returns the host functions of the resource itself, which guests import:
// [resource-drop], and of an exported resource also [resource-new] and
// [resource-rep].
func (t *ResourceType) Functions() []HostFunction {
	f := func(name, params, results string, call func(*Call)) HostFunction {
		return HostFunction{
			Interface: t.Interface, Version: t.Version, Exported: t.Exported,
			Name: "[resource-" + name + "]" + t.Name, Params: params, Results: results, Call: call,
		}
	}
	drop := f("drop", "i", "", t.drop)
	if !t.Exported {
		return []HostFunction{drop}
	}
	return []HostFunction{drop, f("new", "i", "i", t.newHandle), f("rep", "i", "i", t.representation)}
}

// newHandle implements resource.new.
func (t *ResourceType) newHandle(c *Call) {
	c.PushU32(c.add(handle{typ: t, rep: c.PopU32(), own: true}))
}

// representation implements resource.rep.
func (t *ResourceType) representation(c *Call) {
	if h := c.get(t, c.PopU32()); h != nil {
		c.PushU32(h.rep)
	}
}
