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

use wasmparser::{ElementItems, ElementKind, ExternalKind, Parser, Payload, TypeRef};

use crate::component::Names;
use crate::reader::Reader;

/// A module of which every function is known by what it calls.
#[derive(Debug)]
pub(super) enum Wiring<'a> {
    Shim(Shim<'a>),
    Fixup(Fixup<'a>),
}

#[derive(Debug, Default)]
pub(super) struct Shim<'a> {
    /// The exported functions by name, each with the place in the table that it calls.
    pub functions: Names<'a>,
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
                    let offset = offset_expr.get_binary_reader().read_bytes(3);
                    // i32.const 0; end
                    if !matches!(offset, Ok([0x41, 0, 0x0b])) || !fixup.elements.is_empty() {
                        return None;
                    }
                    for item in items {
                        fixup.elements.push(item.ok()?);
                    }
                }
            }
            Payload::CodeSectionEntry(body) => slots.push(slot(body.as_bytes())?),
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
fn slot(body: &[u8]) -> Option<usize> {
    let mut reader = Reader::new(body, 0);
    if reader.number().ok()? > 0 {
        return None; // it has locals
    }
    let mut parameters = 0;
    let slot = loop {
        match reader.byte().ok()? {
            // local.get
            0x20 if reader.number().ok()? == parameters => parameters += 1,
            // i32.const, signed
            0x41 => {
                let slot = reader.number().ok()?;
                let last = body[reader.offset() - 1];
                break (last & 0x40 == 0).then_some(slot)?;
            }
            _ => return None,
        }
    };
    // call_indirect in the first table; end
    let call = (reader.byte().ok()?, reader.number().ok()?, reader.rest());
    matches!(call, (0x11, _, [0, 0x0b])).then_some(slot as usize)
}
