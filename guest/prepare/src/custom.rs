//! Keeps only what the host reads of custom sections: the names of functions.
//!
//! Validation does not cover custom sections, but wazero (v1.12.0) reads them: it
//! allocates as many names as a section of twenty bytes claims to have, which may
//! be four billion, and rejects a module for a name that is not UTF-8. So the
//! name section is written anew from the valid part of it, and all other
//! custom sections are dropped.

use crate::module::Module;
use crate::{names, sections};

/// The longest name that is kept, in bytes; the rest of a longer one is cut off.
/// Stack traces have some thirty of them.
pub const MAX_NAME: usize = 1024;

/// The contents of a name section with nothing but the names of functions. `None` when
/// the module has none, or anything in its name section is not as it must be.
pub(crate) fn function_names(module: &Module<'_>) -> Option<Vec<u8>> {
    let map = names_of_functions(module)?;
    (!map.is_empty()).then(|| names::functions(&map))
}

/// The longest name in a message, in characters.
const MAX_SHOWN: usize = 256;

/// The name of a function, as a part of a message: cut, and without control characters.
/// `None` when the module gives it none. Linear in the size of the name section.
pub(crate) fn shown_name(module: &Module<'_>, function: u32) -> Option<String> {
    let map = names_of_functions(module)?;
    let at = map.binary_search_by_key(&function, |&(index, _)| index);
    let name = std::str::from_utf8(&map[at.ok()?].1).ok()?;
    let cut = name.chars().count() > MAX_SHOWN;
    let shown: String = name.chars().take(MAX_SHOWN).collect();
    let dots = if cut { "…" } else { "" };
    Some(format!("{}{dots}", shown.escape_debug()))
}

/// The names of functions, in the order of the functions.
fn names_of_functions<'a>(module: &Module<'a>) -> Option<names::Map<'a>> {
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
    Some(map)
}

/// Whether a custom section of this name holds offsets into the code section,
/// so that it is wrong once code has moved: DWARF (`.debug_*`), linking and
/// relocation data of object files, code metadata such as branch hints, and
/// references to source maps and separate debug files.
///
/// Sources: the WebAssembly tool conventions (Linking, DWARF, CodeMetadata) and
/// the source map specification.
pub fn holds_code_offsets(name: &str) -> bool {
    const PREFIXES: [&str; 3] = [".debug_", "reloc.", "metadata.code."];
    const NAMES: [&str; 3] = ["linking", "sourceMappingURL", "external_debug_info"];
    PREFIXES.iter().any(|prefix| name.starts_with(prefix)) || NAMES.contains(&name)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What is left of the name section of a module with three functions, one of them
    /// imported, and these custom sections.
    fn left(customs: &[(&str, &[u8])]) -> Option<Vec<u8>> {
        let mut wasm = wat::parse_str(r#"(module (import "m" "f" (func)) (func) (func))"#).unwrap();
        for (name, contents) in customs {
            sections::write_custom(&mut wasm, name, contents);
        }
        function_names(&Module::read(&wasm).unwrap())
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
        let more = [b"\x00\x02\x01m", &kept[..], b"\x07\x01x"].concat();
        let sections = [("a", &b"1"[..]), ("name", &more), ("name", b""), ("b", b"")];
        assert_eq!(left(&sections).as_ref(), Some(&kept));
        assert_eq!(left(&[("name", &kept)]).as_ref(), Some(&kept));
        assert_eq!(left(&[("a", b"1")]), None);
    }

    #[test]
    fn a_name_in_a_message_is_short_and_printable() {
        let shown = |contents: &[u8], function| {
            let mut wasm = wat::parse_str("(module (func) (func) (func))").unwrap();
            sections::write_custom(&mut wasm, "name", contents);
            shown_name(&Module::read(&wasm).unwrap(), function)
        };
        let some = names(&[(0, "_ZN1a1bE"), (2, "a\n\u{1b}[31m\"é")]);
        assert_eq!(shown(&some, 0).unwrap(), "_ZN1a1bE");
        assert_eq!(shown(&some, 1), None);
        assert_eq!(shown(&some, 2).unwrap(), "a\\n\\u{1b}[31m\\\"é");
        assert_eq!(shown(&some, u32::MAX), None);
        for (length, end) in [(MAX_SHOWN, ""), (MAX_SHOWN + 1, "…")] {
            let long = names(&[(0, &"é".repeat(length))]);
            let want = "é".repeat(MAX_SHOWN) + end;
            assert_eq!(shown(&long, 0).unwrap(), want);
        }
        assert_eq!(shown(b"\x01\x04\x01\x00\x01\xff", 0), None);
    }

    #[test]
    fn names_that_are_not_sound_go() {
        let claim = b"\x01\x05\xff\xff\xff\xff\x0f".to_vec();
        for bad in [
            [&b"\x00\x09\x01m"[..], &claim].concat(), // inside the module's name
            claim,
            b"\x01\x64\x00".to_vec(),
            b"\x01\x04\x01\x00\x01\xff".to_vec(),
            names(&[]),
            names(&[(3, "far")]),
            names(&[(u32::MAX, "far")]),
            names(&[(1, "one"), (1, "again")]),
            names(&[(1, "one"), (0, "zero")]),
            [&names(&[(1, "one")])[..], &[1]].concat(),
        ] {
            assert_eq!(left(&[("name", &bad)]), None, "{bad:x?}");
        }
    }

    #[test]
    fn long_names_are_cut_between_characters() {
        let long = "n".repeat(MAX_NAME - 1) + "é and more";
        let cut = names(&[(1, &long[..MAX_NAME - 1])]);
        assert_eq!(left(&[("name", &names(&[(1, &long)]))]), Some(cut));
    }
}
