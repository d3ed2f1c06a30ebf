//! Finds what a component gives to its core module.

use std::ops::Range;
use std::rc::Rc;

use wasmparser::Import;

use super::wiring::{self, Fixup, Shim, Wiring};
use crate::component::types::{self, Kind, Type};
use crate::component::{
    CORE_FUNCTION, CORE_TABLE, Component, CoreExport, CoreFunction, CoreInstance, Function,
    Instance, Item, Names, Options,
};
use crate::contract::{
    Contract, EXPORT, INITIALIZE, MAX_NAMES, MEMORY, Problems, REALLOC, ROOT, quoted,
};
use crate::module::Module;

/// How many names one may pass from a function's use to where it comes from. wit-component
/// needs three.
const MAX_STEPS: u32 = 8;

/// The core module of a component, and what connects it.
pub(super) struct Linked<'c, 'a> {
    component: &'c Component<'a>,
    /// The bytes of the core module, and its instance.
    pub range: Range<usize>,
    pub instance: usize,
    given: &'c Names<'a>,
    /// Imported instances by name.
    imports: Names<'c>,
    /// The instance of the shim, and what its table holds.
    shim: Option<(usize, Shim<'a>)>,
    table: Vec<Source<'a>>,
}

/// Where a core function comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Source<'a> {
    /// The core module's export.
    Main(&'a str),
    /// A place in the table of the shim.
    Slot(usize),
    /// The component model makes it. An index of a core function.
    Component(usize),
    Unknown,
}

/// What each core module connects, for those that only connect others.
pub(super) fn wirings<'a>(wasm: &'a [u8], component: &Component<'a>) -> Vec<Option<Wiring<'a>>> {
    let modules = component.core_modules.iter();
    let mut wirings: Vec<_> = modules
        .map(|range| wiring::read(&wasm[range.clone()?]))
        .collect();
    if let [Some(_)] = wirings[..] {
        // The core module does so little that it looks like wiring.
        wirings[0] = None;
    }
    wirings
}

/// Whether the component has more instances of core modules than one and a shim and a fixup
/// for that.
pub(super) fn is_of_several(component: &Component<'_>, wirings: &[Option<Wiring<'_>>]) -> bool {
    let (mut mains, mut shims, mut fixups) = (0, 0, 0);
    for instance in &component.core_instances {
        if let CoreInstance::Module { module, .. } = instance {
            let count = match wirings[*module] {
                None => &mut mains,
                Some(Wiring::Shim(_)) => &mut shims,
                Some(Wiring::Fixup(_)) => &mut fixups,
            };
            *count += 1;
        }
    }
    mains > 1 || shims > 1 || fixups > 1
}

/// Finds the instance of the one core module that is not wiring, in a component that is not
/// of several.
pub(super) fn link<'c, 'a>(
    component: &'c Component<'a>,
    mut wirings: Vec<Option<Wiring<'a>>>,
    problems: &mut Problems,
) -> Option<Linked<'c, 'a>> {
    let mut main = None;
    let mut shim = None;
    let mut fixup = None;
    for (index, instance) in component.core_instances.iter().enumerate() {
        let CoreInstance::Module { module, given } = instance else {
            continue;
        };
        match wirings[*module].take() {
            None => main = Some((index, *module, given)),
            Some(Wiring::Shim(found)) => shim = Some((index, found)),
            Some(Wiring::Fixup(found)) => fixup = Some((found, given)),
        }
    }
    let Some((instance, module, given)) = main else {
        problems.push("the component has no instance of a core module".to_owned());
        return None;
    };
    let Some(range) = component.core_modules[module].clone() else {
        problems.push("the component imports its core module".to_owned());
        return None;
    };
    let mut linked = Linked {
        component,
        imports: component.imported_instances(),
        range,
        instance,
        given,
        shim,
        table: vec![],
    };
    if let Some((fixup, given)) = fixup {
        linked.fill(&fixup, given, problems);
    }
    Some(linked)
}

impl<'a> Linked<'_, 'a> {
    /// Notes what a fixup puts into the table of a shim.
    fn fill(&mut self, fixup: &Fixup<'a>, given: &Names<'a>, problems: &mut Problems) {
        let sources = fixup.functions.iter();
        let sources: Vec<_> = sources
            .map(|(module, name)| match given.get(module) {
                Some(&instance) => self.export(CoreExport { instance, name }),
                None => Source::Unknown,
            })
            .collect();
        if let Some(start) = fixup.start
            && sources[start as usize] != Source::Main(INITIALIZE)
        {
            problems.push(format!(
                "the component starts with a function that is not {INITIALIZE:?} of its core module"
            ));
        }
        let Some((module, name)) = fixup.table else {
            return;
        };
        let table =
            given
                .get(module)
                .map(|&instance| match &self.component.core_instances[instance] {
                    CoreInstance::Bundle(bundle) => bundle
                        .get(CORE_TABLE, name)
                        .map(|table| self.component.core_tables[table]),
                    CoreInstance::Module { .. } => Some(CoreExport { instance, name }),
                });
        match (&self.shim, table) {
            (Some((instance, shim)), Some(Some(table)))
                if table.instance == *instance && table.name == shim.table =>
            {
                let elements = fixup.elements.iter();
                self.table = elements.map(|&index| sources[index as usize]).collect();
            }
            _ => problems.push("the component fills a table that is not its shim's".to_owned()),
        }
    }

    /// Where a core function comes from.
    pub fn function(&self, index: usize) -> Source<'a> {
        match &self.component.core_functions[index] {
            CoreFunction::Export(export) => self.export(*export),
            _ => Source::Component(index),
        }
    }

    /// Where the function that a core instance exports comes from.
    fn export(&self, mut export: CoreExport<'a>) -> Source<'a> {
        for _ in 0..MAX_STEPS {
            let CoreExport { instance, name } = export;
            if instance == self.instance {
                return Source::Main(name);
            }
            let index = match (&self.component.core_instances[instance], &self.shim) {
                (_, Some((shim, Shim { functions, .. }))) if *shim == instance => {
                    return functions
                        .get(name)
                        .map_or(Source::Unknown, |&slot| Source::Slot(slot));
                }
                (CoreInstance::Bundle(bundle), _) => bundle.get(CORE_FUNCTION, name),
                (CoreInstance::Module { .. }, _) => None,
            };
            let Some(index) = index else {
                return Source::Unknown;
            };
            match &self.component.core_functions[index] {
                CoreFunction::Export(next) => export = *next,
                _ => return Source::Component(index),
            }
        }
        Source::Unknown
    }

    /// The same, through the table of a shim.
    pub fn target(&self, source: Source<'a>) -> Source<'a> {
        let Source::Slot(slot) = source else {
            return source;
        };
        match self.table.get(slot) {
            None | Some(Source::Slot(_)) => Source::Unknown,
            Some(&source) => source,
        }
    }

    /// Checks that the core module is given each function under the name that the
    /// function has in the component's imports.
    pub fn check_imports(&self, module: &Module<'a>, contract: &Contract, problems: &mut Problems) {
        let mut destructors = Names::new();
        for (index, export) in module.exports.iter().enumerate() {
            if export.name.contains("#[dtor]") {
                destructors.insert(export.name, index);
            }
        }
        for import in &module.imports {
            let source = match self.given.get(import.module) {
                Some(&instance) => self.export(CoreExport {
                    instance,
                    name: import.name,
                }),
                None => Source::Unknown,
            };
            let problem = match self.target(source) {
                Source::Component(index) => self.made(index, import, &destructors, contract),
                Source::Main(_) | Source::Slot(_) | Source::Unknown => {
                    Some("something else".to_owned())
                }
            };
            if let Some(problem) = problem {
                problems.push(format!(
                    "the component gives its core module, as the import {} {}, {problem}",
                    quoted(import.module),
                    quoted(import.name)
                ));
            }
        }
    }

    /// Whether a core memory is the core module's.
    pub fn is_memory(&self, memory: CoreExport<'_>) -> bool {
        memory.instance == self.instance && memory.name == MEMORY
    }

    /// Returns what is wrong with a function of the component model that serves an import.
    fn made(
        &self,
        index: usize,
        import: &Import<'_>,
        destructors: &Names<'a>,
        contract: &Contract,
    ) -> Option<String> {
        match &self.component.core_functions[index] {
            CoreFunction::Lowered(function, options) => {
                self.lowered(function, options, import, contract)
            }
            CoreFunction::Resource(operation, kind) => {
                self.resource(operation, kind, import, destructors, contract)
            }
            CoreFunction::Export(_) | CoreFunction::Other => Some("something else".to_owned()),
        }
    }

    fn lowered(
        &self,
        function: &Function<'a>,
        options: &Options<'a>,
        import: &Import<'_>,
        contract: &Contract,
    ) -> Option<String> {
        let (kind, canonical) = match function {
            Function::OfImport(found, kind) => (
                Some(kind),
                found.name == import.name && contract.same_imports(&found.interface, import.module),
            ),
            Function::Imported(name, kind) => {
                (kind.as_ref(), import.module == ROOT && *name == import.name)
            }
            Function::Lifted(_) | Function::Unknown => (None, false),
        };
        if !canonical {
            return Some("another function".to_owned());
        }
        if let Some(option) = options.other.first() {
            return Some(format!("a function with the option {option}"));
        }
        if options.memory.is_some_and(|memory| !self.is_memory(memory)) {
            return Some("a function with another memory".to_owned());
        }
        let realloc = options
            .realloc
            .map(|index| self.target(self.function(index)));
        if realloc.is_some_and(|realloc| realloc != Source::Main(REALLOC)) {
            return Some("a function with another realloc".to_owned());
        }
        contract.mismatch(import.module, import.name, kind.map(|kind| &**kind))
    }

    /// The instances that the component imports in place of an interface that its core
    /// module does: the tools may write another version into one than into the other.
    fn imported_as(&self, interface: &str, contract: &Contract) -> Vec<&Rc<Instance<'a>>> {
        let name = match interface.find('@') {
            Some(at) => &interface[..=at],
            None => interface,
        };
        let versions = self.imports.range(name..).take(MAX_NAMES);
        versions
            .filter(|(import, _)| contract.same_imports(import, interface))
            .map(|(_, &index)| &self.component.instances[index])
            .collect()
    }

    fn resource(
        &self,
        operation: &str,
        kind: &Rc<Type<'a>>,
        import: &Import<'_>,
        destructors: &Names<'a>,
        contract: &Contract,
    ) -> Option<String> {
        let (is_export, interface) = match import.module.strip_prefix(EXPORT) {
            Some(interface) => (true, interface),
            None => (false, import.module),
        };
        let instances = match (is_export, self.component.exports.get(interface)) {
            (true, Some(Item::Instance(instance))) => vec![instance],
            (true, _) => vec![],
            (false, _) => self.imported_as(interface, contract),
        };
        let name = import.name.strip_prefix("[resource-");
        let name = name
            .and_then(|name| name.strip_prefix(operation))
            .and_then(|name| name.strip_prefix(']'));
        let is_of = |name: &str| {
            let mut found = instances.iter().map(|instance| instance.export(name));
            found
                .any(|item| matches!(item, Some(Item::Type(found)) if types::is_same(&found, kind)))
        };
        let Some(name) = name.filter(|name| is_of(name)) else {
            return Some("a function for another resource".to_owned());
        };
        let destructor = match kind.kind {
            Kind::Resource { dtor, .. } => dtor.map(|index| index as usize),
            _ => None,
        };
        let destructor = destructor.map(|index| match self.component.core_functions.get(index) {
            Some(_) => self.target(self.function(index)),
            None => Source::Unknown,
        });
        let expected = format!("{interface}#[dtor]{name}");
        let expected = destructors
            .get_key_value(&*expected)
            .map(|(&name, _)| Source::Main(name));
        (is_export && destructor != expected)
            .then(|| "a function for a resource with another destructor".to_owned())
    }
}
