//! Writes the merged module.

use super::added::Added;
use super::body::Bodies;
use super::exports::Export;
use super::layout::Layout;
use super::part::{reference_type, value_type};
use crate::component::CORE_FUNCTION;
use crate::names::SECTION as NAMES;
use crate::sections::{
    self, CODE, DATA, DATA_COUNT, ELEMENT, EXPORT, FUNCTION, GLOBAL, IMPORT, MEMORY, START, TABLE,
    TYPE,
};
use crate::{Error, leb128};

/// The magic number and version of a core module.
const PREAMBLE: [u8; sections::PREAMBLE] = *b"\0asm\x01\0\0\0";
/// The form of a function type.
const FUNCTION_TYPE: u8 = 0x60;
/// How many bytes there are for the size of a section before it is known.
const SIZE: usize = 5;

impl Layout<'_, '_> {
    /// The merged module, with these functions of the merger, the last of which starts it
    /// if any instance starts with a function. `capacity` is about how many bytes come out.
    pub fn write(
        &self,
        exports: &[Export],
        added: &[Added],
        capacity: usize,
    ) -> Result<Vec<u8>, Error> {
        let Bodies { code, referenced } = self.bodies(capacity / 2)?;
        let own = (self.functions.len() + added.len()) as u32;
        let mut merged = Vec::with_capacity(capacity);
        let out = &mut merged;
        out.extend_from_slice(&PREAMBLE);
        let at = open(out, TYPE);
        self.write_types(out);
        close(out, at)?;
        let at = open(out, IMPORT);
        self.write_imports(out);
        close(out, at)?;
        let at = open(out, FUNCTION);
        leb128::write_u32(out, own);
        let kinds = added.iter().map(|added| added.kind);
        for kind in self.functions.iter().copied().chain(kinds) {
            leb128::write_u32(out, kind);
        }
        close(out, at)?;
        let at = open(out, TABLE);
        self.write_tables(out);
        close(out, at)?;
        let at = open(out, MEMORY);
        leb128::write_u32(out, self.memory.iter().len() as u32);
        if let Some((memory, _)) = &self.memory {
            write_limits(out, memory.initial, memory.maximum);
        }
        close(out, at)?;
        let at = open(out, GLOBAL);
        self.write_globals(out);
        close(out, at)?;
        let at = open(out, EXPORT);
        leb128::write_u32(out, exports.len() as u32);
        for Export { name, sort, index } in exports {
            write_name(out, name);
            out.push(*sort);
            leb128::write_u32(out, *index);
        }
        close(out, at)?;
        if self.starts.is_some() {
            let at = open(out, START);
            leb128::write_u32(out, self.imports.len() as u32 + own - 1);
            close(out, at)?;
        }
        let at = open(out, ELEMENT);
        self.write_elements(&referenced, out)?;
        close(out, at)?;
        let at = open(out, DATA_COUNT);
        leb128::write_u32(out, self.data);
        close(out, at)?;
        let at = open(out, CODE);
        leb128::write_u32(out, own);
        out.extend_from_slice(&code);
        drop(code);
        for Added { body, .. } in added {
            leb128::write_u32(out, body.len() as u32);
            out.extend_from_slice(body);
        }
        close(out, at)?;
        let at = open(out, DATA);
        self.write_data(out)?;
        close(out, at)?;
        if let Some(names) = self.names() {
            sections::write_custom(out, NAMES, &names);
        }
        Ok(merged)
    }

    fn write_types(&self, out: &mut Vec<u8>) {
        leb128::write_u32(out, self.types.list.len() as u32);
        for kind in &self.types.list {
            out.push(FUNCTION_TYPE);
            for values in [kind.params(), kind.results()] {
                leb128::write_u32(out, values.len() as u32);
                let bytes = values.iter().map(|&value| value_type(value));
                out.extend(bytes.map(Option::unwrap_or_default));
            }
        }
    }

    fn write_imports(&self, out: &mut Vec<u8>) {
        leb128::write_u32(out, self.imports.len() as u32);
        for import in &self.imports {
            write_name(out, &import.module);
            write_name(out, &import.name);
            out.push(CORE_FUNCTION);
            leb128::write_u32(out, import.kind);
        }
    }

    fn write_tables(&self, out: &mut Vec<u8>) {
        leb128::write_u32(out, self.tables.len() as u32);
        for table in &self.tables {
            out.push(reference_type(table.element_type).unwrap_or_default());
            write_limits(out, table.initial, table.maximum);
        }
    }
}

/// Begins a section. The answer is where its contents begin.
fn open(out: &mut Vec<u8>, id: u8) -> usize {
    out.push(id);
    out.extend_from_slice(&[0; SIZE]);
    out.len()
}

/// Writes the size of the section whose contents begin at `start`, with as many bytes as
/// there are for it.
fn close(out: &mut [u8], start: usize) -> Result<(), Error> {
    let size = out.len() - start;
    sections::check_size(size)?;
    for (i, byte) in out[start - SIZE..start].iter_mut().enumerate() {
        let more = if i < SIZE - 1 { 0x80 } else { 0 };
        *byte = (size >> (7 * i)) as u8 & 0x7f | more;
    }
    Ok(())
}

/// Appends the limits of a table or memory. Those of WebAssembly 2.0 have 32 bits.
fn write_limits(out: &mut Vec<u8>, initial: u64, maximum: Option<u64>) {
    out.push(maximum.is_some().into());
    leb128::write_u32(out, initial as u32);
    if let Some(maximum) = maximum {
        leb128::write_u32(out, maximum as u32);
    }
}

fn write_name(out: &mut Vec<u8>, name: &str) {
    leb128::write_u32(out, name.len() as u32);
    out.extend_from_slice(name.as_bytes());
}
