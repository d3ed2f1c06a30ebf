//! Components of core modules that wit-bindgen made.

use std::path::Path;

use anyhow::{Context as _, Result, bail, ensure};
use wasmparser::{Parser, Payload};
use wit_component::{
    ComponentEncoder, DecodedWasm, StringEncoding, WitPrinter, embed_component_metadata,
};
use wit_parser::{Resolve, WorldItem, WorldKey};

/// The bytes before the first section: the magic number and the version.
const PREAMBLE: usize = 8;

/// The core module `wasm` without its DWARF. All other bytes stay as they are,
/// names and the description of the interface among them.
///
/// # Errors
///
/// When `wasm` cannot be read as a module.
pub fn without_debug_information(wasm: &[u8]) -> Result<Vec<u8>> {
    let mut out = wasm.get(..PREAMBLE).context("no module")?.to_vec();
    let mut start = PREAMBLE;
    for payload in Parser::new(0).parse_all(wasm) {
        let payload = payload?;
        let Some((_, contents)) = payload.as_section() else {
            continue;
        };
        let debug = matches!(&payload, Payload::CustomSection(section) if section.name().starts_with(".debug_"));
        if !debug {
            out.extend_from_slice(&wasm[start..contents.end]);
        }
        start = contents.end;
    }
    Ok(out)
}

/// The core module `core` as one of `world` alone, which the directory `wit` declares: what
/// it exports besides is not described.
///
/// # Errors
///
/// When `core` or the directory cannot be read.
pub fn described(core: &[u8], wit: &Path, world: &str) -> Result<Vec<u8>> {
    let mut out = core.get(..PREAMBLE).context("no module")?.to_vec();
    let mut start = PREAMBLE;
    for payload in Parser::new(0).parse_all(core) {
        let payload = payload?;
        let Some((_, contents)) = payload.as_section() else {
            continue;
        };
        let described = matches!(&payload, Payload::CustomSection(section) if section.name().starts_with("component-type"));
        if !described {
            out.extend_from_slice(&core[start..contents.end]);
        }
        start = contents.end;
    }
    let mut resolve = Resolve::default();
    let (package, _) = resolve.push_path(wit)?;
    let world = resolve.select_world(&[package], Some(world))?;
    embed_component_metadata(&mut out, &resolve, world, StringEncoding::UTF8)?;
    Ok(out)
}

/// The component that `core` describes in the sections that wit-bindgen leaves
/// in it, validated.
///
/// # Errors
///
/// When `core` is not valid or not what these sections say.
pub fn encode(core: &[u8]) -> Result<Vec<u8>> {
    ComponentEncoder::default()
        .validate(true)
        .module(core)?
        .encode()
        .context("cannot be made a component")
}

/// Checks that `component` is one of `world`, which one of the directories `wit`
/// declares, and exports nothing else. Each directory may use those before it. Returns the
/// component's own world, as text.
///
/// # Errors
///
/// When it is not, or a directory cannot be read.
pub fn check_world(component: &[u8], wit: &[&Path], world: &str) -> Result<String> {
    let mut wanted = Resolve::default();
    let mut packages = vec![];
    for path in wit {
        packages.push(wanted.push_path(path)?.0);
    }
    let wanted_world = wanted.select_world(&packages, Some(world))?;
    wit_component::targets(&wanted, wanted_world, component)
        .with_context(|| format!("the component does not fit the world {world}"))?;

    let DecodedWasm::Component(found, found_world) = wit_component::decode(component)? else {
        bail!("a package of interfaces, and no component");
    };
    let exports = names(&found, &found.worlds[found_world].exports);
    let wanted_exports = names(&wanted, &wanted.worlds[wanted_world].exports);
    ensure!(
        exports == wanted_exports,
        "the component exports {exports:?}, and the world {wanted_exports:?}"
    );

    let own = found.worlds[found_world]
        .package
        .context("the component's world is in no package")?;
    let others: Vec<_> = found
        .packages
        .iter()
        .map(|(id, _)| id)
        .filter(|id| *id != own)
        .collect();
    let mut printer = WitPrinter::default();
    printer.print(&found, own, &others)?;
    Ok(printer.output.to_string())
}

/// What a world imports or exports, sorted.
fn names<'a>(
    resolve: &Resolve,
    items: impl IntoIterator<Item = (&'a WorldKey, &'a WorldItem)>,
) -> Vec<String> {
    let mut names: Vec<String> = items
        .into_iter()
        .map(|(key, _)| resolve.name_world_key(key))
        .collect();
    names.sort();
    names
}
