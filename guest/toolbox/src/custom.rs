//! Leaves of the custom sections what the host reads: the names of functions.
//!
//! Validation does not look into custom sections, and wazero (v1.12.0) does: it
//! allocates as many names as a section of twenty bytes says it has, which may
//! be four billion, and refuses a module for a name that is not UTF-8. So the
//! name section is written anew from what could be read of it, and all other
//! custom sections are left out.

use crate::{Error, features, leb128, sections};

/// Section ids of imports and functions.
const IMPORTS: u8 = 2;
const FUNCTIONS: u8 = 3;
/// The subsection that holds the names of functions.
const FUNCTION_NAMES: u8 = 1;
/// The longest name that is kept, in bytes; the rest of a longer one is cut off.
/// Stack traces have some thirty of them.
pub const MAX_NAME: usize = 1024;

/// The module with no custom section but one with the names of its functions,
/// where it has a sound one: names in UTF-8, by rising indices of functions that
/// there are. Linear in the size of the module.
///
/// # Errors
///
/// [`Error`] when `wasm` is not a valid module.
pub fn reduce(wasm: &[u8]) -> Result<Vec<u8>, Error> {
    features::validate(wasm)?;
    Ok(reduce_validated(wasm))
}

/// [`reduce`] for a module that is known to be valid.
pub(crate) fn reduce_validated(wasm: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(wasm.len());
    out.extend_from_slice(&wasm[..sections::PREAMBLE]);
    let mut functions: u32 = 0;
    let mut names = None;
    for section in sections::sections(wasm) {
        if section.id == sections::CUSTOM {
            if section.name == "name" && names.is_none() {
                names = Some(section.contents);
            }
            continue;
        }
        if section.id == IMPORTS || section.id == FUNCTIONS {
            // Of the imports some may be no functions: an upper bound will do.
            let count = Bytes(&wasm[section.contents.clone()]).number();
            functions = functions.saturating_add(count.unwrap_or(0));
        }
        out.extend_from_slice(&wasm[section.whole]);
    }
    if let Some(names) = names.and_then(|names| function_names(&wasm[names], functions)) {
        sections::write_custom(&mut out, "name", &names);
    }
    out
}

/// A name section of nothing but the names of functions. `None` when there are
/// none, or anything in the section is not as it must be.
fn function_names(contents: &[u8], functions: u32) -> Option<Vec<u8>> {
    let mut bytes = Bytes(contents);
    let mut names = None;
    while !bytes.0.is_empty() {
        let (id, payload) = (bytes.byte()?, bytes.sized()?);
        if id == FUNCTION_NAMES && names.is_none() {
            names = Some(name_map(payload, functions)?);
        }
    }
    let mut out = vec![];
    sections::write(&mut out, FUNCTION_NAMES, &names?);
    Some(out)
}

/// A name map: a count, then as many pairs of an index and a name.
fn name_map(bytes: &[u8], functions: u32) -> Option<Vec<u8>> {
    let mut bytes = Bytes(bytes);
    let count = bytes.number()?;
    if count == 0 || count > functions {
        return None;
    }
    let mut out = vec![];
    leb128::write_u32(&mut out, count);
    let mut least = 0;
    for _ in 0..count {
        let function = bytes.number()?;
        if function < least || function >= functions {
            return None;
        }
        least = function + 1;
        let name = std::str::from_utf8(bytes.sized()?).ok()?;
        let name = &name[..name.floor_char_boundary(MAX_NAME)];
        leb128::write_u32(&mut out, function);
        leb128::write_u32(&mut out, name.len() as u32);
        out.extend_from_slice(name.as_bytes());
    }
    bytes.0.is_empty().then_some(out)
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

    /// Bytes behind their number.
    fn sized(&mut self) -> Option<&'a [u8]> {
        let size = self.number()?;
        let (bytes, rest) = self.0.split_at_checked(size as usize)?;
        self.0 = rest;
        Some(bytes)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Three functions, one of them imported.
    const MODULE: &str =
        r#"(module (import "m" "f" (func $zero)) (func $one) (func $two (local $x i32)))"#;

    fn module() -> Vec<u8> {
        wat::parse_str(MODULE).unwrap()
    }

    /// The module with these custom sections and no others.
    fn with(customs: &[(&str, &[u8])]) -> Vec<u8> {
        let mut wasm = crate::strip::strip(&module(), |_| true).unwrap();
        for (name, contents) in customs {
            sections::write_custom(&mut wasm, name, contents);
        }
        wasm
    }

    /// A subsection of function names.
    fn names(list: &[(u32, &str)]) -> Vec<u8> {
        let mut map = vec![];
        leb128::write_u32(&mut map, list.len() as u32);
        for (index, name) in list {
            leb128::write_u32(&mut map, *index);
            leb128::write_u32(&mut map, name.len() as u32);
            map.extend_from_slice(name.as_bytes());
        }
        let mut out = vec![];
        sections::write(&mut out, FUNCTION_NAMES, &map);
        out
    }

    #[test]
    fn names_of_functions_stay_and_all_else_goes() {
        let kept = names(&[(0, "zero"), (1, "one"), (2, "two")]);
        assert_eq!(reduce(&module()).unwrap(), with(&[("name", &kept)]));
        let mut more = b"\x00\x02\x01m".to_vec();
        more.extend_from_slice(&kept);
        more.extend_from_slice(b"\x07\x01x");
        let wasm = with(&[("a", b"1"), ("name", &more), ("name", &kept), ("b", b"")]);
        assert_eq!(reduce(&wasm).unwrap(), with(&[("name", &kept)]));
        assert_eq!(reduce(&with(&[])).unwrap(), with(&[]));
    }

    #[test]
    fn names_that_are_not_sound_go() {
        let claim = b"\x01\x05\xff\xff\xff\xff\x0f".to_vec();
        let inside_a_module_name = [&b"\x00\x09\x01m"[..], &claim].concat();
        for bad in [
            claim,
            inside_a_module_name,
            b"\x01\x64\x00".to_vec(),
            b"\x01\x04\x01\x00\x01\xff".to_vec(),
            names(&[]),
            names(&[(3, "far")]),
            names(&[(u32::MAX, "far")]),
            names(&[(1, "one"), (1, "again")]),
            names(&[(1, "one"), (0, "zero")]),
            [&names(&[(1, "one")])[..], &[1]].concat(),
        ] {
            assert_eq!(
                reduce(&with(&[("name", &bad)])).unwrap(),
                with(&[]),
                "{bad:x?}"
            );
        }
    }

    #[test]
    fn long_names_are_cut_between_characters() {
        let long = "n".repeat(MAX_NAME - 1) + "é and more";
        let wasm = reduce(&with(&[("name", &names(&[(1, &long)]))])).unwrap();
        let cut = names(&[(1, &long[..MAX_NAME - 1])]);
        assert_eq!(wasm, with(&[("name", &cut)]));
    }

    #[test]
    fn reducing_twice_is_the_same_as_once() {
        let once = reduce(&module()).unwrap();
        assert_eq!(reduce(&once).unwrap(), once);
    }

    #[test]
    fn bytes_that_are_no_module_are_refused() {
        assert!(reduce(b"\0asm").is_err());
    }
}
