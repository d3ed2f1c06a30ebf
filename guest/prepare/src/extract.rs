//! Takes the core module out of a component that implements the contract.
//!
//! The host implements the canonical ABI itself, so it can run the core module of a
//! component that only connects the module to the component's imports and exports: each
//! function under its canonical name, with the canonical options. That is what
//! wit-component, and all tools that use it, make of one core module. Beside the core
//! module there may be [wiring]. A component with anything else is rejected.

mod link;
mod wiring;

use link::{Linked, Source};

use crate::component::types::{self, Kind};
use crate::component::{self, Component, Function, Item, Lift, Sort};
use crate::contract::{self, Contract, Problems, quoted};
use crate::module::Module;
use crate::{Error, features, start};

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
pub fn extract<'a>(wasm: &'a [u8], contract: &Contract) -> Result<&'a [u8], Error> {
    if !is_component(wasm) {
        features::validate(wasm)?;
        return Err(Error::Contract(vec![
            "it is a core module already".to_owned(),
        ]));
    }
    let component = component::read(wasm)?;
    let mut problems = structure(&component, contract);
    let linked = link::link(wasm, &component, &mut problems);
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
        true => Ok(core),
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
    for (i, nested) in component.components.iter().enumerate() {
        if nested
            .as_ref()
            .is_none_or(|nested| !renames(&nested.component))
        {
            problems.push(format!(
                "component {i} inside of it does more than give names to what it is given"
            ));
        }
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
        let lift = match item {
            Some(Item::Function(Function::Lifted(lift))) => &self.component.lifts[*lift],
            Some(Item::Function(_)) => {
                self.problems
                    .push(format!("{} is not the component's own", quoted(export)));
                return;
            }
            _ => {
                self.problems
                    .push(format!("the component does not export {}", quoted(export)));
                return;
            }
        };
        if !lift.kind.is(&function.wit) {
            self.problems.push(format!(
                "{} has the type {}, not {}",
                quoted(export),
                lift.kind.shown(),
                types::cut(function.wit.clone())
            ));
        }
        for problem in self.lifted(lift, export, module) {
            self.problems.push(format!("{} {problem}", quoted(export)));
        }
    }

    /// What is not canonical about a function that is lifted as `export`.
    fn lifted(&self, lift: &Lift<'_>, export: &str, module: &Module<'_>) -> Vec<String> {
        let mut problems = vec![];
        if matches!(lift.kind.kind, Kind::Function { is_async: true, .. }) {
            problems.push("is asynchronous".to_owned());
        }
        for option in &lift.options.other {
            problems.push(format!("is lifted with the option {option}"));
        }
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
