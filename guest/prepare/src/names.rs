//! The name section (WebAssembly 2.0, appendix "Custom Sections", and the proposal of
//! extended names).

use std::borrow::Cow;

use crate::reader::Reader;
#[cfg(feature = "names")]
use crate::{Error, features, sections::Change};
use crate::{leb128, sections};

/// The name of the section.
pub(crate) const SECTION: &str = "name";
/// Ids of its subsections.
pub(crate) const FUNCTIONS: u8 = 1;
pub(crate) const LOCALS: u8 = 2;
pub(crate) const LABELS: u8 = 3;

/// Pairs of an index and a name.
pub(crate) type Map<'a> = Vec<(u32, Cow<'a, [u8]>)>;

/// The subsections by their ids. `None` when they cannot be read.
pub(crate) fn subsections(contents: &[u8]) -> Option<Vec<(u8, &[u8])>> {
    let mut reader = Reader::new(contents, 0);
    let mut list = vec![];
    while !reader.is_at_end() {
        list.push((reader.byte().ok()?, reader.sized().ok()?.rest()));
    }
    Some(list)
}

/// Reads a name map, as that of the functions is one.
pub(crate) fn read_map(bytes: &[u8]) -> Option<Map<'_>> {
    let mut reader = Reader::new(bytes, 0);
    let map = map(&mut reader)?;
    reader.is_at_end().then_some(map)
}

fn map<'a>(reader: &mut Reader<'a>) -> Option<Map<'a>> {
    let mut map = vec![];
    let read = reader.each(|reader| {
        map.push((reader.number()?, Cow::Borrowed(reader.sized()?.rest())));
        Ok(())
    });
    read.ok().map(|()| map)
}

/// Reads a map from functions to name maps, as that of locals is one.
pub(crate) fn read_maps(bytes: &[u8]) -> Option<Vec<(u32, Map<'_>)>> {
    let mut reader = Reader::new(bytes, 0);
    let mut maps = vec![];
    let read = reader.each(|reader| {
        let function = reader.number()?;
        match map(reader) {
            Some(map) => maps.push((function, map)),
            None => return reader.fail("expected a name map"),
        }
        Ok(())
    });
    (read.is_ok() && reader.is_at_end()).then_some(maps)
}

/// Appends a name map.
pub(crate) fn write_map(map: &[(u32, Cow<'_, [u8]>)], out: &mut Vec<u8>) {
    leb128::write_u32(out, map.len() as u32);
    for (index, name) in map {
        leb128::write_u32(out, *index);
        leb128::write_u32(out, name.len() as u32);
        out.extend_from_slice(name);
    }
}

/// A subsection of function names.
pub(crate) fn functions(map: &[(u32, Cow<'_, [u8]>)]) -> Vec<u8> {
    let (mut payload, mut out) = (vec![], vec![]);
    write_map(map, &mut payload);
    sections::write(&mut out, FUNCTIONS, &payload);
    out
}

/// A module whose function names are demangled, Rust's symbols as paths, without the
/// hashes of legacy symbols: they are what a stack trace shows, and a third of the name
/// section of the engine is hashes and mangling. All other bytes stay as they are, also
/// a name section that cannot be read, since it means nothing to whoever runs the
/// module. Linear in the size of the module.
///
/// # Errors
///
/// [`Error`] when `wasm` is not a valid module.
#[cfg(feature = "names")]
pub fn demangle(wasm: &[u8]) -> Result<Vec<u8>, Error> {
    features::validate(wasm)?;
    Ok(sections::rewrite(wasm, |section| {
        match section.name == SECTION {
            true => demangled(&wasm[section.contents.clone()]),
            false => None,
        }
        .map_or(Change::Keep, Change::Write)
    }))
}

#[cfg(feature = "names")]
fn demangled(contents: &[u8]) -> Option<Vec<u8>> {
    let mut out = vec![];
    for (id, payload) in subsections(contents)? {
        if id != FUNCTIONS {
            sections::write(&mut out, id, payload);
            continue;
        }
        let mut map = read_map(payload)?;
        for (_, name) in &mut map {
            let mangled = std::str::from_utf8(name).ok()?;
            // The alternate form is the one without the hash.
            let text = format!("{:#}", rustc_demangle::demangle(mangled));
            *name = Cow::Owned(text.into_bytes());
        }
        out.extend_from_slice(&functions(&map));
    }
    Some(out)
}

#[cfg(all(test, feature = "names"))]
mod tests {
    use super::*;

    fn module(names: &[&str]) -> Vec<u8> {
        let functions: String = names.iter().map(|n| format!("(func ${n:?})")).collect();
        wat::parse_str(format!("(module $kept {functions})")).unwrap()
    }

    /// The module's name and those of its functions.
    fn names(wasm: &[u8]) -> Vec<String> {
        let sections = sections::sections(wasm);
        let section = sections.iter().find(|section| section.name == SECTION);
        let contents = &wasm[section.unwrap().contents.clone()];
        let text = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).unwrap();
        let mut list = vec![];
        for (id, payload) in subsections(contents).unwrap() {
            match id {
                FUNCTIONS => {
                    let map = read_map(payload).unwrap();
                    list.extend(map.iter().map(|(_, name)| text(name)));
                }
                _ => list.push(text(Reader::new(payload, 0).sized().unwrap().rest())),
            }
        }
        list
    }

    #[test]
    fn mangled_names_become_paths_and_others_stay() {
        let wasm = module(&[
            "_ZN16compute_pipeline5batch13process_batch17hefce307408e4cda7E",
            "_RNvNtCsgXGp5Oqx2Ny_4core9panicking5panic",
            "cabi_realloc",
        ]);
        let out = demangle(&wasm).unwrap();
        assert_eq!(
            names(&out),
            [
                "kept",
                "compute_pipeline::batch::process_batch",
                "core::panicking::panic",
                "cabi_realloc"
            ]
        );
        assert_eq!(
            demangle(&out).unwrap(),
            out,
            "a second time changes nothing"
        );
    }

    #[test]
    fn a_name_section_that_cannot_be_read_is_copied() {
        let mut wasm = module(&["_ZN1a1bE"]);
        // One function more than there is.
        let at = wasm.windows(8).position(|w| w == b"_ZN1a1bE").unwrap() - 3;
        assert_eq!(wasm[at], 1, "the count");
        wasm[at] = 2;
        assert_eq!(demangle(&wasm).unwrap(), wasm);
    }

    #[test]
    fn what_is_no_module_is_refused() {
        assert!(demangle(b"\0asm\x01\0\0\0\x01").is_err());
    }
}
