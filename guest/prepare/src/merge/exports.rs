//! What the merged module exports: the functions of the contract, by what the component
//! exports, and what the host needs to call them.

use super::layout::{Function, Layout};
use super::resolve::Found;
use crate::Error;
use crate::component::types::{Kind, Type};
use crate::component::{CORE_FUNCTION, CORE_MEMORY, Item, Lift};
use crate::contract::{self, MEMORY, Problems, quoted};
use crate::extract;

/// An export of the merged module.
pub(super) struct Export {
    pub name: String,
    /// Its core sort.
    pub sort: u8,
    pub index: u32,
}

/// Collects the exports.
struct Exports<'l, 'c, 'a> {
    layout: &'l Layout<'c, 'a>,
    list: Vec<Export>,
    /// What all functions of the contract have, and which function has it.
    realloc: Option<(Function, String)>,
    problems: Problems,
}

/// The exports of the merged module, and the function that makes room in the memory for
/// what the host passes to them.
///
/// # Errors
///
/// [`Error::Contract`] with all that is wrong about the functions of the contract.
pub(super) fn exports(layout: &Layout<'_, '_>) -> Result<(Vec<Export>, Option<Function>), Error> {
    let mut exports = Exports {
        layout,
        list: vec![],
        realloc: None,
        problems: Problems::default(),
    };
    if layout.memory.is_some() {
        exports.add(MEMORY.to_owned(), CORE_MEMORY, 0);
    }
    for interface in &layout.contract.exports {
        exports.interface(interface)?;
    }
    let realloc = exports.realloc.map(|(function, _)| function);
    match exports.problems.is_empty() {
        true => Ok((exports.list, realloc)),
        false => Err(Error::Contract(exports.problems.list())),
    }
}

impl<'c, 'a> Exports<'_, 'c, 'a> {
    fn add(&mut self, name: String, sort: u8, index: u32) {
        self.list.push(Export { name, sort, index });
    }

    fn add_function(&mut self, name: String, function: Function) {
        let index = self.layout.index(function);
        self.add(name, CORE_FUNCTION, index);
    }

    fn interface(&mut self, interface: &contract::Interface) -> Result<(), Error> {
        let component = self.layout.component;
        if interface.name.is_empty() {
            for function in &interface.functions {
                let item = component.exports.get(&*function.name);
                self.function(function, &function.name, item)?;
            }
            return Ok(());
        }
        let names = component.exports.keys().copied();
        let Some(name) = interface.name_among(names) else {
            return Ok(()); // the check of the merged module says so
        };
        let Some(Item::Instance(instance)) = component.exports.get(&*name) else {
            return Ok(());
        };
        for function in &interface.functions {
            let export = format!("{name}#{}", function.name);
            let item = instance.export(&function.name);
            self.function(function, &export, item.as_ref())?;
        }
        for resource in &interface.resources {
            if let Some(Item::Type(kind)) = instance.export(resource) {
                self.destructor(&kind, format!("{name}#[dtor]{resource}"))?;
            }
        }
        Ok(())
    }

    fn function(
        &mut self,
        function: &contract::Function,
        export: &str,
        item: Option<&Item<'a>>,
    ) -> Result<(), Error> {
        let component = self.layout.component;
        let Some(lift) = extract::lift(component, function, export, item, &mut self.problems)
        else {
            return Ok(());
        };
        if let Err(what) = self.lifted(lift, export)? {
            self.problems.push(format!("{} {what}", quoted(export)));
        }
        Ok(())
    }

    /// Adds a function and what belongs to it, or says what it has that it cannot have.
    fn lifted(&mut self, lift: &Lift<'a>, export: &str) -> Result<Result<(), String>, Error> {
        let Some(function) = self.own(lift.core)? else {
            return Ok(Err("is lifted from no function of a core module".to_owned()));
        };
        self.add_function(export.to_owned(), function);
        if let Some(memory) = lift.options.memory
            && self.layout.find(CORE_MEMORY, memory)? != Some(Found::Memory)
        {
            return Ok(Err("has a memory that is of nothing".to_owned()));
        }
        if let Some(index) = lift.options.post_return {
            let Some(function) = self.own(index)? else {
                return Ok(Err("has a post-return of no core module".to_owned()));
            };
            self.add_function(contract::post_return(export), function);
        }
        if let Some(index) = lift.options.realloc {
            let Some(function) = self.own(index)? else {
                return Ok(Err("has a realloc of no core module".to_owned()));
            };
            match &self.realloc {
                None => self.realloc = Some((function, export.to_owned())),
                Some((known, _)) if *known == function => {}
                Some((_, other)) => {
                    return Ok(Err(format!(
                        "has another realloc than {}, and this host has one for all functions \
                         that it calls",
                        quoted(other)
                    )));
                }
            }
        }
        Ok(Ok(()))
    }

    /// A core function of the component that is a core module's own.
    fn own(&self, index: usize) -> Result<Option<Function>, Error> {
        Ok(match self.layout.core_function(index)? {
            Some(Found::Function(function @ Function::Own(_))) => Some(function),
            _ => None,
        })
    }

    fn destructor(&mut self, kind: &Type<'a>, export: String) -> Result<(), Error> {
        let Kind::Resource {
            dtor: Some(index), ..
        } = kind.kind
        else {
            return Ok(());
        };
        let index = index as usize;
        let known = index < self.layout.component.core_functions.len();
        let function = if known { self.own(index)? } else { None };
        match function {
            Some(function) => self.add_function(export, function),
            None => self
                .problems
                .push(format!("{} is of no core module", quoted(&export))),
        }
        Ok(())
    }
}
