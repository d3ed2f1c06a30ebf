//! Renumbers the functions of a name section (WebAssembly 2.0, appendix
//! "Custom Sections", and the proposal of extended names).

use super::added::{Added, Indices};
use super::{MODULE, REFUEL};
use crate::{leb128, sections};

const FUNCTION_NAMES: u8 = 1;
const LOCAL_NAMES: u8 = 2;
/// Names of labels, for each function. Labels are added, so these go.
const LABEL_NAMES: u8 = 3;

/// The contents of a name section after metering: the functions that were added
/// always have names, by which a host knows them in a stack trace. `None` when
/// the old contents cannot be read, and so would be wrong afterwards.
pub(super) fn renumber(old: &[u8], indices: &Indices, added: &[Added]) -> Option<Vec<u8>> {
    let mut bytes = Bytes(old);
    let mut out = vec![];
    let mut named = false;
    while let Some(id) = bytes.byte() {
        let size = bytes.number()?;
        let payload = bytes.take(size)?;
        if !named && id > FUNCTION_NAMES {
            named = true;
            sections::write(&mut out, FUNCTION_NAMES, &functions(&[0], indices, added)?);
        }
        match id {
            FUNCTION_NAMES => {
                named = true;
                sections::write(&mut out, id, &functions(payload, indices, added)?);
            }
            LOCAL_NAMES => sections::write(&mut out, id, &locals(payload, indices)?),
            LABEL_NAMES => {}
            _ => sections::write(&mut out, id, payload),
        }
    }
    if !named {
        sections::write(&mut out, FUNCTION_NAMES, &functions(&[0], indices, added)?);
    }
    Some(out)
}

/// A name map: a count, then as many pairs of an index and a name, in the order
/// of the indices.
fn functions(old: &[u8], indices: &Indices, added: &[Added]) -> Option<Vec<u8>> {
    let mut bytes = Bytes(old);
    let count = bytes.number()?;
    let mut out = vec![];
    leb128::write_u32(&mut out, count.checked_add(1 + added.len() as u32)?);
    let mut refuel = Some(indices.refuel);
    for _ in 0..count {
        let function = bytes.number()?;
        if function >= indices.imported
            && let Some(index) = refuel.take()
        {
            write(index, REFUEL, &mut out);
        }
        leb128::write_u32(&mut out, indices.function(function));
        let length = bytes.number()?;
        leb128::write_u32(&mut out, length);
        out.extend_from_slice(bytes.take(length)?);
    }
    if let Some(index) = refuel {
        write(index, REFUEL, &mut out);
    }
    for function in added {
        write(function.index, function.name, &mut out);
    }
    bytes.0.is_empty().then_some(out)
}

/// For each function, its index and a name map of its locals, which stay.
fn locals(old: &[u8], indices: &Indices) -> Option<Vec<u8>> {
    let mut bytes = Bytes(old);
    let count = bytes.number()?;
    let mut out = vec![];
    leb128::write_u32(&mut out, count);
    for _ in 0..count {
        let function = bytes.number()?;
        leb128::write_u32(&mut out, indices.function(function));
        let start = bytes.0;
        for _ in 0..bytes.number()? {
            bytes.number()?;
            let length = bytes.number()?;
            bytes.take(length)?;
        }
        out.extend_from_slice(&start[..start.len() - bytes.0.len()]);
    }
    bytes.0.is_empty().then_some(out)
}

/// Appends an index and a name in the reserved space.
fn write(index: u32, name: &str, out: &mut Vec<u8>) {
    leb128::write_u32(out, index);
    leb128::write_u32(out, (MODULE.len() + 1 + name.len()) as u32);
    out.extend_from_slice(MODULE.as_bytes());
    out.push(b'.');
    out.extend_from_slice(name.as_bytes());
}

/// What is left to read.
struct Bytes<'a>(&'a [u8]);

impl<'a> Bytes<'a> {
    fn byte(&mut self) -> Option<u8> {
        let (&byte, rest) = self.0.split_first()?;
        self.0 = rest;
        Some(byte)
    }

    fn number(&mut self) -> Option<u32> {
        let (value, width) = leb128::read_u32(self.0)?;
        self.0 = &self.0[width..];
        Some(value)
    }

    fn take(&mut self, size: u32) -> Option<&'a [u8]> {
        let (bytes, rest) = self.0.split_at_checked(size as usize)?;
        self.0 = rest;
        Some(bytes)
    }
}
