//! Makes one core module of all core modules of a component that share a memory.
//!
//! Tools for languages with large libraries write components of many core modules:
//! libraries that are linked when the component starts, by imports and exports. The host
//! runs one module, with one memory, one budget and one call stack; so what a runtime of
//! components would link when it starts is linked here, and what comes out is validated,
//! rewritten and metered as one module. What may go wrong here can give wrong answers of
//! that component alone, not escape.
//!
//! Each instance of a core module gets its own functions, tables, globals and segments in
//! the merged module, in the order of the instances. An index of one instance then means
//! what it is linked to: an import of another instance's export is that thing itself, and
//! one of a function that the component model makes is an import of the merged module,
//! under the name that a core module alone would import.

mod added;
mod body;
mod canonical;
mod constant;
mod exports;
mod layout;
mod names;
mod part;
mod resolve;
mod segments;
mod write;

use wasmparser::FuncType;

use added::Added;
use exports::Export;
use layout::{Layout, Types};
use part::Part;

use crate::component::{CORE_FUNCTION, Component, CoreInstance};
use crate::contract::{Contract, REALLOC};
use crate::{Error, features, live};

/// How many instances of core modules a component may have: one in Python has 38.
pub const MAX_INSTANCES: u64 = 256;
/// How many functions with a body they may have together.
pub const MAX_FUNCTIONS: u64 = 1 << 17;
/// How many core instances an export may pass through.
pub const MAX_ALIASES: u64 = 64;
/// How many times the size of the component its instances may have together. Only a core
/// module with several instances counts more than once.
pub const MAX_COPIES: u64 = 2;

/// The core module that does what all core instances of a component do, with the exports
/// that the contract asks for, valid and without dead functions.
///
/// Linear in the size of the component, times the logarithm of how many names it has, and
/// without recursion.
///
/// # Errors
///
/// [`Error::Contract`] with what the component has that this host does not link, or what
/// its functions are; [`Error::Limit`] when there is too much of anything; [`Error`] when
/// a core module is not valid.
pub(crate) fn merge(
    wasm: &[u8],
    component: &Component<'_>,
    contract: &Contract,
) -> Result<Vec<u8>, Error> {
    let parts = parts(wasm, component)?;
    let texts = layout::texts(&parts);
    let start = FuncType::new([], []);
    let mut types = Types::new(&parts, &texts);
    let start = types.add(&start, "(func)");
    let mut layout = Layout::new(component, contract, &parts, types)?;
    let (mut exports, realloc) = exports::exports(&layout)?;
    let realloc = layout.wrap(realloc)?;
    if let Some(realloc) = realloc {
        exports.push(Export {
            name: REALLOC.to_owned(),
            sort: CORE_FUNCTION,
            index: layout.realloc(realloc),
        });
    }
    let mut added = layout.wrappers(realloc);
    let body = layout.start()?;
    added.extend(body.map(|body| Added { kind: start, body }));
    let merged = layout.write(&exports, &added, wasm.len())?;
    live::remove_dead(&merged).map_err(|err| blamed(&parts, err))
}

/// Reads the core modules that have instances.
fn parts<'a>(wasm: &'a [u8], component: &Component<'a>) -> Result<Vec<Option<Part<'a>>>, Error> {
    let mut parts: Vec<Option<Part<'a>>> = vec![];
    parts.resize_with(component.core_modules.len(), || None);
    let most = MAX_COPIES * wasm.len() as u64;
    let mut size = 0;
    for instance in &component.core_instances {
        let CoreInstance::Module { module, .. } = instance else {
            continue;
        };
        let Some(range) = &component.core_modules[*module] else {
            continue;
        };
        if parts[*module].is_none() {
            let part = Part::read(*module, range.start, &wasm[range.clone()])?;
            parts[*module] = Some(part);
        }
        size += range.len() as u64;
        if size > most {
            return limit(
                "merged size",
                most,
                format!(
                    "the instances of its core modules would have more than {most} bytes \
                     together, {MAX_COPIES} times the size of the component and the most that \
                     are allowed"
                ),
            );
        }
    }
    Ok(parts)
}

/// Why the merged module is refused, said of the core module that is refused for the same.
fn blamed(parts: &[Option<Part<'_>>], err: Error) -> Error {
    for part in parts.iter().flatten() {
        let Err(own) = features::validate(part.module.wasm) else {
            continue;
        };
        let same = match (&err, &own) {
            (Error::Invalid { message, .. }, Error::Invalid { message: own, .. })
            | (Error::Unsupported { message, .. }, Error::Unsupported { message: own, .. }) => {
                message == own
            }
            (Error::LongForm { .. }, Error::LongForm { .. }) => true,
            _ => false,
        };
        if same {
            return part.error(own);
        }
    }
    err
}

fn limit<T>(name: &'static str, max: u64, message: String) -> Result<T, Error> {
    Err(Error::Limit { name, max, message })
}

/// A refusal of a component that this host does not link.
fn problem<T>(problem: String) -> Result<T, Error> {
    Err(Error::Contract(vec![problem]))
}
