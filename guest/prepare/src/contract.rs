//! The contract of `wit/`, and why a core module does not implement it.
//!
//! A module exports each function of an interface under its canonical name,
//! `org:analytics/metrics@0.1.0#compute-aggregate`, with the signature that the
//! canonical ABI flattens it to, besides `memory` and `cabi_realloc`.

use wasmparser::{ExternalKind, TypeRef, ValType};

use crate::Error;
use crate::meter::is_reserved;
use crate::module::Module;
use crate::text;

/// The version of the contract that the host knows. A module may export any
/// version that is compatible with it: the same 0.minor.
const VERSION: &str = "0.1";

pub(crate) const MEMORY: &str = "memory";
pub(crate) const REALLOC: &str = "cabi_realloc";
const POST_RETURN: &str = "cabi_post_";
const INITIALIZE: &str = "_initialize";

/// An interface of the contract.
pub(crate) struct Interface {
    pub name: &'static str,
    pub required: bool,
    pub functions: &'static [Function],
}

/// A function of the contract.
pub(crate) struct Function {
    pub name: &'static str,
    /// How many i32 its parameters flatten to: two for a list or string. Every
    /// function returns one i32: a bool, or the address of its result.
    pub parameters: usize,
    /// Its type, as a component gives it.
    pub wit: &'static str,
}

/// The interfaces of the contract, in the order in which they are checked.
pub(crate) const INTERFACES: [Interface; 3] = [
    Interface {
        name: "org:analytics/metrics",
        required: true,
        functions: &[
            Function {
                name: "compute-aggregate",
                parameters: 2,
                wit: "func(points: list<record { timestamp: u64, value: f64 }>) -> list<f64>",
            },
            Function {
                name: "validate-stream",
                parameters: 2,
                wit: "func(raw: string) -> \
                      result<list<record { timestamp: u64, value: f64 }>, string>",
            },
        ],
    },
    Interface {
        name: "org:compute/pipeline",
        required: true,
        functions: &[
            Function {
                name: "process-batch",
                parameters: 2,
                wit: "func(input: list<u8>) -> list<u8>",
            },
            Function {
                name: "validate-checksum",
                parameters: 3,
                wit: "func(data: list<u8>, expected: u32) -> bool",
            },
        ],
    },
    Interface {
        name: "org:compute-pipeline/summary",
        required: false,
        functions: &[
            Function {
                name: "fold",
                parameters: 4,
                wit: "func(state: list<u8>, points: list<record { timestamp: u64, value: f64 }>) \
                      -> result<list<u8>, string>",
            },
            Function {
                name: "merge",
                parameters: 4,
                wit: "func(a: list<u8>, b: list<u8>) -> result<list<u8>, string>",
            },
            Function {
                name: "finish",
                parameters: 2,
                wit: "func(state: list<u8>) -> result<record { count: u64, mean: f64, \
                      variance: f64, sum: f64, min: f64, max: f64, first: u64, last: u64 }, string>",
            },
        ],
    },
];

/// What a module may import.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Grants(Vec<(String, String)>);

impl Grants {
    /// Grants the function `name` of the module `module`.
    pub fn function(&mut self, module: &str, name: &str) {
        self.0.push((module.to_owned(), name.to_owned()));
    }

    /// Reads grants from text: a line for each function, its module and its
    /// name with a tab between.
    pub fn parse(text: &str) -> Self {
        let mut grants = Grants::default();
        for line in text.lines() {
            let (module, name) = line.split_once('\t').unwrap_or((line, ""));
            grants.function(module, name);
        }
        grants
    }

    fn has(&self, module: &str, name: &str) -> bool {
        let mut granted = self.0.iter();
        granted.any(|(m, n)| m == module && n == name)
    }
}

/// What keeps a core module from being an implementation of the contract: a
/// sentence for each problem, none for a module that is one. `grants` are the
/// functions it may import. Of many problems the first twenty are told.
///
/// Linear in the size of the module, which is not validated.
///
/// # Errors
///
/// [`Error`] when the module cannot be read.
pub fn check(wasm: &[u8], grants: &Grants) -> Result<Vec<String>, Error> {
    Ok(problems(&Module::read(wasm)?, grants))
}

pub(crate) fn problems(module: &Module<'_>, grants: &Grants) -> Vec<String> {
    let mut check = Check {
        module,
        problems: Problems::default(),
    };
    check.imports(grants);
    check.reserved_exports();
    if check.export(MEMORY, ExternalKind::Memory).is_none() {
        check
            .problems
            .push(format!("it exports no memory called {MEMORY:?}"));
    }
    check.function(REALLOC, &[ValType::I32; 4], &[ValType::I32]);
    if check.export(INITIALIZE, ExternalKind::Func).is_some() {
        check.function(INITIALIZE, &[], &[]);
    }
    for interface in &INTERFACES {
        check.interface(interface);
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
}

impl Check<'_, '_> {
    fn imports(&mut self, grants: &Grants) {
        for import in &self.module.imports {
            let problem = if is_reserved(import.module) {
                "whose name is reserved"
            } else if matches!(import.ty, TypeRef::Func(_))
                && grants.has(import.module, import.name)
            {
                continue;
            } else {
                "which is not granted"
            };
            self.problems.push(format!(
                "it imports the {} {} {}, {problem}",
                text::import_kind(import),
                quoted(import.module),
                quoted(import.name),
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

    /// The index of what is exported as `name`, if it is of that kind. There
    /// are few names to look for, so none are put in order.
    fn export(&self, name: &str, kind: ExternalKind) -> Option<u32> {
        let mut exports = self.module.exports.iter();
        exports
            .find(|export| export.kind == kind && export.name == name)
            .map(|export| export.index)
    }

    /// Checks that the function called `name` is exported with this signature.
    fn function(&mut self, name: &str, params: &[ValType], results: &[ValType]) {
        let Some(index) = self.export(name, ExternalKind::Func) else {
            self.problems
                .push(format!("it does not export {}", quoted(name)));
            return;
        };
        let Some(function) = self.module.function(index) else {
            return; // the validator says so
        };
        if function.params() != params || function.results() != results {
            self.problems.push(format!(
                "its export {} has the type {}, not {}",
                quoted(name),
                shortened(text::type_text(function.params(), function.results())),
                text::type_text(params, results)
            ));
        }
    }

    /// Checks that a version of the interface is there which the host knows,
    /// and each function of it.
    fn interface(&mut self, interface: &Interface) {
        let Some(version) = version(self.module, interface.name) else {
            let others = other_versions(self.module, interface.name);
            if !others.is_empty() {
                self.problems.push(format!(
                    "it exports {}@{}, and this host knows {VERSION}.x",
                    interface.name,
                    shortened(others.join(" and @"))
                ));
            } else if interface.required {
                self.problems.push(format!(
                    "it does not export the interface {}@{VERSION}.x",
                    interface.name
                ));
            }
            return;
        };
        for function in interface.functions {
            let name = export_name(interface, version, function);
            self.function(&name, &I32S[..function.parameters], &[ValType::I32]);
            let post_return = post_return(&name);
            if self.export(&post_return, ExternalKind::Func).is_some() {
                self.function(&post_return, &[ValType::I32], &[]);
            }
        }
    }
}

const I32S: [ValType; 4] = [ValType::I32; 4];

/// The name under which a core module exports a function.
pub(crate) fn export_name(interface: &Interface, version: &str, function: &Function) -> String {
    format!("{}@{version}#{}", interface.name, function.name)
}

/// The name under which a core module exports the post-return of `export`.
pub(crate) fn post_return(export: &str) -> String {
    format!("{POST_RETURN}{export}")
}

/// The versions of an interface among the names of a module's exports.
fn versions<'a>(module: &Module<'a>, interface: &str) -> impl Iterator<Item = &'a str> {
    module.exports.iter().filter_map(move |export| {
        let (version, _) = export
            .name
            .strip_prefix(interface)?
            .strip_prefix('@')?
            .split_once('#')?;
        Some(version)
    })
}

/// The newest version of an interface among a module's exports that is
/// compatible with the host's.
pub(crate) fn version<'a>(module: &Module<'a>, interface: &str) -> Option<&'a str> {
    versions(module, interface)
        .filter_map(|version| Some((patch(version)?, version)))
        .max()
        .map(|(_, version)| version)
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

/// The patch number of a version that is compatible with the host's.
fn patch(version: &str) -> Option<u32> {
    let text = version.strip_prefix(VERSION)?.strip_prefix('.')?;
    let patch: u32 = text.parse().ok()?;
    (patch.to_string() == text).then_some(patch)
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
