package inspect

// Description lists the contents of a module or component.
type Description struct {
	// Kind is [CoreModule] or [Component].
	Kind string `json:"kind"`
	// Size is the size in bytes.
	Size int `json:"size"`
	// Problem says why a core module needs more than WebAssembly 2.0, which this
	// host cannot run. It is empty if it does not.
	Problem string `json:"problem,omitempty"`
	// World is the WIT world of a core module, such as
	// "org:analytics/analytics-engine@0.1.0", if its tools recorded it.
	World string `json:"world,omitempty"`
	// Interfaces are the WIT interfaces among the imports and exports.
	Interfaces []Interface `json:"interfaces"`
	Imports    []Extern    `json:"imports"`
	Exports    []Extern    `json:"exports"`

	// What a core module defines, without its imports.
	Functions       int      `json:"functions,omitempty"`
	Globals         int      `json:"globals,omitempty"`
	ElementSegments int      `json:"element_segments,omitempty"`
	DataSegments    int      `json:"data_segments,omitempty"`
	Memories        []Limits `json:"memories,omitempty"` // in pages of 64 KiB
	Tables          []Limits `json:"tables,omitempty"`   // in entries
	// Start is the index of a core module's start function.
	Start *uint32 `json:"start,omitempty"`
	// Features are the proposals beyond WebAssembly 1.0 that a core module uses,
	// such as "simd"; all of them are part of WebAssembly 2.0. It is empty if there
	// is a Problem.
	Features []string `json:"features,omitempty"`

	// Producers are the languages and tools that produced it, if they say so.
	Producers []Producer `json:"producers,omitempty"`
	Sections  []Section  `json:"sections"`

	// Instances is how many instances of core modules a component has. The host makes
	// one module of several.
	Instances int `json:"instances,omitempty"`
	// Modules and Components are the core modules and components directly inside a
	// component.
	Modules    []Description `json:"modules,omitempty"`
	Components []Description `json:"components,omitempty"`
}

// The kinds of a [Description].
const (
	CoreModule = "core module"
	Component  = "component"
)

// Interface is a WIT interface that a module imports or exports.
type Interface struct {
	Name     string `json:"name"`              // such as "org:analytics/metrics"
	Version  string `json:"version,omitempty"` // such as "0.1.0"
	Imported bool   `json:"imported,omitempty"`
	// Functions are the functions of an exported interface, or those that a core
	// module imports.
	Functions []string `json:"functions"`
}

// Extern is an import or export.
type Extern struct {
	Module string `json:"module,omitempty"` // of an import of a core module
	Name   string `json:"name"`
	// Kind is "function", "memory", "table", "global" or "tag"; in a component also
	// "instance", "type", "value", "component" or "core module".
	Kind string `json:"kind"`
	// Type is the type in the text format, such as "(func (param i32))". Only core
	// modules have it.
	Type string `json:"type,omitempty"`
}

// Limits has the initial and the max size of a memory or table.
type Limits struct {
	Minimum uint64  `json:"minimum"`
	Maximum *uint64 `json:"maximum,omitempty"` // nil: as large as its kind can be
	Type    string  `json:"type,omitempty"`    // of a table's entries
}

// Producer is a tool or language that a module was produced with.
type Producer struct {
	Field   string `json:"field"` // "language", "processed-by" or "sdk"
	Name    string `json:"name"`
	Version string `json:"version"`
}

// Section is a section of the binary.
type Section struct {
	Name   string `json:"name"`             // as the specification calls it
	Custom string `json:"custom,omitempty"` // a custom section's own name
	Size   int    `json:"size"`             // of its contents, in bytes
}
