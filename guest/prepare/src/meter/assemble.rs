//! Puts the rewritten module together.
//!
//! Sections are copied, with function indices patched where they stand and
//! entries added at the end. Only these hold function indices: bodies,
//! initial values, element segments, exports, the start section and names.

use std::ops::Range;

use super::added::{Added, Indices, REFUEL_TYPE};
use super::analysis::Uses;
use super::layout::Layout;
use super::{FUEL, MODULE, Options, REFUEL, names};
use crate::code::Code;
use crate::names::SECTION as NAMES;
use crate::opcode::{END, I32, I64};
use crate::sections::{CODE, EXPORT, FUNCTION, GLOBAL, IMPORT, ORDER, START, TABLE, TYPE};
use crate::{Error, custom, leb128, sections};

/// The form of a function type.
const FUNCTION_TYPE: u8 = 0x60;
/// Kinds of imports and exports.
const KIND_FUNCTION: u8 = 0;
const KIND_GLOBAL: u8 = 3;
/// A global that can be set.
const MUTABLE: u8 = 1;

/// Puts a module together.
pub(super) struct Assembler<'a> {
    pub layout: &'a Layout<'a>,
    pub options: &'a Options,
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
        for reference in &self.layout.module.references {
            let change = &mut changes[usize::from(reference.section)];
            change.functions.push(reference.at);
        }
        self.add_entries(&mut changes);
        let mut out = Vec::with_capacity(self.layout.module.wasm.len() + self.bodies.len());
        out.extend_from_slice(&self.layout.module.wasm[..sections::PREAMBLE]);
        let (mut dropped, mut named) = (vec![], false);
        let mut due = ORDER.into_iter().peekable();
        for section in sections::sections(self.layout.module.wasm) {
            if section.id == sections::CUSTOM && self.options.names_only {
                continue;
            }
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
            if let (TABLE, Some(tables)) = (section.id, &self.options.tables) {
                sections::write(&mut out, TABLE, tables);
                continue;
            }
            let change = &changes[usize::from(section.id)];
            if change.count == 0 && change.functions.is_empty() {
                out.extend_from_slice(&self.layout.module.wasm[section.whole]);
            } else {
                self.write_changed(section.id, section.contents, change, &mut out)?;
            }
        }
        for id in due {
            self.write_missing(id, &changes, &mut out)?;
        }
        if !named {
            let reduced = match self.options.names_only {
                true => custom::function_names(self.layout.module),
                false => None,
            };
            let old = reduced.unwrap_or_default();
            if let Some(contents) = names::renumber(&old, self.indices, self.added) {
                sections::write_custom(&mut out, NAMES, &contents);
            }
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
        if custom::holds_code_offsets(section.name) {
            dropped.push(section.name.to_owned());
        } else if section.name == NAMES {
            let old = &self.layout.module.wasm[section.contents.clone()];
            match names::renumber(old, self.indices, self.added) {
                Some(contents) => {
                    sections::write_custom(out, section.name, &contents);
                    return true;
                }
                None => dropped.push(section.name.to_owned()),
            }
        } else {
            out.extend_from_slice(&self.layout.module.wasm[section.whole.clone()]);
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
        let (count, width) =
            leb128::read_u32(&self.layout.module.wasm[old.clone()]).unwrap_or_default();
        let mut payload = vec![];
        leb128::write_u32(&mut payload, count + change.count);
        if id == CODE {
            payload.extend_from_slice(&self.bodies);
        } else {
            self.write_patched(old.start + width..old.end, change, &mut payload);
        }
        payload.extend_from_slice(&change.entries);
        sections::check_size(payload.len())?;
        sections::write(out, id, &payload);
        Ok(())
    }

    /// Copies bytes, with new function indices in the place of the old ones.
    fn write_patched(&self, old: Range<usize>, change: &Change, payload: &mut Vec<u8>) {
        let mut at = old.start;
        for &place in &change.functions {
            payload.extend_from_slice(&self.layout.module.wasm[at..place]);
            let (function, width) =
                leb128::read_u32(&self.layout.module.wasm[place..]).unwrap_or_default();
            leb128::write_u32(payload, self.indices.function(function));
            at = place + width;
        }
        payload.extend_from_slice(&self.layout.module.wasm[at..old.end]);
    }

    fn add_entries(&self, changes: &mut [Change]) {
        let mut add = |id: u8, entry: &dyn Fn(&mut Vec<u8>)| changes[usize::from(id)].add(entry);
        let (types, indices) = (self.layout.types(), self.indices);
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
            add(CODE, &|out| {
                leb128::write_u32(out, function.body.len() as u32);
                out.extend_from_slice(&function.body);
            });
        }
        add(GLOBAL, &|out| {
            let mut code = Code::default();
            // No fuel: so the first charge asks for some.
            code.bytes(&[I64, MUTABLE]).i64(0).raw(&[END]);
            out.extend_from_slice(&code.0);
        });
        if self.uses.depth {
            add(GLOBAL, &|out| {
                let mut code = Code::default();
                code.bytes(&[I32, MUTABLE]).i32(0).raw(&[END]);
                out.extend_from_slice(&code.0);
            });
        }
        add(EXPORT, &|out| {
            write_name(FUEL, out);
            out.push(KIND_GLOBAL);
            leb128::write_u32(out, indices.fuel);
        });
    }
}

fn write_name(name: &str, out: &mut Vec<u8>) {
    leb128::write_u32(out, name.len() as u32);
    out.extend_from_slice(name.as_bytes());
}
