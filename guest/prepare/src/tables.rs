//! Bounds the tables of a module.

use wasmparser::RefType;

use crate::module::Module;
use crate::sections::{self, Change};
use crate::{Error, features, leb128};

/// How many entries all tables of a module may have together: twice as many as
/// elements ([`start`](crate::start)). An entry takes 8 bytes of the host's memory, and
/// wazero has no limit of its own. Making, growing or filling so many at once, which
/// nothing can stop, takes 0.1 to 0.5 ms.
pub const MAX_ENTRIES: u32 = 1 << 17;

/// Types of elements.
pub(crate) const FUNCREF: u8 = 0x70;
pub(crate) const EXTERNREF: u8 = 0x6f;

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
    let tables = bounded(&Module::read(wasm)?)?;
    Ok(sections::rewrite(wasm, |section| match section.id {
        sections::TABLE => Change::Write(tables.clone()),
        _ => Change::Keep,
    }))
}

/// The contents of a table section with a maximum for each table of a valid module: what
/// it starts with, and an equal part of what is free.
pub(crate) fn bounded(module: &Module<'_>) -> Result<Vec<u8>, Error> {
    // Tables of WebAssembly 2.0 have sizes of 32 bits, and no import is ever granted.
    let tables = &module.tables[module.tables.len() - module.own_tables as usize..];
    let used: u64 = tables.iter().map(|table| table.initial).sum();
    let Some(free) = u64::from(MAX_ENTRIES).checked_sub(used) else {
        return Err(Error::Limit {
            name: "table entries",
            max: MAX_ENTRIES.into(),
            message: format!("its tables start with more than {MAX_ENTRIES} entries"),
        });
    };
    let mut out = vec![];
    leb128::write_u32(&mut out, tables.len() as u32);
    for table in tables {
        let element = if table.element_type == RefType::FUNCREF {
            FUNCREF
        } else {
            EXTERNREF
        };
        let most = table.initial + free / tables.len() as u64;
        let most = table.maximum.map_or(most, |maximum| maximum.min(most));
        out.extend_from_slice(&[element, 1]);
        leb128::write_u32(&mut out, table.initial as u32);
        leb128::write_u32(&mut out, most as u32);
    }
    Ok(out)
}
