//! The contract of a host as data, and why a core module does not implement it.
//!
//! A module exports each function of an interface under its canonical name,
//! `org:analytics/metrics@0.1.0#compute-aggregate`, with the signature that the
//! canonical ABI flattens it to, besides `memory` and `cabi_realloc`. It imports what
//! the contract has under the name of the interface.

mod check;
mod flat;
mod parse;
mod version;

use wasmparser::{ExternalKind, ValType};

use crate::Error;
use crate::component::types::{self, Type};
use crate::module::Module;

pub(crate) use check::{MAX_NAMES, Problems, problems, quoted};

pub(crate) const MEMORY: &str = "memory";
pub(crate) const REALLOC: &str = "cabi_realloc";
const POST_RETURN: &str = "cabi_post_";
pub(crate) const INITIALIZE: &str = "_initialize";
/// The import module of the functions of the world itself.
pub(crate) const ROOT: &str = "$root";
/// What precedes the name of an exported interface in the import module of the
/// functions for its resources.
pub(crate) const EXPORT: &str = "[export]";

/// What a host expects of a module, and what the module may import.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Contract {
    /// In the order in which they are checked.
    pub(crate) exports: Vec<Interface>,
    imports: Vec<Imports>,
    /// Functions of no interface, such as those of WASI preview 1.
    grants: Vec<(String, String)>,
    /// Interfaces that are not granted, and what would grant them.
    withheld: Vec<(String, String)>,
    /// Whether the host moves values into memory that the module makes room for, or
    /// values in memory any way.
    needs_realloc: bool,
    needs_memory: bool,
}

/// An interface that modules export.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Interface {
    /// Without the version; empty for the functions of the world itself.
    pub name: String,
    /// The version that the host knows, or nothing.
    pub version: String,
    pub presence: Presence,
    pub functions: Vec<Function>,
    pub resources: Vec<String>,
}

/// Whether a module may lack an interface.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Presence {
    Required,
    Optional,
    /// It has one at least of the versions of the interface that the contract has.
    OneOf,
}

/// A function of an interface.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Function {
    pub name: String,
    pub signature: Signature,
    /// Its type, as a component gives it. Empty for a function of a resource that the
    /// component model makes.
    pub wit: String,
}

/// The type of a core function.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Signature {
    pub params: Vec<ValType>,
    pub results: Vec<ValType>,
}

/// Functions that modules may import.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Imports {
    /// The import module, without the version.
    module: String,
    version: String,
    /// Whether it is granted, and no part of the contract.
    granted: bool,
    functions: Vec<Function>,
}

impl Contract {
    /// Lets modules import the function `name` of the module `module`.
    pub fn grant(&mut self, module: &str, name: &str) {
        self.grants.push((module.to_owned(), name.to_owned()));
    }

    fn grants(&self, module: &str, name: &str) -> bool {
        let mut grants = self.grants.iter();
        grants.any(|(m, n)| m == module && n == name)
    }

    /// Why a component may not import an interface that has functions, if it may not.
    pub(crate) fn refuses(&self, interface: &str) -> Option<String> {
        self.imports(interface).err()
    }

    /// The type of a function that a component imports, if the contract has it.
    pub(crate) fn imported_type(&self, module: &str, name: &str) -> Option<&str> {
        self.imported(module, name)
            .ok()
            .map(|(_, function)| &*function.wit)
    }

    /// What is wrong with the type of a function that a component imports: `None` also for
    /// one that the contract does not have, which is reported with the imports of the core
    /// module.
    pub(crate) fn mismatch(
        &self,
        module: &str,
        name: &str,
        found: Option<&Type<'_>>,
    ) -> Option<String> {
        let expected = self.imported_type(module, name)?;
        match found {
            Some(kind) if kind.is(expected) => None,
            Some(kind) => Some(format!(
                "a function of the type {}, not {}",
                kind.shown(),
                types::cut(expected.to_owned())
            )),
            None => Some("a function of an unknown type".to_owned()),
        }
    }

    /// A function that a module imports and the interface it is of, or why it may not.
    fn imported(&self, module: &str, name: &str) -> Result<(&Imports, &Function), String> {
        let imports = self.imports(module)?;
        let mut functions = imports.functions.iter();
        functions
            .find(|function| function.name == name)
            .map(|function| (imports, function))
            .ok_or_else(|| match imports.granted {
                true => self.not_granted(module),
                false => "which this host does not have".to_owned(),
            })
    }

    /// Whether the host has the same functions for two import modules.
    pub(crate) fn same_imports(&self, a: &str, b: &str) -> bool {
        let same = |a, b| std::ptr::eq::<Imports>(a, b);
        a == b || matches!((self.imports(a), self.imports(b)), (Ok(a), Ok(b)) if same(a, b))
    }

    /// The versions that a module may have of an exported interface, as a text such as
    /// `0.1.x and 0.2.x`.
    pub(crate) fn known(&self, interface: &Interface) -> String {
        let others = self.exports.iter();
        let known: Vec<_> = others
            .filter(|other| other.name == interface.name)
            .map(|other| version::range(&other.version))
            .collect();
        known.join(" and ")
    }

    /// The interface as its name and the versions that the host knows.
    pub(crate) fn wanted(&self, interface: &Interface) -> String {
        match interface.version.is_empty() {
            true => interface.name.clone(),
            false => format!("{}@{}", interface.name, self.known(interface)),
        }
    }

    /// Whether another version of an exported interface is there in its place.
    pub(crate) fn has_another(
        &self,
        interface: &Interface,
        has: impl Fn(&Interface) -> bool,
    ) -> bool {
        let mut others = self.exports.iter();
        others.any(|other| other.name == interface.name && has(other))
    }

    /// The first version of an exported interface.
    pub(crate) fn first(&self, interface: &Interface) -> &Interface {
        let mut others = self.exports.iter();
        let first = others.find(|other| other.name == interface.name);
        first.expect("the interface is of the contract")
    }

    fn not_granted(&self, module: &str) -> String {
        let (name, _) = module.split_once('@').unwrap_or((module, ""));
        let mut withheld = self.withheld.iter();
        match withheld.find(|(interface, _)| interface == name) {
            Some((_, grant)) => format!("which is not granted; {grant} would do"),
            None => "which is not granted".to_owned(),
        }
    }

    /// What takes the place of an import module. All its functions are of one version,
    /// since a resource of one version is foreign to another.
    fn imports(&self, module: &str) -> Result<&Imports, String> {
        let (name, version) = module.split_once('@').unwrap_or((module, ""));
        let known = || self.imports.iter().filter(|imports| imports.module == name);
        let versions = || known().map(|imports| &*imports.version);
        let best = version::best(versions(), version);
        if let Some(imports) = known().find(|imports| Some(&*imports.version) == best) {
            return Ok(imports);
        }
        let mut ranges: Vec<_> = versions().map(version::range).collect();
        ranges.dedup();
        Err(match ranges.is_empty() {
            true => self.not_granted(module),
            false => format!("and this host knows {}", ranges.join(" and ")),
        })
    }
}

impl Interface {
    /// What precedes the name of a function in the names of a module's exports, for the
    /// host's version or else the newest that is compatible. `None` if it is not there.
    pub fn prefix(&self, module: &Module<'_>) -> Option<String> {
        if self.name.is_empty() {
            return Some(String::new());
        }
        if self.version.is_empty() {
            let prefix = format!("{}#", self.name);
            let found = exported_functions(module).any(|name| name.starts_with(&prefix));
            return found.then_some(prefix);
        }
        let version = version::best(versions(module, &self.name), &self.version)?;
        Some(format!("{}@{version}#", self.name))
    }

    /// The name among `names` under which a component exports the interface, for the
    /// host's version or else the newest that is compatible.
    pub fn name_among<'n>(&self, mut names: impl Iterator<Item = &'n str>) -> Option<String> {
        if self.version.is_empty() {
            return names
                .any(|name| name == self.name)
                .then(|| self.name.clone());
        }
        let versions = names.filter_map(|name| name.strip_prefix(&*self.name)?.strip_prefix('@'));
        let version = version::best(versions, &self.version)?;
        Some(format!("{}@{version}", self.name))
    }
}

/// The names of the functions that a module exports.
fn exported_functions<'a>(module: &Module<'a>) -> impl Iterator<Item = &'a str> {
    let exports = module.exports.iter();
    let functions = exports.filter(|export| export.kind == ExternalKind::Func);
    functions.map(|export| export.name)
}

/// The versions of an interface among the functions that a module exports.
fn versions<'a>(module: &Module<'a>, interface: &str) -> impl Iterator<Item = &'a str> {
    exported_functions(module).filter_map(move |name| {
        let (version, _) = name
            .strip_prefix(interface)?
            .strip_prefix('@')?
            .split_once('#')?;
        Some(version)
    })
}

/// The name under which a core module exports the post-return of `export`.
pub(crate) fn post_return(export: &str) -> String {
    format!("{POST_RETURN}{export}")
}

/// What keeps a core module from being an implementation of the contract: a
/// sentence for each problem, none for a module that is one. Of many problems the
/// first twenty are told.
///
/// Linear in the size of the module, times how many functions the contract has. The
/// module is not validated.
///
/// # Errors
///
/// [`Error`] when the module cannot be read.
pub fn check(wasm: &[u8], contract: &Contract) -> Result<Vec<String>, Error> {
    Ok(problems(&Module::read(wasm)?, contract))
}
