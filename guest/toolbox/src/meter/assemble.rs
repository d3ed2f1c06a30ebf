//! Puts the rewritten module together.
//!
//! Sections are copied, with function indices patched where they stand and
//! entries added at the end. Only these hold function indices: bodies,
//! initial values, element segments, exports, the start section and names.

use std::ops::Range;

use wasmparser::{ConstExpr, ElementItems, ExternalKind, Operator, Parser, Payload};

use super::added::{Added, Indices, REFUEL_TYPE};
use super::analysis::Uses;
use super::code::{Code, END, I32, I64};
use super::layout::Layout;
use super::{FUEL, MODULE, REFUEL, names};
use crate::features::refusal;
use crate::{Error, leb128, sections, strip};

// Section ids (WebAssembly 2.0, section 5.5.2).
const TYPE: u8 = 1;
const IMPORT: u8 = 2;
const FUNCTION: u8 = 3;
const GLOBAL: u8 = 6;
const EXPORT: u8 = 7;
const START: u8 = 8;
const ELEMENT: u8 = 9;

/// All sections in the order in which they stand in a module.
const ORDER: [u8; 12] = [
    TYPE,
    IMPORT,
    FUNCTION,
    4,
    5,
    GLOBAL,
    EXPORT,
    START,
    ELEMENT,
    12,
    sections::CODE,
    11,
];

/// The custom section that has the names of functions.
const NAMES: &str = "name";
/// The form of a function type.
const FUNCTION_TYPE: u8 = 0x60;
/// Kinds of imports and exports.
const KIND_FUNCTION: u8 = 0;
const KIND_GLOBAL: u8 = 3;
/// A global that can be set.
const MUTABLE: u8 = 1;

/// Puts a module together.
pub(super) struct Assembler<'a> {
    pub wasm: &'a [u8],
    pub layout: &'a Layout,
    pub indices: &'a Indices,
    pub added: &'a [Added],
    pub uses: Uses,
    /// The module's own bodies, each with its size in front.
    pub bodies: Vec<u8>,
}

/// What changes in a section.
#[derive(Clone, Default)]
struct Change {
    /// Where function indices stand, in bytes from the start of the module,
    /// ascending.
    functions: Vec<usize>,
    /// How many entries are added.
    count: u32,
    /// These entries.
    entries: Vec<u8>,
}

impl Change {
    fn add(&mut self, entry: impl FnOnce(&mut Vec<u8>)) {
        self.count += 1;
        entry(&mut self.entries);
    }
}

impl Assembler<'_> {
    /// The module, and the names of the custom sections that were left out.
    pub(super) fn assemble(&self) -> Result<(Vec<u8>, Vec<String>), Error> {
        let mut changes = vec![Change::default(); ORDER.len() + 1];
        self.find_functions(&mut changes)
            .map_err(|err| refusal(self.wasm, &err))?;
        self.add_entries(&mut changes);
        let mut out = Vec::with_capacity(self.wasm.len() + self.bodies.len());
        out.extend_from_slice(&self.wasm[..sections::PREAMBLE]);
        let (mut dropped, mut named) = (vec![], false);
        let mut due = ORDER.into_iter().peekable();
        for section in sections::sections(self.wasm) {
            if section.id == sections::CUSTOM {
                named |= self.write_custom(&section, &mut out, &mut dropped);
                continue;
            }
            while let Some(id) = due.next_if(|&id| id != section.id) {
                self.write_missing(id, &changes, &mut out)?;
            }
            due.next();
            if section.id == START {
                let mut payload = vec![];
                self.write_patched(section.contents, &changes[usize::from(START)], &mut payload);
                sections::write(&mut out, START, &payload);
                continue;
            }
            let change = &changes[usize::from(section.id)];
            if change.count == 0 && change.functions.is_empty() {
                out.extend_from_slice(&self.wasm[section.whole]);
            } else {
                self.write_changed(section.id, section.contents, change, &mut out)?;
            }
        }
        for id in due {
            self.write_missing(id, &changes, &mut out)?;
        }
        if !named && let Some(contents) = names::renumber(&[], self.indices, self.added) {
            sections::write_custom(&mut out, NAMES, &contents);
        }
        Ok((out, dropped))
    }

    /// Writes a custom section, if it stays right. Says whether it has names.
    fn write_custom(
        &self,
        section: &sections::Section<'_>,
        out: &mut Vec<u8>,
        dropped: &mut Vec<String>,
    ) -> bool {
        if strip::holds_code_offsets(section.name) {
            dropped.push(section.name.to_owned());
        } else if section.name == NAMES {
            let old = &self.wasm[section.contents.clone()];
            match names::renumber(old, self.indices, self.added) {
                Some(contents) => {
                    sections::write_custom(out, section.name, &contents);
                    return true;
                }
                None => dropped.push(section.name.to_owned()),
            }
        } else {
            out.extend_from_slice(&self.wasm[section.whole.clone()]);
        }
        false
    }

    /// Writes a section that the module has not, if something is added to it.
    fn write_missing(&self, id: u8, changes: &[Change], out: &mut Vec<u8>) -> Result<(), Error> {
        let change = &changes[usize::from(id)];
        if change.count == 0 {
            return Ok(());
        }
        self.write_changed(id, 0..0, change, out)
    }

    /// Writes a section: a count, then as many entries. `old` is empty where
    /// the module has none.
    fn write_changed(
        &self,
        id: u8,
        old: Range<usize>,
        change: &Change,
        out: &mut Vec<u8>,
    ) -> Result<(), Error> {
        let (count, width) = leb128::read_u32(&self.wasm[old.clone()]).unwrap_or_default();
        let mut payload = vec![];
        leb128::write_u32(&mut payload, count + change.count);
        if id == sections::CODE {
            payload.extend_from_slice(&self.bodies);
        } else {
            self.write_patched(old.start + width..old.end, change, &mut payload);
        }
        payload.extend_from_slice(&change.entries);
        if u32::try_from(payload.len()).is_err() {
            return Err(Error::ModuleTooLarge {
                size: payload.len(),
            });
        }
        sections::write(out, id, &payload);
        Ok(())
    }

    /// Copies bytes, with new function indices in the place of the old ones.
    fn write_patched(&self, old: Range<usize>, change: &Change, payload: &mut Vec<u8>) {
        let mut at = old.start;
        for &place in &change.functions {
            payload.extend_from_slice(&self.wasm[at..place]);
            let (function, width) = leb128::read_u32(&self.wasm[place..]).unwrap_or_default();
            leb128::write_u32(payload, self.indices.function(function));
            at = place + width;
        }
        payload.extend_from_slice(&self.wasm[at..old.end]);
    }

    fn add_entries(&self, changes: &mut [Change]) {
        let mut add = |id: u8, entry: &dyn Fn(&mut Vec<u8>)| changes[usize::from(id)].add(entry);
        let (types, indices) = (self.layout.types, self.indices);
        for ty in [REFUEL_TYPE]
            .into_iter()
            .chain(self.added.iter().map(|f| f.ty))
        {
            add(TYPE, &|out| {
                out.push(FUNCTION_TYPE);
                out.extend_from_slice(ty);
            });
        }
        add(IMPORT, &|out| {
            write_name(MODULE, out);
            write_name(REFUEL, out);
            out.push(KIND_FUNCTION);
            leb128::write_u32(out, types);
        });
        for (ty, function) in (types + 1..).zip(self.added) {
            add(FUNCTION, &|out| leb128::write_u32(out, ty));
            add(sections::CODE, &|out| {
                leb128::write_u32(out, function.body.len() as u32);
                out.extend_from_slice(&function.body);
            });
        }
        add(GLOBAL, &|out| {
            let mut code = Code::default();
            // No fuel: so the first charge asks for some.
            code.raw(&[I64, MUTABLE]).i64(0).raw(&[END]);
            out.extend_from_slice(&code.0);
        });
        if self.uses.depth {
            add(GLOBAL, &|out| {
                let mut code = Code::default();
                code.raw(&[I32, MUTABLE]).i32(0).raw(&[END]);
                out.extend_from_slice(&code.0);
            });
        }
        add(EXPORT, &|out| {
            write_name(FUEL, out);
            out.push(KIND_GLOBAL);
            leb128::write_u32(out, indices.fuel);
        });
    }

    /// Finds the function indices of all sections but the code.
    fn find_functions(&self, changes: &mut [Change]) -> wasmparser::Result<()> {
        let mut note = |id: u8, at: usize| changes[usize::from(id)].functions.push(at);
        for payload in Parser::new(0).parse_all(self.wasm) {
            match payload? {
                Payload::GlobalSection(reader) => {
                    for global in reader {
                        references(&global?.init_expr, |at| note(GLOBAL, at))?;
                    }
                }
                Payload::ExportSection(reader) => {
                    for export in reader.into_iter_with_offsets() {
                        let (start, export) = export?;
                        if export.kind == ExternalKind::Func {
                            let start = start as usize;
                            // The name with its length, and a byte for the kind.
                            let (length, width) =
                                leb128::read_u32(&self.wasm[start..]).unwrap_or_default();
                            note(EXPORT, start + width + length as usize + 1);
                        }
                    }
                }
                Payload::StartSection { range, .. } => note(START, range.start as usize),
                Payload::ElementSection(reader) => {
                    for element in reader {
                        match element?.items {
                            ElementItems::Functions(list) => {
                                for item in list.into_iter_with_offsets() {
                                    note(ELEMENT, item?.0 as usize);
                                }
                            }
                            ElementItems::Expressions(_, list) => {
                                for expression in list {
                                    references(&expression?, |at| note(ELEMENT, at))?;
                                }
                            }
                        }
                    }
                }
                _ => {}
            }
        }
        Ok(())
    }
}

/// Shows where the index of each `ref.func` of a constant expression stands.
fn references(expression: &ConstExpr<'_>, mut note: impl FnMut(usize)) -> wasmparser::Result<()> {
    for op in expression.get_operators_reader().into_iter_with_offsets() {
        if let (Operator::RefFunc { .. }, at) = op? {
            note(at as usize + 1);
        }
    }
    Ok(())
}

fn write_name(name: &str, out: &mut Vec<u8>) {
    leb128::write_u32(out, name.len() as u32);
    out.extend_from_slice(name.as_bytes());
}
