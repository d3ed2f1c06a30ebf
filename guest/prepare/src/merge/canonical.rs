//! The functions that the component model makes for core modules, as imports of the
//! merged module. They get the names that a core module of its own has for them, by which
//! the host finds what they are.

use std::rc::Rc;

use super::layout::{Function, Layout};
use super::resolve::Found;
use crate::component::types::{Kind, Type, is_same};
use crate::component::{self, CORE_MEMORY, Component, CoreFunction, CoreImport, Item, Options};
use crate::contract::{Contract, EXPORT, ROOT};

/// An import of the merged module.
pub(super) struct Import {
    pub module: String,
    pub name: String,
    /// Its type.
    pub kind: u32,
    /// What makes room for the values that it returns.
    pub realloc: Option<Function>,
}

/// A type of resources that the component exports.
pub(super) struct Resource<'a> {
    kind: Rc<Type<'a>>,
    /// The module from which a core module imports its functions, and its name there.
    module: String,
    name: String,
}

/// The types of resources that the contract knows and the component exports. They are looked
/// for once, and not for each function of a resource, of which there may be as many as exports.
pub(super) fn resources<'a>(component: &Component<'a>, contract: &Contract) -> Vec<Resource<'a>> {
    let mut resources = vec![];
    for interface in &contract.exports {
        if interface.resources.is_empty() {
            continue;
        }
        let names = component.exports.keys().copied();
        let exported = interface.name_among(names).unwrap_or_default();
        let Some(Item::Instance(instance)) = component.exports.get(&*exported) else {
            continue;
        };
        for name in &interface.resources {
            if let Some(Item::Type(kind)) = instance.export(name) {
                resources.push(Resource {
                    kind,
                    module: format!("{EXPORT}{exported}"),
                    name: name.clone(),
                });
            }
        }
    }
    resources
}

impl<'a> Layout<'_, 'a> {
    /// The import that a core function of the component becomes, which is not an export of
    /// a core instance; or what it is that it cannot be one.
    pub fn make(&mut self, index: usize, kind: u32) -> Result<u32, String> {
        if let Some(number) = self.made[index] {
            return Ok(number);
        }
        let (module, name, realloc) = match &self.component.core_functions[index] {
            CoreFunction::Lowered(function, options) => self.lowered(function, options)?,
            CoreFunction::Resource(operation, resource) => {
                let (module, name) = self.resource(resource)?;
                (module, format!("[resource-{operation}]{name}"), None)
            }
            CoreFunction::Export(_) | CoreFunction::Other => {
                return Err("a function that this host does not have".to_owned());
            }
        };
        let number = self.imports.len() as u32;
        self.imports.push(Import {
            module,
            name,
            kind,
            realloc,
        });
        self.made[index] = Some(number);
        Ok(number)
    }

    fn lowered(
        &self,
        function: &component::Function<'a>,
        options: &Options<'a>,
    ) -> Result<(String, String, Option<Function>), String> {
        let (module, name, kind) = match function {
            component::Function::OfImport(CoreImport { interface, name }, kind) => {
                (&**interface, *name, Some(kind))
            }
            component::Function::Imported(name, kind) => (ROOT, *name, kind.as_ref()),
            component::Function::Lifted(_) => {
                return Err("a function that the component exports".to_owned());
            }
            component::Function::Unknown => {
                return Err("a function of a component inside of it".to_owned());
            }
        };
        if let Some(option) = options.other.first() {
            return Err(format!("a function with the option {option}"));
        }
        if let Some(memory) = options.memory {
            let memory = self
                .find(CORE_MEMORY, memory)
                .map_err(|err| err.to_string())?;
            if memory != Some(Found::Memory) {
                return Err("a function with a memory that is of nothing".to_owned());
            }
        }
        let realloc = match options.realloc {
            None => None,
            Some(index) => match self.core_function(index).map_err(|err| err.to_string())? {
                Some(Found::Function(function @ Function::Own(_))) => Some(function),
                _ => return Err("a function with a realloc of no core module".to_owned()),
            },
        };
        match self
            .contract
            .mismatch(module, name, kind.map(|kind| &**kind))
        {
            None => Ok((module.to_owned(), name.to_owned(), realloc)),
            Some(problem) => Err(problem),
        }
    }

    /// The import module and the name of a type of resources.
    fn resource(&self, resource: &Rc<Type<'a>>) -> Result<(String, String), String> {
        if let Kind::Resource { of: Some(of), .. } = &resource.kind {
            return Ok((of.interface.to_string(), of.name.to_owned()));
        }
        let mut exported = self.resources.iter();
        match exported.find(|exported| is_same(&exported.kind, resource)) {
            Some(Resource { module, name, .. }) => Ok((module.clone(), name.clone())),
            None => {
                Err("a function for a resource that is neither imported nor exported".to_owned())
            }
        }
    }
}
