//! Takes the core module out of a component that implements the contract.
//!
//! The host implements the canonical ABI itself, so it can run the core module of a
//! component that only lifts the functions of the contract, each
//! from the core export with its canonical name, with the canonical options. That
//! is what `wasm-tools component new` and cargo-component produce for a module
//! without imports. A component with anything else is rejected.

use std::ops::Range;

use crate::component::types::Kind;
use crate::component::{self, Component, CoreInstance, Function, Item, Lift, Sort};
use crate::contract::{self, Contract, Problems, quoted};
use crate::module::Module;
use crate::{Error, features};

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
    let mut check = Check {
        component: &component,
        problems: Problems::default(),
    };
    let core = check.structure().map(|range| &wasm[range]);
    let problems = check.problems;
    let (Some(core), true) = (core, problems.is_empty()) else {
        return Err(Error::Contract(problems.list()));
    };
    let module = Module::read(core)?;
    let mut check = Check {
        component: &component,
        problems,
    };
    check.functions(&module, contract);
    match check.problems.is_empty() {
        true => Ok(core),
        false => Err(Error::Contract(check.problems.list())),
    }
}

struct Check<'c, 'a> {
    component: &'c Component<'a>,
    problems: Problems,
}

impl<'a> Check<'_, 'a> {
    /// Finds the one core module, and all that a host without a component model
    /// cannot do.
    fn structure(&mut self) -> Option<Range<usize>> {
        let component = self.component;
        for (name, sort) in &component.imports {
            // A type says what something is like; it gives nothing.
            if *sort != Sort::Type {
                self.problems.push(format!(
                    "the component imports the {} {}, which is not granted",
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
                self.problems.push(format!(
                    "component {i} inside of it does more than give names to what it is given"
                ));
            }
        }
        for what in &component.other {
            self.problems.push(format!(
                "the component has {what}, which this host cannot run"
            ));
        }
        let core = match component.core_modules.as_slice() {
            [Some(range)] => Some(range.clone()),
            modules => {
                self.problems.push(format!(
                    "the component has {} core modules, and the host runs a component with one",
                    modules.len()
                ));
                None
            }
        };
        match component.core_instances.as_slice() {
            [CoreInstance::Module { given, .. }] => {
                for name in given {
                    self.problems.push(format!(
                        "the component gives its core module the imports of {}",
                        quoted(name)
                    ));
                }
            }
            instances if core.is_some() => self.problems.push(format!(
                "the component has {} core instances, and the host runs a component with one, \
                 of its core module",
                instances.len()
            )),
            _ => {}
        }
        core
    }

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
                lift.kind.text(),
                function.wit
            ));
        }
        for problem in lifted(lift, export, module) {
            self.problems.push(format!("{} {problem}", quoted(export)));
        }
    }
}

/// What is not canonical about a function that is lifted as `export`.
fn lifted(lift: &Lift<'_>, export: &str, module: &Module<'_>) -> Vec<String> {
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
    for (what, found, expected) in [
        ("is lifted from", Some(lift.core), Some(export)),
        (
            "has the memory",
            lift.options.memory,
            Some(contract::MEMORY),
        ),
        (
            "has the realloc",
            lift.options.realloc,
            Some(contract::REALLOC),
        ),
        ("has the post-return", lift.options.post_return, post_return),
    ] {
        let found = found.map(|found| match found {
            Some(name) => quoted(name),
            None => "a function of the component".to_owned(),
        });
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
