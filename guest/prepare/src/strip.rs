//! Removes custom sections.

use crate::{Error, features, sections};

/// A module without the custom sections whose name `drop` is true for. All
/// other bytes stay as they are. Linear in the size of the module.
///
/// Custom sections carry no meaning for running a module; the section `name`
/// makes stack traces readable, so most callers keep it.
///
/// # Errors
///
/// [`Error`] when `wasm` is not a valid module.
pub fn strip(wasm: &[u8], mut drop: impl FnMut(&str) -> bool) -> Result<Vec<u8>, Error> {
    features::validate(wasm)?;
    let mut out = wasm[..sections::PREAMBLE].to_vec();
    for section in sections::sections(wasm) {
        if section.id != sections::CUSTOM || !drop(section.name) {
            out.extend_from_slice(&wasm[section.whole]);
        }
    }
    Ok(out)
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
