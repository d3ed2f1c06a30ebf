//! Checks a core module against a contract.

use wasmparser::{ExternalKind, FuncType, TypeRef, ValType};

use super::{
    Contract, Function, INITIALIZE, Imports, Interface, MEMORY, Presence, REALLOC, flat,
    post_return, versions,
};
use crate::meter::is_reserved;
use crate::module::Module;
use crate::text;

/// How many names a module may import one interface under: each is a module that the host
/// adds, and a version that is compatible with the host's can be any of four billion.
pub(crate) const MAX_NAMES: usize = 8;

pub(crate) fn problems(module: &Module<'_>, contract: &Contract) -> Vec<String> {
    let mut check = Check {
        module,
        problems: Problems::default(),
        resources: vec![],
        needs_memory: contract.needs_memory,
        needs_realloc: contract.needs_realloc,
    };
    check.imports(contract);
    check.reserved_exports();
    let has_memory = check.export(MEMORY, ExternalKind::Memory).is_some();
    if !has_memory && check.needs_memory {
        check
            .problems
            .push(format!("it exports no memory called {MEMORY:?}"));
    }
    if check.needs_realloc {
        check.function(REALLOC, &[ValType::I32; 4], &[ValType::I32]);
    } else {
        check.optional(REALLOC, &[ValType::I32; 4], &[ValType::I32]);
    }
    check.optional(INITIALIZE, &[], &[]);
    if module.start.is_some_and(|start| start < module.imported) {
        let problem = "its start function is a function that it imports";
        check.problems.push(problem.to_owned());
    }
    for interface in &contract.exports {
        check.interface(contract, interface);
    }
    if let Some(outside) = &module.outside {
        check.problems.push(outside.text());
    }
    check.problems.list()
}

/// Problems that were found; only the first ones are kept.
#[derive(Default)]
pub(crate) struct Problems {
    list: Vec<String>,
    more: usize,
}

impl Problems {
    const MOST: usize = 20;

    pub fn push(&mut self, problem: String) {
        if self.list.len() < Self::MOST {
            self.list.push(problem);
        } else {
            self.more += 1;
        }
    }

    pub fn is_empty(&self) -> bool {
        self.list.is_empty()
    }

    pub fn list(mut self) -> Vec<String> {
        if self.more > 0 {
            self.list.push(format!("and {} more problems", self.more));
        }
        self.list
    }
}

struct Check<'m, 'a> {
    module: &'m Module<'a>,
    problems: Problems,
    /// What precedes the names of functions in the interfaces with resources.
    resources: Vec<String>,
    /// What the contract needs, and what granted functions do that the module imports.
    needs_memory: bool,
    needs_realloc: bool,
}

impl<'a> Check<'_, 'a> {
    fn imports(&mut self, contract: &Contract) {
        let mut names = vec![];
        for import in &self.module.imports {
            let problem = match import.ty {
                _ if is_reserved(import.module) => ", whose name is reserved".to_owned(),
                TypeRef::Func(_) if contract.grants(import.module, import.name) => continue,
                TypeRef::Func(index) => match contract.imported(import.module, import.name) {
                    Err(problem) => format!(", {problem}"),
                    Ok((imports, Function { signature, wit, .. })) => {
                        self.imported_as(imports, import.module, &mut names);
                        if imports.granted && !wit.is_empty() {
                            let needs = flat::needs(wit);
                            self.needs_memory |= needs.params || needs.result;
                            self.needs_realloc |= needs.result_pointers;
                        }
                        let Some(Some(ty)) = self.module.types.get(index as usize) else {
                            continue; // the validator says so
                        };
                        match mismatch(ty, &signature.params, &signature.results) {
                            None => continue,
                            Some(types) => format!(" with {types}"),
                        }
                    }
                },
                _ => ", which is not granted".to_owned(),
            };
            self.problems.push(format!(
                "it imports the {} {} {}{problem}",
                text::import_kind(import),
                quoted(import.module),
                quoted(import.name),
            ));
        }
    }

    /// Notes a name that the interface is imported under, and reports the first of too many.
    fn imported_as<'c>(
        &mut self,
        imports: &'c Imports,
        name: &'a str,
        names: &mut Vec<(&'c Imports, Vec<&'a str>)>,
    ) {
        let found = names
            .iter()
            .position(|(other, _)| std::ptr::eq(*other, imports));
        let at = found.unwrap_or(names.len());
        if found.is_none() {
            names.push((imports, vec![]));
        }
        let names = &mut names[at].1;
        if names.len() > MAX_NAMES || names.contains(&name) {
            return;
        }
        names.push(name);
        if names.len() > MAX_NAMES {
            self.problems.push(format!(
                "it imports {} under more than {MAX_NAMES} versions",
                quoted(&imports.module)
            ));
        }
    }

    fn reserved_exports(&mut self) {
        for export in &self.module.exports {
            if is_reserved(export.name) {
                self.problems.push(format!(
                    "it exports {}, a name that is reserved",
                    quoted(export.name)
                ));
            }
        }
    }

    /// The index of what is exported as `name`, if it is of that kind. There are few
    /// names to look for, so none are put in order.
    fn export(&self, name: &str, kind: ExternalKind) -> Option<u32> {
        let mut exports = self.module.exports.iter();
        exports
            .find(|export| export.kind == kind && export.name == name)
            .map(|export| export.index)
    }

    /// Checks that the function called `name` is exported with this signature. It must be
    /// the module's own: the host calls it, and a host function that the host calls has no
    /// guest that called it, whose memory it could use or which it could end.
    fn function(&mut self, name: &str, params: &[ValType], results: &[ValType]) {
        let Some(index) = self.export(name, ExternalKind::Func) else {
            self.problems
                .push(format!("it does not export {}", quoted(name)));
            return;
        };
        let Some(function) = self.module.function(index) else {
            return; // the validator says so
        };
        if let Some(types) = mismatch(function, params, results) {
            self.problems
                .push(format!("its export {} has {types}", quoted(name)));
        } else if index < self.module.imported {
            self.problems.push(format!(
                "its export {} is a function that it imports",
                quoted(name)
            ));
        }
    }

    /// Checks the signature of a function that need not be there.
    fn optional(&mut self, name: &str, params: &[ValType], results: &[ValType]) {
        if self.export(name, ExternalKind::Func).is_some() {
            self.function(name, params, results);
        }
    }

    /// Checks that a version of the interface is there which the host knows,
    /// and each function of it.
    fn interface(&mut self, contract: &Contract, interface: &Interface) {
        let Some(prefix) = interface.prefix(self.module) else {
            self.missing(contract, interface);
            return;
        };
        if !interface.resources.is_empty() {
            if self.resources.contains(&prefix) {
                self.problems.push(format!(
                    "it exports the interface {} in place of two versions, and its resources \
                     are of one",
                    prefix.trim_end_matches('#'),
                ));
            }
            self.resources.push(prefix.clone());
        }
        for function in &interface.functions {
            let name = format!("{prefix}{}", function.name);
            let signature = &function.signature;
            self.function(&name, &signature.params, &signature.results);
            self.optional(&post_return(&name), &signature.results, &[]);
        }
        for resource in &interface.resources {
            self.optional(&format!("{prefix}[dtor]{resource}"), &[ValType::I32], &[]);
        }
    }

    fn missing(&mut self, contract: &Contract, interface: &Interface) {
        let has = |other: &Interface| other.prefix(self.module).is_some();
        let one_of = interface.presence == Presence::OneOf;
        if one_of && contract.has_another(interface, has) {
            return;
        }
        // Of several versions that are all missing, the first speaks for all.
        if one_of && !std::ptr::eq(contract.first(interface), interface) {
            return;
        }
        let others = other_versions(self.module, &interface.name);
        if !others.is_empty() && !interface.version.is_empty() {
            self.problems.push(format!(
                "it exports {}@{}, and this host knows {}",
                interface.name,
                shortened(others.join(" and @")),
                contract.known(interface)
            ));
        } else if interface.presence != Presence::Optional {
            self.problems.push(format!(
                "it does not export the interface {}",
                contract.wanted(interface)
            ));
        }
    }
}

/// What is wrong about the type of a function, if anything.
fn mismatch(function: &FuncType, params: &[ValType], results: &[ValType]) -> Option<String> {
    if function.params() == params && function.results() == results {
        return None;
    }
    Some(format!(
        "the type {}, not {}",
        shortened(text::type_text(function.params(), function.results())),
        text::type_text(params, results)
    ))
}

/// The first few versions of an interface, in order.
fn other_versions(module: &Module<'_>, interface: &str) -> Vec<String> {
    const MOST: usize = 10;
    let mut found = vec![];
    for version in versions(module, interface) {
        if let Err(at) = found.binary_search(&version)
            && found.len() < MOST
        {
            found.insert(at, version);
        }
    }
    let escaped = found
        .into_iter()
        .map(|version| version.escape_debug().to_string());
    escaped.collect()
}

/// A name between quotes, on one line, cut where it is too long to be read.
pub(crate) fn quoted(name: &str) -> String {
    format!("{:?}", shortened(name.to_owned()))
}

fn shortened(mut text: String) -> String {
    const MOST: usize = 200;
    if let Some((at, _)) = text.char_indices().nth(MOST) {
        text.truncate(at);
        text.push('…');
    }
    text
}
