//! Makes the names of functions readable: Rust's mangled symbols become paths.
//!
//! They are what a stack trace shows, and they are shorter: a third of the name
//! section of the engine is hashes and mangling. The section's form is that of
//! the WebAssembly specification, appendix "Custom Sections".

use crate::{Error, features, leb128, sections};

/// The subsection that holds the names of functions.
const FUNCTION_NAMES: u8 = 1;

/// A module whose function names are demangled, without the hashes of legacy
/// symbols. All other bytes stay as they are, also a name section that cannot
/// be read, since it means nothing to whoever runs the module. Linear in the
/// size of the module.
///
/// # Errors
///
/// [`Error`] when `wasm` is not a valid module.
pub fn demangle(wasm: &[u8]) -> Result<Vec<u8>, Error> {
    features::validate(wasm)?;
    let mut out = wasm[..sections::PREAMBLE].to_vec();
    for section in sections::sections(wasm) {
        let readable = (section.id == sections::CUSTOM && section.name == "name")
            .then(|| subsections(&wasm[section.contents.clone()]))
            .flatten();
        match readable {
            Some(contents) => sections::write_custom(&mut out, section.name, &contents),
            None => out.extend_from_slice(&wasm[section.whole]),
        }
    }
    Ok(out)
}

/// The subsections of a name section, with other function names. `None` when
/// they cannot be read.
fn subsections(mut bytes: &[u8]) -> Option<Vec<u8>> {
    let mut out = vec![];
    while let Some((&id, rest)) = bytes.split_first() {
        let (payload, rest) = sized(rest)?;
        if id == FUNCTION_NAMES {
            sections::write(&mut out, id, &function_names(payload)?);
        } else {
            sections::write(&mut out, id, payload);
        }
        bytes = rest;
    }
    Some(out)
}

/// A name map: a count, then as many pairs of an index and a name.
fn function_names(bytes: &[u8]) -> Option<Vec<u8>> {
    let (count, mut bytes) = number(bytes)?;
    let mut out = vec![];
    leb128::write_u32(&mut out, count);
    for _ in 0..count {
        let (index, rest) = number(bytes)?;
        let (name, rest) = sized(rest)?;
        // The alternate form is the one without the hash.
        let name = format!(
            "{:#}",
            rustc_demangle::demangle(std::str::from_utf8(name).ok()?)
        );
        leb128::write_u32(&mut out, index);
        leb128::write_u32(&mut out, name.len() as u32);
        out.extend_from_slice(name.as_bytes());
        bytes = rest;
    }
    bytes.is_empty().then_some(out)
}

fn number(bytes: &[u8]) -> Option<(u32, &[u8])> {
    let (value, width) = leb128::read_u32(bytes)?;
    Some((value, &bytes[width..]))
}

/// Bytes behind their number, and what follows them.
fn sized(bytes: &[u8]) -> Option<(&[u8], &[u8])> {
    let (size, rest) = number(bytes)?;
    rest.split_at_checked(size as usize)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn module(names: &[&str]) -> Vec<u8> {
        let functions: String = names.iter().map(|n| format!("(func ${n:?})")).collect();
        wat::parse_str(format!("(module $kept {functions})")).unwrap()
    }

    fn names(wasm: &[u8]) -> Vec<String> {
        let mut list = vec![];
        for payload in wasmparser::Parser::new(0).parse_all(wasm) {
            let wasmparser::Payload::CustomSection(section) = payload.unwrap() else {
                continue;
            };
            let wasmparser::KnownCustom::Name(reader) = section.as_known() else {
                continue;
            };
            for name in reader {
                match name.unwrap() {
                    wasmparser::Name::Function(map) => {
                        list.extend(map.into_iter().map(|n| n.unwrap().name.to_string()));
                    }
                    wasmparser::Name::Module { name, .. } => list.push(format!("module {name}")),
                    _ => {}
                }
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
                "module kept",
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
