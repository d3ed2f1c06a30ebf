//! Takes the core module out of a component that implements the contract.
//!
//! The host implements the canonical ABI itself, so it can run the core module of a
//! component that only connects the module to the component's imports and exports: each
//! function under its canonical name, with the canonical options. That is what
//! wit-component, and all tools that use it, make of one core module. Beside the core
//! module there may be [wiring]. A component with anything else is rejected.

mod link;
mod wiring;

use std::borrow::Cow;

use link::{Linked, Source};

use crate::component::types::{self, Kind};
use crate::component::{self, Component, Function, Item, Lift, Sort};
use crate::contract::{self, Contract, Problems, quoted};
use crate::module::Module;
use crate::{Error, features, merge, start};

/// Whether the first eight bytes are those of a component.
pub fn is_component(wasm: &[u8]) -> bool {
    wasm.starts_with(&component::PREAMBLE)
}

/// The core module of a component, a part of its bytes.
///
/// Linear in the size of the component, times the logarithm of how many names
/// it has.
///
/// # Errors
///
/// [`Error::Contract`] with all the reasons why the component cannot be run;
/// [`Error::InvalidComponent`] when it cannot be read. Neither the rest of the
/// component nor the core module is validated.
pub fn extract<'a>(wasm: &'a [u8], contract: &Contract) -> Result<Cow<'a, [u8]>, Error> {
    if !is_component(wasm) {
        features::validate(wasm)?;
        return Err(Error::Contract(vec![
            "it is a core module already".to_owned(),
        ]));
    }
    let component = component::read(wasm)?;
    let mut problems = structure(&component, contract);
    let wirings = link::wirings(wasm, &component);
    if link::is_of_several(&component, &wirings) {
        return match problems.is_empty() {
            true => merge::merge(wasm, &component, contract).map(Cow::Owned),
            false => Err(Error::Contract(problems.list())),
        };
    }
    let linked = link::link(&component, wirings, &mut problems);
    let (Some(linked), true) = (linked, problems.is_empty()) else {
        return Err(Error::Contract(problems.list()));
    };
    let core = &wasm[linked.range.clone()];
    let module = Module::read(core)?;
    start::check(&module)?;
    linked.check_imports(&module, contract, &mut problems);
    let mut check = Check {
        component: &component,
        linked: &linked,
        problems,
    };
    check.functions(&module, contract);
    match check.problems.is_empty() {
        true => Ok(Cow::Borrowed(core)),
        false => Err(Error::Contract(check.problems.list())),
    }
}

/// Returns what a component has that a host without a component model cannot do.
fn structure(component: &Component<'_>, contract: &Contract) -> Problems {
    let mut problems = Problems::default();
    let imported = component.imported_instances();
    for (name, sort) in &component.imports {
        let problem = match sort {
            // A type says what something is like; it gives nothing.
            Sort::Type => None,
            Sort::Instance
                if imported
                    .get(name.as_str())
                    .is_some_and(|&index| component.instances[index].is_of_types()) =>
            {
                None
            }
            Sort::Instance => contract.refuses(name),
            Sort::Function if contract.imported_type(contract::ROOT, name).is_some() => None,
            _ => Some("which is not granted".to_owned()),
        };
        if let Some(problem) = problem {
            problems.push(format!(
                "the component imports the {} {}, {problem}",
                sort.name(),
                quoted(name)
            ));
        }
    }
    let mut parts = vec![];
    for (i, nested) in component.components.iter().enumerate() {
        match nested {
            Some(nested) if renames(&nested.component) => {}
            Some(nested) if has_core_modules(&nested.component) => {
                parts.push(part(i, &nested.component));
            }
            _ => problems.push(format!(
                "component {i} inside of it does more than give names to what it is given"
            )),
        }
    }
    if !parts.is_empty() {
        problems.push(format!(
            "it is composed of components with core modules of their own ({}), and this host \
             runs one such component: give it that alone, and let the program provide what it \
             imports from the others",
            parts.join("; ")
        ));
    }
    for what in &component.other {
        problems.push(format!(
            "the component has {what}, which this host cannot run"
        ));
    }
    problems
}

struct Check<'c, 'a> {
    component: &'c Component<'a>,
    linked: &'c Linked<'c, 'a>,
    problems: Problems,
}

impl<'a> Check<'_, 'a> {
    /// Checks that the component exports what its core module does.
    fn functions(&mut self, module: &Module<'_>, contract: &Contract) {
        for interface in &contract.exports {
            // Without a version the check of the core module says so.
            let Some(prefix) = interface.prefix(module) else {
                continue;
            };
            if interface.name.is_empty() {
                for function in &interface.functions {
                    let item = self.component.exports.get(function.name.as_str());
                    self.function(function, &function.name, item, module);
                }
                continue;
            }
            let name = prefix.trim_end_matches('#');
            let Some(Item::Instance(instance)) = self.component.exports.get(name) else {
                self.problems.push(format!(
                    "the component does not export the interface {name}, and its core module does"
                ));
                continue;
            };
            for function in &interface.functions {
                let export = format!("{prefix}{}", function.name);
                let item = instance.export(&function.name);
                self.function(function, &export, item.as_ref(), module);
            }
        }
    }

    /// Checks that a function of the component is what its core module exports.
    fn function(
        &mut self,
        function: &contract::Function,
        export: &str,
        item: Option<&Item<'a>>,
        module: &Module<'_>,
    ) {
        let problems = &mut self.problems;
        let Some(lift) = lift(self.component, function, export, item, problems) else {
            return;
        };
        for problem in self.lifted(lift, export, module) {
            self.problems.push(format!("{} {problem}", quoted(export)));
        }
    }

    /// What is not canonical about a function that is lifted as `export`.
    fn lifted(&self, lift: &Lift<'_>, export: &str, module: &Module<'_>) -> Vec<String> {
        let mut problems = vec![];
        let post_return = contract::post_return(export);
        let mut exports = module.exports.iter();
        let post_return = exports
            .any(|export| export.name == post_return)
            .then_some(post_return.as_str());
        let function = |index| match self.linked.target(self.linked.function(index)) {
            Source::Main(name) => quoted(name),
            _ => "a function of the component".to_owned(),
        };
        let memory = |memory| match self.linked.is_memory(memory) {
            true => quoted(contract::MEMORY),
            false => "another memory".to_owned(),
        };
        // A function that needs neither has neither.
        let memory = lift.options.memory.map(memory);
        let realloc = lift.options.realloc.map(function);
        let expected_memory = memory.is_some().then_some(contract::MEMORY);
        let expected_realloc = realloc.is_some().then_some(contract::REALLOC);
        for (what, found, expected) in [
            ("is lifted from", Some(function(lift.core)), Some(export)),
            ("has the memory", memory, expected_memory),
            ("has the realloc", realloc, expected_realloc),
            (
                "has the post-return",
                lift.options.post_return.map(function),
                post_return,
            ),
        ] {
            let expected = expected.map(quoted);
            if found != expected {
                let none = || "none".to_owned();
                problems.push(format!(
                    "{what} {}, not {}",
                    found.unwrap_or_else(none),
                    expected.unwrap_or_else(none)
                ));
            }
        }
        problems
    }
}

/// Whether a component, or one inside of it, has core modules. The depth of components is
/// bounded.
fn has_core_modules(component: &Component<'_>) -> bool {
    let mut inside = component.components.iter().flatten();
    !component.core_modules.is_empty() || inside.any(|nested| has_core_modules(&nested.component))
}

/// A component inside of another, by the first interface that it exports.
fn part(number: usize, component: &Component<'_>) -> String {
    let names = || component.export_list.iter().map(|(name, _)| name);
    let interface = names().find(|name| name.contains(':'));
    match interface.or_else(|| names().next()) {
        Some(name) => format!("component {number} exports {}", quoted(name)),
        None => format!("component {number} exports nothing"),
    }
}

/// How a component makes a function of the contract, which a core module has as `export`.
/// `None` if the function is not the component's own.
pub(crate) fn lift<'c, 'a>(
    component: &'c Component<'a>,
    function: &contract::Function,
    export: &str,
    item: Option<&Item<'a>>,
    problems: &mut Problems,
) -> Option<&'c Lift<'a>> {
    let export = quoted(export);
    let lift = match item {
        Some(Item::Function(Function::Lifted(lift))) => &component.lifts[*lift],
        Some(Item::Function(_)) => {
            problems.push(format!("{export} is not the component's own"));
            return None;
        }
        _ => {
            problems.push(format!("the component does not export {export}"));
            return None;
        }
    };
    if !lift.kind.is(&function.wit) {
        problems.push(format!(
            "{export} has the type {}, not {}",
            lift.kind.shown(),
            types::cut(function.wit.clone())
        ));
    }
    if matches!(lift.kind.kind, Kind::Function { is_async: true, .. }) {
        problems.push(format!("{export} is asynchronous"));
    }
    for option in &lift.options.other {
        problems.push(format!("{export} is lifted with the option {option}"));
    }
    Some(lift)
}

/// Whether a component inside of another only gives names and types to what it
/// is given, as wit-component has one for each interface.
fn renames(component: &Component<'_>) -> bool {
    component.core_modules.is_empty()
        && component.core_instances.is_empty()
        && component.core_functions.is_empty()
        && component.components.is_empty()
        && component.instances.is_empty()
        && component.lifts.is_empty()
        && component.other.is_empty()
}
