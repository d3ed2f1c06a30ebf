//! Bounds the tables of a module.

use crate::reader::{Reader, Result as ReadResult};
use crate::{Error, features, leb128, sections};

/// How many entries all tables of a module may have together: twice as many as
/// elements ([`start`](crate::start)). An entry takes 8 bytes of the host's memory, and
/// wazero has no limit of its own. Making, growing or filling so many at once, which
/// nothing can stop, takes 0.1 to 0.5 ms.
pub const MAX_ENTRIES: u32 = 1 << 17;

/// Section id of the table section.
const TABLES: u8 = 4;

/// Gives each table of a module a maximum, so that all of them together never
/// have more than [`MAX_ENTRIES`]: `table.grow` answers -1 beyond that. Nothing
/// moves within the code section. Linear in the size of the module.
///
/// # Errors
///
/// [`Error`] when `wasm` is not a valid module, or its tables start with more
/// entries than that.
pub fn bound(wasm: &[u8]) -> Result<Vec<u8>, Error> {
    features::validate(wasm)?;
    bound_validated(wasm)
}

/// Bounds the tables of a module that is known to be valid.
pub(crate) fn bound_validated(wasm: &[u8]) -> Result<Vec<u8>, Error> {
    let mut out = Vec::with_capacity(wasm.len() + 16);
    out.extend_from_slice(&wasm[..sections::PREAMBLE]);
    for section in sections::sections(wasm) {
        if section.id == TABLES {
            let start = section.contents.start;
            let tables = read(&wasm[section.contents], start)?;
            sections::write(&mut out, TABLES, &bounded(&tables)?);
        } else {
            out.extend_from_slice(&wasm[section.whole]);
        }
    }
    Ok(out)
}

/// A table type of WebAssembly 2.0.
struct Table {
    element: u8,
    least: u32,
    most: u32,
}

fn read(bytes: &[u8], offset: usize) -> ReadResult<Vec<Table>> {
    let mut tables = vec![];
    Reader::new(bytes, offset).each(|reader| {
        let element = reader.byte()?;
        let has_most = reader.byte()? == 1;
        tables.push(Table {
            element,
            least: reader.number()?,
            most: match has_most {
                true => reader.number()?,
                false => u32::MAX,
            },
        });
        Ok(())
    })?;
    Ok(tables)
}

/// The section with a maximum for each table: what it starts with, and an equal
/// part of what is free.
fn bounded(tables: &[Table]) -> Result<Vec<u8>, Error> {
    let used = tables
        .iter()
        .try_fold(0u32, |sum, table| sum.checked_add(table.least));
    let Some(free) = used.and_then(|used| MAX_ENTRIES.checked_sub(used)) else {
        return Err(Error::TooManyTableEntries { limit: MAX_ENTRIES });
    };
    let mut out = vec![];
    leb128::write_u32(&mut out, tables.len() as u32);
    for table in tables {
        let share = free / tables.len() as u32;
        out.extend_from_slice(&[table.element, 1]);
        leb128::write_u32(&mut out, table.least);
        leb128::write_u32(&mut out, table.most.min(table.least + share));
    }
    Ok(out)
}
