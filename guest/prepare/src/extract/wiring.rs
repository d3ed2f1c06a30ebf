//! The small modules by which a component connects its core module to its imports.
//!
//! A function of the component model that reads the memory of the core module can only be
//! made when the module has an instance, and the module needs the function before that. So
//! wit-component adds a *shim*, whose functions only call through a table, and a *fixup*,
//! which fills that table once everything exists, and calls `_initialize`:
//!
//! ```text
//! shim                                fixup
//!   (table (export "$imports") 1 1      (import "actual" "0" (func))
//!     funcref)                          (import "shim" "$imports" (table 1 1 funcref))
//!   (func (export "0") (param i32)      (import "main" "_initialize" (func))
//!     (call_indirect (local.get 0)      (elem (i32.const 0) func 0)
//!       (i32.const 0)))                 (start 1)
//! ```
//!
//! The host connects imports by name, so it needs neither: it only has to know that a
//! function of the shim is the one that the fixup puts in its place.

use std::collections::BTreeMap;

use wasmparser::{
    ElementItems, ElementKind, ExternalKind, FunctionBody, Operator, Parser, Payload, TypeRef,
};

/// A module of which every function is known by what it calls.
#[derive(Debug)]
pub(super) enum Wiring<'a> {
    Shim(Shim<'a>),
    Fixup(Fixup<'a>),
}

#[derive(Debug, Default)]
pub(super) struct Shim<'a> {
    /// The place in the table that each exported function calls.
    pub functions: BTreeMap<&'a str, u32>,
    pub table: &'a str,
}

#[derive(Debug, Default)]
pub(super) struct Fixup<'a> {
    /// The functions it imports, as module and name.
    pub functions: Vec<(&'a str, &'a str)>,
    pub table: Option<(&'a str, &'a str)>,
    /// Indices into `functions`, by their place in the table.
    pub elements: Vec<u32>,
    /// An index into `functions`.
    pub start: Option<u32>,
}

/// Returns what the module connects, or `None` if it does anything else. The module need not
/// be valid. Linear in its size.
pub(super) fn read(wasm: &[u8]) -> Option<Wiring<'_>> {
    let mut shim = Shim::default();
    let mut fixup = Fixup::default();
    let mut exports = vec![];
    // What each function of the module calls.
    let mut slots = vec![];
    let mut tables = 0;
    for payload in Parser::new(0).parse_all(wasm) {
        match payload.ok()? {
            Payload::Version { .. }
            | Payload::TypeSection(_)
            | Payload::FunctionSection(_)
            | Payload::CodeSectionStart { .. }
            | Payload::CustomSection(_)
            | Payload::End(_) => {}
            Payload::TableSection(section) => tables += section.count(),
            Payload::ImportSection(section) => {
                for import in section.into_imports() {
                    let import = import.ok()?;
                    let name = (import.module, import.name);
                    match import.ty {
                        TypeRef::Func(_) => fixup.functions.push(name),
                        TypeRef::Table(_) if fixup.table.is_none() => fixup.table = Some(name),
                        _ => return None,
                    }
                }
            }
            Payload::ExportSection(section) => {
                for export in section {
                    exports.push(export.ok()?);
                }
            }
            Payload::StartSection { func, .. } => fixup.start = Some(func),
            Payload::ElementSection(section) => {
                for element in section {
                    let element = element.ok()?;
                    let (
                        ElementKind::Active {
                            table_index: None | Some(0),
                            offset_expr,
                        },
                        ElementItems::Functions(items),
                    ) = (element.kind, element.items)
                    else {
                        return None;
                    };
                    let mut offset = offset_expr.get_operators_reader();
                    if !matches!(offset.read(), Ok(Operator::I32Const { value: 0 }))
                        || !fixup.elements.is_empty()
                    {
                        return None;
                    }
                    for item in items {
                        fixup.elements.push(item.ok()?);
                    }
                }
            }
            Payload::CodeSectionEntry(body) => slots.push(slot(&body)?),
            _ => return None,
        }
    }
    if slots.is_empty() && tables == 0 && exports.is_empty() {
        let functions = fixup.functions.len();
        let mut used = fixup.elements.iter().chain(&fixup.start);
        return used
            .all(|&index| (index as usize) < functions)
            .then_some(Wiring::Fixup(fixup));
    }
    let alone = fixup.functions.is_empty() && fixup.table.is_none() && fixup.start.is_none();
    if !alone || !fixup.elements.is_empty() || tables != 1 {
        return None;
    }
    for export in exports {
        match export.kind {
            ExternalKind::Func => {
                let slot = *slots.get(export.index as usize)?;
                shim.functions.insert(export.name, slot);
            }
            ExternalKind::Table => shim.table = export.name,
            _ => return None,
        }
    }
    Some(Wiring::Shim(shim))
}

/// Returns the place in the table that the function calls with its own parameters, if it
/// does nothing else.
fn slot(body: &FunctionBody<'_>) -> Option<u32> {
    if body.get_locals_reader().ok()?.get_count() > 0 {
        return None;
    }
    let mut reader = body.get_operators_reader().ok()?;
    let mut parameters = 0;
    let slot = loop {
        match reader.read().ok()? {
            Operator::LocalGet { local_index } if local_index == parameters => parameters += 1,
            Operator::I32Const { value } => break u32::try_from(value).ok()?,
            _ => return None,
        }
    };
    let Operator::CallIndirect { table_index: 0, .. } = reader.read().ok()? else {
        return None;
    };
    (matches!(reader.read(), Ok(Operator::End)) && reader.eof()).then_some(slot)
}
