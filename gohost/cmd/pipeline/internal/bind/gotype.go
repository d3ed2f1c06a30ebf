package bind

import (
	"fmt"
	"strings"
)

// goType returns the type in Go; of no type, the type of nothing.
func goType(t *valueType) string {
	if t == nil {
		return "wit.Unit"
	}
	if t.goName != "" {
		return t.goName
	}
	return goDefinition(t)
}

// goDefinition returns the type that a name stands for, if it is not one that the
// package declares.
func goDefinition(t *valueType) string {
	switch t.kind {
	case kindPrimitive:
		return primitives[t.primitive].goType
	case kindAlias:
		return goType(t.elem)
	case kindTuple:
		parts := make([]string, len(t.fields))
		for i, f := range t.fields {
			parts[i] = goType(f.typ)
		}
		return fmt.Sprintf("wit.Tuple%d[%s]", len(parts), strings.Join(parts, ", "))
	case kindList:
		if isByte(t.elem) {
			return "[]byte"
		}
		return "[]" + goType(t.elem)
	case kindArray:
		return fmt.Sprintf("[%d]%s", t.length, goType(t.elem))
	case kindMap:
		return fmt.Sprintf("map[%s]%s", goType(t.key), goType(t.elem))
	case kindOption:
		return fmt.Sprintf("wit.Option[%s]", goType(t.elem))
	case kindResult:
		return fmt.Sprintf("wit.Result[%s, %s]", goType(t.ok), goType(t.err))
	case kindOwn, kindBorrow:
		if t.resource.exported {
			return "*" + t.resource.goName
		}
		return t.resource.goName
	default:
		return t.goName
	}
}

// isDeclared reports whether Go declares a type of its own for t; otherwise a name is
// an alias.
func isDeclared(t *valueType) bool {
	switch t.kind {
	case kindRecord, kindVariant, kindEnum, kindFlags:
		return true
	default:
		return t.hasStruct()
	}
}

// zero returns the zero value of a type, as an expression.
func zero(t *valueType) string {
	b := t.base()
	switch b.kind {
	case kindPrimitive:
		switch b.primitive {
		case "bool":
			return "false"
		case "string":
			return `""`
		default:
			return "0"
		}
	case kindEnum, kindFlags:
		return "0"
	case kindList, kindMap, kindVariant, kindOwn, kindBorrow:
		return "nil"
	default:
		return goType(t) + "{}"
	}
}

func isPrimitive(t *valueType, name string) bool {
	b := t.base()
	return b.kind == kindPrimitive && b.primitive == name
}

func isByte(t *valueType) bool { return isPrimitive(t, "u8") }

// helperName returns the part of a helper's name that stands for the type.
func helperName(t *valueType) string {
	t = t.base()
	switch t.kind {
	case kindPrimitive:
		return capitalizedFirst(t.primitive)
	case kindList:
		return "List" + helperName(t.elem)
	case kindArray:
		return fmt.Sprintf("Array%d%s", t.length, helperName(t.elem))
	case kindMap:
		return "Map" + helperName(t.key) + helperName(t.elem)
	case kindOption:
		return "Option" + helperName(t.elem)
	case kindResult:
		return "Result" + payloadName(t.ok) + payloadName(t.err)
	case kindOwn:
		return "Own" + t.resource.goName
	case kindBorrow:
		return "Borrow" + t.resource.goName
	case kindTuple:
		if t.goName != "" {
			return t.goName
		}
		var b strings.Builder
		b.WriteString("Tuple")
		for _, f := range t.fields {
			b.WriteString(helperName(f.typ))
		}
		return b.String()
	default:
		return t.goName
	}
}

func payloadName(t *valueType) string {
	if t == nil {
		return "Unit"
	}
	return helperName(t)
}

// typeID tells types apart that need different helpers.
func typeID(t *valueType) string {
	if t == nil {
		return "_"
	}
	t = t.base()
	switch t.kind {
	case kindList:
		return "list<" + typeID(t.elem) + ">"
	case kindArray:
		return fmt.Sprintf("list<%s, %d>", typeID(t.elem), t.length)
	case kindMap:
		return "map<" + typeID(t.key) + ", " + typeID(t.elem) + ">"
	case kindOption:
		return "option<" + typeID(t.elem) + ">"
	case kindResult:
		return "result<" + typeID(t.ok) + ", " + typeID(t.err) + ">"
	case kindOwn:
		return "own<" + t.resource.goName + ">"
	case kindBorrow:
		return "borrow<" + t.resource.goName + ">"
	case kindPrimitive:
		return t.primitive
	case kindTuple:
		if t.hasStruct() {
			return t.goName
		}
		parts := make([]string, len(t.fields))
		for i, f := range t.fields {
			parts[i] = typeID(f.typ)
		}
		return "tuple<" + strings.Join(parts, ", ") + ">"
	default:
		return t.goName
	}
}

func capitalizedFirst(s string) string { return strings.ToUpper(s[:1]) + s[1:] }
