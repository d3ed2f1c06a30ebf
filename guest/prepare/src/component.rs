//! A component as a list of its definitions (component model, Binary.md).
//!
//! The parser is our own, not wasmparser's: its support for components would
//! double the prepare module, and this host runs nothing of a component but the core
//! module inside it. So a component is not validated in full: its form, its
//! indices and the definitions of its functions are checked, and the core
//! module is validated like any other.

mod canonical;
mod external;
mod name;
mod read;
pub mod types;

use std::collections::BTreeMap;
use std::ops::Range;
use std::rc::Rc;

use types::{Kind, Type};

pub(crate) use read::read;

/// Magic number and version of a component's first eight bytes.
pub(crate) const PREAMBLE: [u8; 8] = [0, b'a', b's', b'm', 0x0d, 0, 1, 0];

/// How deep components may lie in each other.
const MAX_NESTING: u32 = 16;

/// Names of the sections by their ids.
pub(crate) const SECTIONS: [&str; 13] = [
    "custom",
    "core module",
    "core instance",
    "core type",
    "component",
    "instance",
    "alias",
    "type",
    "canonical function",
    "start",
    "import",
    "export",
    "value",
];

/// What a component defines. Index spaces are vectors; exports and aliases
/// repeat in them what they stand for.
#[derive(Debug, Default)]
pub(crate) struct Component<'a> {
    /// The bytes of the core modules inside; `None` for one that is imported or
    /// an alias.
    pub core_modules: Vec<Option<Range<usize>>>,
    pub core_instances: Vec<CoreInstance<'a>>,
    pub core_functions: Vec<CoreFunction<'a>>,
    pub core_tables: Vec<CoreExport<'a>>,
    pub core_memories: Vec<CoreExport<'a>>,
    pub core_globals: Vec<CoreExport<'a>>,
    pub components: Vec<Option<Rc<Nested<'a>>>>,
    pub types: Vec<Rc<Type<'a>>>,
    pub functions: Vec<Function<'a>>,
    pub instances: Vec<Rc<Instance<'a>>>,
    pub lifts: Vec<Lift<'a>>,
    pub imports: Vec<(String, Sort)>,
    pub exports: BTreeMap<&'a str, Item<'a>>,
    /// Names and sorts of the exports, in order.
    pub export_list: Vec<(String, Sort)>,
    /// What else it has that takes a component model to run: a start function, values, …
    pub other: Vec<&'static str>,
}

/// A component inside of another.
#[derive(Debug)]
pub(crate) struct Nested<'a> {
    pub range: Range<usize>,
    pub component: Component<'a>,
}

#[derive(Debug)]
pub(crate) enum CoreInstance<'a> {
    /// Of a core module, given these core instances by name.
    Module {
        module: usize,
        given: Names<'a>,
    },
    Bundle(Bundle<'a>),
}

/// A bundle of core exports: functions, tables, memories and globals.
#[derive(Debug, Default)]
pub(crate) struct Bundle<'a> {
    /// For each name four times an index, plus the sort of what it is of.
    names: Names<'a>,
}

impl<'a> Bundle<'a> {
    /// Adds a thing of one of the first four core sorts.
    fn insert(&mut self, name: &'a str, sort: u8, index: usize) {
        // An index is less than the number of bytes of the component.
        self.names.insert(name, index * 4 + usize::from(sort));
    }

    /// The index of the thing of this sort that has the name.
    pub fn get(&self, sort: u8, name: &str) -> Option<usize> {
        let found = *self.names.get(name)?;
        (found % 4 == usize::from(sort)).then_some(found / 4)
    }
}

/// Indices by name. One type of map serves for all, since each takes code.
pub(crate) type Names<'a> = BTreeMap<&'a str, usize>;

/// What a core instance exports under a name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct CoreExport<'a> {
    pub instance: usize,
    pub name: &'a str,
}

#[derive(Debug)]
pub(crate) enum CoreFunction<'a> {
    Export(CoreExport<'a>),
    /// A function of the component model, to be called by a core module.
    Lowered(Function<'a>, Options<'a>),
    /// `new`, `rep` or `drop` of a type of resources.
    Resource(&'static str, Rc<Type<'a>>),
    /// Another function that the component model makes.
    Other,
}

#[derive(Debug, Clone)]
pub(crate) enum Function<'a> {
    /// Index of a [`Lift`].
    Lifted(usize),
    /// An import of this name.
    Imported(&'a str, Option<Rc<Type<'a>>>),
    /// A function of an imported instance.
    OfImport(CoreImport<'a>, Rc<Type<'a>>),
    /// From an instance that cannot be looked into.
    Unknown,
}

/// The name under which a core module imports a function of an interface.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CoreImport<'a> {
    /// The interface, with its version.
    pub interface: Rc<str>,
    /// The name of the function.
    pub name: &'a str,
}

#[derive(Debug)]
pub(crate) enum Instance<'a> {
    /// Of a component inside, given these things. The number is the instance's
    /// [`depth`](Instance::depth).
    Component(Rc<Nested<'a>>, BTreeMap<&'a str, Item<'a>>, u32),
    /// A bundle of exports, and its depth.
    Bundle(BTreeMap<&'a str, Item<'a>>, u32),
    /// An import of this name and type.
    Imported(Rc<str>, Rc<Type<'a>>),
    /// From an instance that cannot be looked into.
    Unknown,
}

/// A thing with a name.
#[derive(Debug, Clone)]
pub(crate) enum Item<'a> {
    Function(Function<'a>),
    Type(Rc<Type<'a>>),
    Instance(Rc<Instance<'a>>),
    Other,
}

/// A function that is a core function with the canonical ABI around it.
#[derive(Debug)]
pub(crate) struct Lift<'a> {
    /// Index of a core function.
    pub core: usize,
    pub options: Options<'a>,
    pub kind: Rc<Type<'a>>,
}

#[derive(Debug, Default)]
pub(crate) struct Options<'a> {
    pub memory: Option<CoreExport<'a>>,
    /// Indices of core functions.
    pub realloc: Option<usize>,
    pub post_return: Option<usize>,
    /// Those that this host does not know how to serve, by name.
    pub other: Vec<&'static str>,
}

/// What sort of thing a name or an index is of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Sort {
    Core(u8),
    Function,
    Value,
    Type,
    Component,
    Instance,
}

impl Sort {
    pub fn name(self) -> &'static str {
        match self {
            Sort::Core(CORE_FUNCTION) => "core function",
            Sort::Core(CORE_MEMORY) => "core memory",
            Sort::Core(CORE_MODULE) => "core module",
            Sort::Core(_) => "core item",
            Sort::Function => "function",
            Sort::Value => "value",
            Sort::Type => "type",
            Sort::Component => "component",
            Sort::Instance => "instance",
        }
    }
}

pub(crate) const CORE_FUNCTION: u8 = 0x00;
pub(crate) const CORE_TABLE: u8 = 0x01;
pub(crate) const CORE_MEMORY: u8 = 0x02;
pub(crate) const CORE_GLOBAL: u8 = 0x03;
const CORE_MODULE: u8 = 0x11;

impl<'a> Component<'a> {
    /// The imported instances by name.
    pub fn imported_instances(&self) -> Names<'_> {
        // Collecting into a map sorts, which takes 4 KB of code for each iterator.
        let mut names = Names::new();
        for (index, instance) in self.instances.iter().enumerate() {
            if let Instance::Imported(name, _) = &**instance {
                names.insert(name, index);
            }
        }
        names
    }
}

impl<'a> Instance<'a> {
    /// Whether it is imported and has nothing but types.
    pub fn is_of_types(&self) -> bool {
        let Instance::Imported(_, kind) = self else {
            return false;
        };
        match &kind.kind {
            Kind::Instance(exports) => !exports.has_values,
            _ => false,
        }
    }

    /// What the instance exports as `name`.
    pub fn export(&self, name: &str) -> Option<Item<'a>> {
        match self {
            Instance::Bundle(exports, _) => exports.get(name).cloned(),
            Instance::Unknown => None,
            Instance::Component(nested, given, _) => match nested.component.exports.get(name)? {
                Item::Function(Function::Imported(import, _)) => given.get(import).cloned(),
                // An index of the component's own, which nobody here knows.
                Item::Function(Function::Lifted(_)) => Some(Item::Function(Function::Unknown)),
                Item::Type(kind) => match kind.kind {
                    Kind::Resource {
                        import: Some(import),
                        ..
                    } => given.get(import).cloned(),
                    _ => Some(Item::Type(kind.clone())),
                },
                item => Some(item.clone()),
            },
            Instance::Imported(interface, kind) => {
                let Kind::Instance(exports) = &kind.kind else {
                    return None;
                };
                let (&name, &index) = exports.names.get_key_value(name)?;
                let (sort, kind) = &exports.items[index];
                Some(match sort {
                    Sort::Function => {
                        let interface = interface.clone();
                        Item::Function(Function::OfImport(
                            CoreImport { interface, name },
                            kind.clone(),
                        ))
                    }
                    Sort::Type => Item::Type(match kind.kind {
                        Kind::Resource { of: None, .. } => {
                            let interface = interface.clone();
                            Type::imported_resource(CoreImport { interface, name })
                        }
                        _ => kind.clone(),
                    }),
                    _ => Item::Other,
                })
            }
        }
    }

    /// How many instances hold one another, this one included. Releasing them recurses so
    /// deep.
    pub fn depth(&self) -> u32 {
        match self {
            Instance::Component(.., depth) | Instance::Bundle(_, depth) => *depth,
            Instance::Imported(..) | Instance::Unknown => 1,
        }
    }

    /// The names of all that the instance exports.
    pub fn names(&self) -> Vec<&'a str> {
        match self {
            Instance::Bundle(exports, _) => exports.keys().copied().collect(),
            Instance::Component(nested, ..) => nested.component.exports.keys().copied().collect(),
            Instance::Imported(..) | Instance::Unknown => vec![],
        }
    }
}
