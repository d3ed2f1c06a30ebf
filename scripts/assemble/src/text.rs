//! Modules of WebAssembly text. The tests' texts are committed together with
//! their modules, so that Go alone can run them.

use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result};

/// The module that `wat` describes. It need not be valid: tests want such modules
/// too.
fn module(wat: &Path) -> Result<Vec<u8>> {
    Ok(wat::parse_file(wat)?)
}

/// Writes the module of the text at `wat` beside it.
///
/// # Errors
///
/// When `wat` cannot be read or parsed, or the module cannot be written.
pub fn assemble(wat: &Path) -> Result<()> {
    let wasm = wat.with_extension("wasm");
    std::fs::write(&wasm, module(wat)?).with_context(|| wasm.display().to_string())
}

/// Whether the module beside `wat` is not the one that it describes.
///
/// # Errors
///
/// When `wat` cannot be parsed, or one of the two cannot be read.
pub fn is_stale(wat: &Path) -> Result<bool> {
    let wasm = wat.with_extension("wasm");
    let committed = std::fs::read(&wasm).with_context(|| wasm.display().to_string())?;
    Ok(committed != module(wat)?)
}

/// All texts below `dir`, sorted. Hidden directories and those that a build
/// fills are left out.
///
/// # Errors
///
/// When a directory cannot be read.
pub fn texts_below(dir: &Path) -> Result<Vec<PathBuf>> {
    let mut texts = Vec::new();
    let mut dirs = vec![dir.to_owned()];
    while let Some(dir) = dirs.pop() {
        for entry in std::fs::read_dir(&dir).with_context(|| dir.display().to_string())? {
            let entry = entry?;
            let path = entry.path();
            let name = entry.file_name();
            let name = name.to_string_lossy();
            let built = ["target", "dist", "node_modules"].contains(&&*name);
            if entry.file_type()?.is_dir() {
                if !built && !name.starts_with('.') {
                    dirs.push(path);
                }
            } else if path.extension().is_some_and(|extension| extension == "wat") {
                texts.push(path);
            }
        }
    }
    texts.sort();
    Ok(texts)
}
