package bind

import (
	"fmt"
	"strings"
)

// resourceVar returns the variable that describes a resource.
func resourceVar(r *resource) string { return "resource" + r.goName }

// liftHandle returns an expression for a handle that the guest gives. Only imported
// resources are borrowed from a guest.
func (h *helpers) liftHandle(t *valueType, index string) string {
	r := t.resource
	switch {
	case r.exported:
		lift := h.helper("lift", t, fmt.Sprintf("(c *cabi.Call, index uint32) *%s", r.goName), func(w *strings.Builder) {
			fmt.Fprintf(w, "handle := c.LiftHandle(%s, index)\nif handle == nil {\nreturn nil\n}\n", resourceVar(r))
			fmt.Fprintf(w, "return &%s{handle}\n", r.goName)
		})
		return fmt.Sprintf("%s(c, %s)", lift, index)
	case t.kind == kindOwn:
		return fmt.Sprintf("cabi.LiftOwn[%s](c, %s, %s)", r.goName, resourceVar(r), index)
	default:
		return fmt.Sprintf("cabi.LiftBorrow[%s](c, %s, %s)", r.goName, resourceVar(r), index)
	}
}

// lowerHandle returns an expression for a handle that the host gives.
func (h *helpers) lowerHandle(t *valueType, v string) string {
	r := t.resource
	function := "LowerOwn"
	switch {
	case t.kind == kindOwn && r.exported:
		function, v = "LowerHandle", v+".get()"
	case r.exported:
		function, v = "LowerBorrowedHandle", v+".get()"
	case t.kind == kindBorrow:
		function = "LowerBorrow"
	}
	return fmt.Sprintf("c.%s(%s, %s)", function, resourceVar(r), v)
}

// hasGuestHandle reports whether a type contains handles of the guest's resources.
func hasGuestHandle(t *valueType) bool {
	if t == nil {
		return false
	}
	t = t.base()
	if t.kind == kindOwn || t.kind == kindBorrow {
		return t.resource.exported
	}
	for _, f := range t.fields {
		if hasGuestHandle(f.typ) {
			return true
		}
	}
	return hasGuestHandle(t.elem) || hasGuestHandle(t.ok) || hasGuestHandle(t.err)
}

// givesValues reports whether a type contains resources of the host's that are given away.
func givesValues(t *valueType) bool {
	if t == nil {
		return false
	}
	t = t.base()
	if t.kind == kindOwn {
		return !t.resource.exported
	}
	for _, f := range t.fields {
		if givesValues(f.typ) {
			return true
		}
	}
	return givesValues(t.elem) || givesValues(t.ok) || givesValues(t.err)
}

// find returns an expression for the first handle of a guest's resource in a value, or
// nil: its instance is the one that a call must use.
func (h *helpers) find(t *valueType, v string) string {
	t = t.base()
	if t.kind == kindOwn || t.kind == kindBorrow {
		return v + ".get()"
	}
	name := h.helper("find", t, fmt.Sprintf("(v %s) *cabi.Handle", goType(t)), func(w *strings.Builder) {
		h.findBody(w, t)
		fmt.Fprintln(w, "return nil")
	})
	return fmt.Sprintf("%s(%s)", name, v)
}

func (h *helpers) findBody(w *strings.Builder, t *valueType) {
	found := func(part *valueType, v string) {
		fmt.Fprintf(w, "if handle := %s; handle != nil {\nreturn handle\n}\n", h.find(part, v))
	}
	switch t.kind {
	case kindRecord, kindTuple:
		for _, f := range t.fields {
			if hasGuestHandle(f.typ) {
				found(f.typ, "v."+f.goName)
			}
		}
	case kindList, kindArray, kindMap:
		fmt.Fprintln(w, "for _, e := range v {")
		found(t.elem, "e")
		fmt.Fprintln(w, "}")
	case kindOption:
		found(t.elem, "v.Value")
	case kindResult:
		if hasGuestHandle(t.ok) {
			found(t.ok, "v.Value")
		}
		if hasGuestHandle(t.err) {
			found(t.err, "v.Err")
		}
	case kindVariant:
		fmt.Fprintln(w, "switch v := v.(type) {")
		for _, f := range t.fields {
			if hasGuestHandle(f.typ) {
				fmt.Fprintf(w, "case %s:\n", f.goName)
				found(f.typ, "v.Value")
			}
		}
		fmt.Fprintln(w, "}")
	}
}
