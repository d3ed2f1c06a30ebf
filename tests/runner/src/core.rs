//! Requests to a core module.

use anyhow::{Context as _, Result, bail};
use serde_json::{Value, json};

use crate::{hex, unhex};

/// A core module on a runtime. It has an instance from the first use on.
pub trait CoreModule {
    /// Starts a new instance, in place of the one before.
    ///
    /// # Errors
    ///
    /// If the module cannot be started.
    fn start(&mut self) -> Result<()>;

    /// Calls an export. Values are bits: those of an i32 or f32 are below 2³².
    /// `Ok(Err(message))` is a trap.
    ///
    /// # Errors
    ///
    /// For all that is no trap, such as an unknown export.
    fn invoke(&mut self, name: &str, args: &[u64]) -> Result<Result<Vec<u64>, String>>;

    /// The memory.
    ///
    /// # Errors
    ///
    /// If the module exports none.
    fn memory(&mut self) -> Result<&mut [u8]>;

    /// The value of an exported global of type i32, if there is one.
    fn global(&mut self, name: &str) -> Option<u32>;
}

/// Answers a request to a core module.
///
/// # Errors
///
/// Those of the module, and for requests that are none.
pub fn answer_core(module: &mut impl CoreModule, request: &Value) -> Result<Value> {
    if let Some(name) = request["invoke"].as_str() {
        let args: Vec<u64> = request["args"]
            .as_array()
            .context("no args")?
            .iter()
            .map(|arg| {
                Ok(arg
                    .as_str()
                    .context("an argument is not a string")?
                    .parse()?)
            })
            .collect::<Result<_>>()?;
        return Ok(match module.invoke(name, &args)? {
            Ok(results) => {
                json!({"results": results.iter().map(u64::to_string).collect::<Vec<_>>()})
            }
            Err(message) => json!({"trap": message}),
        });
    }
    if let Some(name) = request["global"].as_str() {
        return Ok(json!({"global": module.global(name)}));
    }
    if request["start"] == true {
        module.start()?;
        return Ok(json!({}));
    }
    if let Some(at) = request["write"].as_u64() {
        let data = unhex(request["hex"].as_str().context("no hex")?)?;
        range(module.memory()?, at, data.len() as u64)?.copy_from_slice(&data);
        return Ok(json!({}));
    }
    if let Some(at) = request["read"].as_u64() {
        let length = request["length"].as_u64().context("no length")?;
        return Ok(json!({"hex": hex(range(module.memory()?, at, length)?)}));
    }
    bail!("expected invoke, global, start, write or read")
}

fn range(memory: &mut [u8], at: u64, length: u64) -> Result<&mut [u8]> {
    let size = memory.len();
    let end = at.checked_add(length).and_then(|end| end.try_into().ok());
    end.and_then(|end| memory.get_mut(at as usize..end))
        .with_context(|| format!("{length} bytes at {at} of a memory of {size}"))
}
