//! Prepares a module for wazero.

use std::borrow::Cow;

use crate::contract::{self, Contract};
use crate::json::Json;
use crate::module::Module;
use crate::offsets::OffsetMap;
use crate::{Error, complexity, extract, features, harden, meter, start, tables};

/// How a module is prepared.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Options {
    /// What the module must export and may import.
    pub contract: Contract,
    /// Whether it is metered.
    pub meter: bool,
}

/// A module that is ready, and what is known of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Prepared {
    /// The module that the host runs.
    pub wasm: Vec<u8>,
    /// The size in bytes of the core module that it was made of.
    pub core_size: usize,
    /// What compiling it takes. `None` of a module that is not metered: nothing bounds that.
    pub compiling: Option<complexity::Checked>,
}

impl Prepared {
    /// What is known of it, as a JSON object: `core_size`, and of a metered module
    /// `estimate` and `limits`, each with `time` (nanoseconds on one processor), `memory` and
    /// `kept` (bytes).
    pub fn report(&self) -> String {
        let mut json = Json::default();
        json.object(|json| {
            json.key("core_size").number(self.core_size as u64);
            let Some(compiling) = &self.compiling else {
                return;
            };
            for (key, cost) in [
                ("estimate", compiling.estimate),
                ("limits", compiling.limits),
            ] {
                json.key(key).object(|json| {
                    json.key("time").number(cost.time);
                    json.key("memory").number(cost.memory);
                    json.key("kept").number(cost.kept);
                });
            }
        });
        json.finish()
    }
}

/// Makes the core module that the host runs for a module or component that
/// implements the contract: taken out of the component, checked against the
/// contract, with a bounded [start] and [bounded tables](tables), [hardened](harden),
/// with bounded [complexity], and [metered](meter). A metered module keeps only the
/// [names](custom) of its custom sections.
///
/// Linear in the size of the module.
///
/// # Errors
///
/// [`Error`] when the module is not valid, or is not an implementation of the
/// contract, or exceeds a limit.
pub fn prepare(wasm: &[u8], options: &Options) -> Result<Prepared, Error> {
    rewrite(wasm, options, None, true)
}

/// As [`prepare()`], and where the code went: from the core module's to the hardened code,
/// and from there to the metered code, unless it is not metered.
///
/// # Errors
///
/// Those of [`prepare()`].
pub fn with_maps(wasm: &[u8], options: &Options) -> Result<(Prepared, Vec<OffsetMap>), Error> {
    mapped(wasm, options, true)
}

/// As [`with_maps()`], metered as by [`meter::meter_trusted`].
///
/// # Errors
///
/// Those of [`prepare()`].
pub fn trusted_with_maps(
    wasm: &[u8],
    options: &Options,
) -> Result<(Prepared, Vec<OffsetMap>), Error> {
    mapped(wasm, options, false)
}

fn mapped(
    wasm: &[u8],
    options: &Options,
    bounds_stack: bool,
) -> Result<(Prepared, Vec<OffsetMap>), Error> {
    let mut maps = [OffsetMap::default(), OffsetMap::default()];
    let prepared = rewrite(wasm, options, Some(&mut maps), bounds_stack)?;
    let mut maps = maps.to_vec();
    maps.truncate(1 + usize::from(options.meter));
    Ok((prepared, maps))
}

fn rewrite(
    wasm: &[u8],
    options: &Options,
    maps: Option<&mut [OffsetMap; 2]>,
    bounds_stack: bool,
) -> Result<Prepared, Error> {
    let (hardening, metering) = match maps {
        Some([hardening, metering]) => (Some(hardening), Some(metering)),
        None => (None, None),
    };
    let mut unwanted = OffsetMap::default();
    let wasm = &*core_module(wasm, &options.contract)?;
    let module = Module::read(wasm)?;
    start::check(&module)?;
    let problems = contract::problems(&module, &options.contract);
    if !problems.is_empty() {
        // Validation, the larger part of the work, is left to `harden`; but a
        // module that is not even valid is told so first.
        features::validate(wasm)?;
        return Err(Error::Contract(problems));
    }
    let code = harden::code(wasm, hardening)?;
    let tables = tables::bounded(&module)?;
    let core_size = wasm.len();
    if !options.meter {
        return Ok(Prepared {
            wasm: code.assemble(wasm, Some(&tables))?.wasm,
            core_size,
            compiling: None,
        });
    }
    let head = metering.is_some().then(|| code.head_size());
    let bodies = code.bodies;
    let size: usize = bodies.iter().map(|body| body.len()).sum();
    let size = wasm.len() - module.code.len() + size;
    let compiling = complexity::check_validated(&module, &bodies, size)?;
    let options = meter::Options {
        bounds_stack,
        names_only: true,
        tables: Some(tables),
        head,
    };
    let metering = metering.unwrap_or(&mut unwanted);
    Ok(Prepared {
        wasm: meter::rewrite(&module, &bodies, &options, metering)?.wasm,
        core_size,
        compiling: Some(compiling),
    })
}

/// Returns why the host cannot run a module or component: a sentence for each
/// problem, or nothing.
///
/// # Errors
///
/// [`Error`] when it is not valid.
pub fn check(wasm: &[u8], contract: &Contract) -> Result<Vec<String>, Error> {
    let core = match core_module(wasm, contract) {
        Ok(core) => core,
        Err(Error::Contract(problems)) => return Ok(problems),
        Err(err) => return Err(err),
    };
    features::validate(&core)?;
    contract::check(&core, contract)
}

/// The module itself, or the one inside a component.
fn core_module<'a>(wasm: &'a [u8], contract: &Contract) -> Result<Cow<'a, [u8]>, Error> {
    match extract::is_component(wasm) {
        true => extract::extract(wasm, contract),
        false => Ok(Cow::Borrowed(wasm)),
    }
}
