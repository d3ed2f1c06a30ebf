//! A module as a list of sections, byte ranges of the whole.

use std::ops::Range;

use crate::{Error, leb128};

/// Length of the magic number and version before the first section.
pub(crate) const PREAMBLE: usize = 8;
// Section ids (WebAssembly 2.0, section 5.5.2).
pub(crate) const CUSTOM: u8 = 0;
pub(crate) const TYPE: u8 = 1;
pub(crate) const IMPORT: u8 = 2;
pub(crate) const FUNCTION: u8 = 3;
pub(crate) const TABLE: u8 = 4;
pub(crate) const MEMORY: u8 = 5;
pub(crate) const GLOBAL: u8 = 6;
pub(crate) const EXPORT: u8 = 7;
pub(crate) const START: u8 = 8;
pub(crate) const ELEMENT: u8 = 9;
pub(crate) const CODE: u8 = 10;
pub(crate) const DATA: u8 = 11;
pub(crate) const DATA_COUNT: u8 = 12;

/// All sections but custom ones, in the order in which they stand in a module.
pub(crate) const ORDER: [u8; 12] = [
    TYPE, IMPORT, FUNCTION, TABLE, MEMORY, GLOBAL, EXPORT, START, ELEMENT, DATA_COUNT, CODE, DATA,
];

/// One section of a module.
pub(crate) struct Section<'a> {
    pub id: u8,
    /// Header and payload.
    pub whole: Range<usize>,
    /// The name of a custom section, empty for all others.
    pub name: &'a str,
    /// The payload; of a custom section, what follows the name.
    pub contents: Range<usize>,
    /// Size of the header: the id and the size of the payload.
    header: usize,
}

impl Section<'_> {
    /// The payload; of a custom section, with its name.
    pub fn payload(&self) -> Range<usize> {
        self.whole.start + self.header..self.whole.end
    }
}

/// Splits a module that is known to be valid. What is not a section (there is
/// nothing such in a valid module) ends the list.
pub(crate) fn sections(wasm: &[u8]) -> Vec<Section<'_>> {
    let mut list = vec![];
    let mut at = PREAMBLE;
    while let Some(section) = section(wasm, at) {
        at = section.whole.end;
        list.push(section);
    }
    list
}

fn section(wasm: &[u8], start: usize) -> Option<Section<'_>> {
    let (&id, rest) = wasm.get(start..)?.split_first()?;
    let (size, width) = leb128::read_u32(rest)?;
    let payload_start = start + 1 + width;
    let payload = payload_start..payload_start.checked_add(size as usize)?;
    let bytes = wasm.get(payload.clone())?;
    let (name, before) = if id == CUSTOM {
        let (length, before) = leb128::read_u32(bytes)?;
        let name = bytes.get(before..)?.get(..length as usize)?;
        (std::str::from_utf8(name).ok()?, before + name.len())
    } else {
        ("", 0)
    };
    Some(Section {
        id,
        whole: start..payload.end,
        name,
        contents: payload.start + before..payload.end,
        header: 1 + width,
    })
}

/// What becomes of a section.
pub(crate) enum Change {
    Keep,
    Drop,
    /// It gets other contents.
    Write(Vec<u8>),
}

/// A module that is known to be valid, with the changes that `change` asks for.
pub(crate) fn rewrite(wasm: &[u8], mut change: impl FnMut(&Section<'_>) -> Change) -> Vec<u8> {
    let mut out = Vec::with_capacity(wasm.len());
    out.extend_from_slice(&wasm[..PREAMBLE]);
    for section in sections(wasm) {
        match change(&section) {
            Change::Keep => out.extend_from_slice(&wasm[section.whole]),
            Change::Drop => {}
            Change::Write(contents) => match section.id {
                CUSTOM => write_custom(&mut out, section.name, &contents),
                id => write(&mut out, id, &contents),
            },
        }
    }
    out
}

/// Refuses a code section of so many bytes, if the format cannot say its size.
pub(crate) fn check_size(size: usize) -> Result<(), Error> {
    u32::try_from(size).map(drop).map_err(|_| Error::Limit {
        name: "module size",
        max: u32::MAX.into(),
        message: format!(
            "the code section would be {size} bytes long after rewriting; at most {} are allowed",
            u32::MAX
        ),
    })
}

/// Appends a section with the given payload.
pub(crate) fn write(out: &mut Vec<u8>, id: u8, payload: &[u8]) {
    out.push(id);
    // Callers have checked that the payload fits.
    leb128::write_u32(out, payload.len() as u32);
    out.extend_from_slice(payload);
}

/// Appends a custom section.
pub(crate) fn write_custom(out: &mut Vec<u8>, name: &str, contents: &[u8]) {
    let mut payload = vec![];
    leb128::write_u32(&mut payload, name.len() as u32);
    payload.extend_from_slice(name.as_bytes());
    payload.extend_from_slice(contents);
    write(out, CUSTOM, &payload);
}
