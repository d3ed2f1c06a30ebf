//! Keeps only what the host reads of custom sections: the names of functions.
//!
//! Validation does not cover custom sections, but wazero (v1.12.0) reads them: it
//! allocates as many names as a section of twenty bytes claims to have, which may
//! be four billion, and rejects a module for a name that is not UTF-8. So the
//! name section is written anew from the valid part of it, and all other
//! custom sections are dropped.

use crate::module::Module;
use crate::{Error, features, names, sections};

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
    let module = Module::read(wasm)?;
    let mut out = Vec::with_capacity(wasm.len());
    out.extend_from_slice(&wasm[..sections::PREAMBLE]);
    for section in sections::sections(wasm) {
        if section.id != sections::CUSTOM {
            out.extend_from_slice(&wasm[section.whole]);
        }
    }
    if let Some(names) = function_names(&module) {
        sections::write_custom(&mut out, names::SECTION, &names);
    }
    Ok(out)
}

/// The contents of a name section with nothing but the names of functions. `None` when
/// the module has none, or anything in its name section is not as it must be.
pub(crate) fn function_names(module: &Module<'_>) -> Option<Vec<u8>> {
    let sections = sections::sections(module.wasm);
    let mut custom = sections
        .iter()
        .filter(|section| section.id == sections::CUSTOM);
    let section = custom.find(|section| section.name == names::SECTION)?;
    let mut subsections = names::subsections(&module.wasm[section.contents.clone()])?.into_iter();
    let (_, payload) = subsections.find(|&(id, _)| id == names::FUNCTIONS)?;
    let mut map = names::read_map(payload)?;
    let mut least = 0;
    for (function, name) in &mut map {
        if *function < least || *function as usize >= module.functions.len() {
            return None;
        }
        least = *function + 1;
        let text = std::str::from_utf8(name).ok()?;
        let end = text.floor_char_boundary(MAX_NAME);
        *name = name[..end].to_vec().into();
    }
    (!map.is_empty()).then(|| names::functions(&map))
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
        let map = list.iter();
        let map = map.map(|&(index, name)| (index, name.as_bytes().into()));
        crate::names::functions(&map.collect::<Vec<_>>())
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
