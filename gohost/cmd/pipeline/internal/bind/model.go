package bind

// A world is what a package is generated for.
type world struct {
	// id is the world's name with package and version, as in ex:filter/plugin@1.0.0.
	id, name, docs string
	goName         string
	// types and resources are those with a name, in the order of the input.
	types            []*valueType
	resources        []*resource
	imports, exports []*iface
}

type kind int

const (
	kindPrimitive kind = iota
	kindRecord
	kindTuple
	kindList
	kindArray // a list of a fixed length
	kindMap
	kindOption
	kindResult
	kindVariant
	kindEnum
	kindFlags
	kindOwn
	kindBorrow
	kindAlias
)

var kindNames = map[string]kind{
	"record": kindRecord, "tuple": kindTuple, "list": kindList, "fixed-list": kindArray, "map": kindMap,
	"option": kindOption, "result": kindResult, "variant": kindVariant, "enum": kindEnum, "flags": kindFlags,
	"own": kindOwn, "borrow": kindBorrow, "alias": kindAlias,
}

// A valueType is the type of a value, with all that it refers to.
type valueType struct {
	kind      kind
	primitive string
	// name is "" for a type without one.
	name, docs string
	owner      *owner
	// goName is set for a type with a name, and for a tuple with a struct of its own.
	goName string

	fields   []field    // of a record or tuple; cases; flags
	elem     *valueType // of a list, an array or an option; a map's value; what an alias means
	key      *valueType // of a map
	ok, err  *valueType // of a result; nil without a value
	length   uint32     // of an array
	resource *resource  // of an own or borrow
	isError  bool       // a variant or an enum that a function returns as its error
	layout
}

// A field is a field of a record, an element of a tuple, a case or a flag.
type field struct {
	name, docs string
	typ        *valueType // nil for a case without a payload
	goName     string     // set where the type's is; with the type's name for a case or a flag
}

// base returns what an alias stands for, and any other type itself.
func (t *valueType) base() *valueType {
	for t.kind == kindAlias {
		t = t.elem
	}
	return t
}

// hasStruct reports whether Go has no tuple of that size, so that one is generated.
func (t *valueType) hasStruct() bool {
	return t.kind == kindTuple && (len(t.fields) < 2 || len(t.fields) > maxTuple)
}

// maxTuple is the size of the largest tuple in package wit.
const maxTuple = 16

// An owner is what types and functions belong to: an interface or the world.
type owner struct {
	id       string // with the version
	prefixes []string
}

// A resource is a type that the guest or the host implements.
type resource struct {
	name, docs string
	owner      *owner
	exported   bool // by the guest
	goName     string
	iface      *iface
}

// An iface is an imported or exported interface, or the world's own functions.
type iface struct {
	name, version, docs string
	owner               *owner
	goName              string // of an imported interface
	resources           []*resource
	functions           []*function
}

type function struct {
	name, docs, text string
	// item is the name without resource and kind.
	item         string
	kind         functionKind
	resource     *resource
	params       []param
	result       *valueType
	goName       string
	index        int    // of an exported function, among all
	paramsLayout layout // as fields of a record
	appends      bool   // there is a form that appends the result
	iface        *iface
}

type param struct {
	name, goName string
	typ          *valueType
}

type functionKind int

const (
	kindFunction functionKind = iota
	kindMethod
	kindStatic
	kindConstructor
)

var functionKinds = map[string]functionKind{
	"function": kindFunction, "method": kindMethod, "static": kindStatic, "constructor": kindConstructor,
}

func (f *function) paramsInMemory() bool { return len(f.paramsLayout.flat) > maxFlatParams }

func (f *function) resultInMemory() bool {
	return f.result != nil && len(f.result.flat) > maxFlatResults
}

// core returns the flat parameters and results of the function in a module.
func (f *function) core(imported bool) (params, results string) {
	params = f.paramsLayout.flat
	if f.paramsInMemory() {
		params = "i"
	}
	switch {
	case f.resultInMemory() && imported:
		params += "i"
	case f.resultInMemory():
		results = "i"
	case f.result != nil:
		results = f.result.flat
	}
	return params, results
}
