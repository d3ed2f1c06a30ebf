//! The files of a group of worlds: `world.wit`, `guest.wasm`, which replays what Wasmtime
//! lowered, `guest.component.wasm`, the component of it, `calls.json`, and `recording`,
//! which the other host writes. `hostile.json` has changes of what is replayed.

use std::fs;
use std::path::Path;

use anyhow::{Context as _, Result};
use compute_pipeline_random::Random;
use serde::Serialize;

use crate::call::{Call, Host, choose};
use crate::choose;
use crate::encoding::encode;
use crate::guest::Guests;
use crate::hostile;
use crate::recording::Recording;
use crate::world::{Group, Place, Type};

#[derive(Serialize)]
struct Calls<'a> {
    functions: Vec<Declared<'a>>,
    calls: Vec<Encoded>,
}

#[derive(Serialize)]
struct Declared<'a> {
    /// The interface's name without its version, or an empty text for the world itself.
    interface: String,
    name: &'a str,
    /// Whether the guest makes a thing, and drops it, during a call.
    makes: bool,
    /// Whether the function returns a `result`. If that has an error with a value,
    /// the last parameter is of the error's type.
    fails: bool,
    /// Whether there is a value besides that.
    returns: bool,
}

#[derive(Serialize)]
struct Encoded {
    function: u32,
    args: Vec<String>,
    result: Option<String>,
}

/// A group of a seed, its guests, and its calls.
pub struct Case {
    /// The group.
    pub group: Group,
    /// Its guests.
    pub guests: Guests,
    /// Its calls.
    pub calls: Vec<Call>,
    /// What chose it.
    pub seed: u64,
    /// Its number.
    pub number: u32,
}

impl Case {
    /// The group `number` of a seed, with so many calls for each world.
    ///
    /// # Errors
    ///
    /// When wit-parser does not accept the group.
    pub fn new(seed: u64, number: u32, calls: usize) -> Result<Self> {
        let group = choose::group(seed, number);
        Ok(Self {
            guests: Guests::new(&group)?,
            calls: choose(&group, seed, number, calls * group.0.len()),
            group,
            seed,
            number,
        })
    }

    /// Makes the calls in Wasmtime on a guest that forwards or replays. Returns the
    /// recording.
    ///
    /// # Errors
    ///
    /// When a value changes on its way.
    pub fn run(&self, host: &Host, replay: Option<&Recording>) -> Result<Recording> {
        let module = self.guests.module(&self.calls, replay)?;
        let memory = host.run(&self.group, &self.component(&module)?, &self.calls)?;
        let recording = Recording::new(memory, self.calls.len())?;
        self.check(&recording, replay.unwrap_or(&recording))?;
        Ok(recording)
    }

    /// The component of a guest: in half of the groups of several core modules.
    fn component(&self, guest: &[u8]) -> Result<Vec<u8>> {
        let mut random = Random::of_module(self.seed ^ 0x11b, self.number);
        let is_linked = self.number / 2 % 2 == 1;
        let split = is_linked.then_some(&mut random);
        self.guests.component(guest, split)
    }

    /// Checks that the recording is of the calls, with the results that were replayed.
    ///
    /// # Errors
    ///
    /// When it is not.
    pub fn check(&self, recording: &Recording, replayed: &Recording) -> Result<()> {
        let functions: Vec<u32> = self.calls.iter().map(|call| call.function).collect();
        let posts = self.guests.posts();
        let posted: Vec<Option<u32>> = functions
            .iter()
            .zip(replayed.results(functions.len()))
            .map(|(function, result)| posts[*function as usize].then_some(result))
            .collect();
        recording.check(&functions, &posted)
    }

    /// Writes the files for the other host into the directory.
    ///
    /// # Errors
    ///
    /// When Wasmtime changes a value, or a file cannot be written.
    pub fn write(&self, host: &Host, dir: &Path) -> Result<()> {
        let recording = self.run(host, None)?;
        let guest = self.guests.module(&self.calls, Some(&recording))?;
        fs::create_dir_all(dir)?;
        fs::write(dir.join("world.wit"), self.group.to_string())?;
        let component = self.component(&guest)?;
        let changes = hostile::changes(self, host, &component, &recording)?;
        fs::write(dir.join("guest.component.wasm"), component)?;
        fs::write(dir.join("hostile.json"), serde_json::to_vec(&changes)?)?;
        fs::write(dir.join("guest.wasm"), guest)?;
        fs::write(
            dir.join("calls.json"),
            serde_json::to_vec(&self.described())?,
        )?;
        Ok(())
    }

    /// Compares what the other host lowered, which the directory holds: Wasmtime
    /// lifts it.
    ///
    /// # Errors
    ///
    /// When a value differs.
    pub fn lift(&self, host: &Host, dir: &Path) -> Result<()> {
        let path = dir.join("recording");
        let memory = fs::read(&path).with_context(|| path.display().to_string())?;
        let lowered = Recording::new(memory, self.calls.len())?;
        let ours = self.run(host, None)?;
        self.check(&lowered, &ours)?;
        self.run(host, Some(&lowered))?;
        Ok(())
    }

    fn described(&self) -> Calls<'_> {
        let functions: Vec<Place<'_>> = self.group.functions().collect();
        let calls = self
            .calls
            .iter()
            .map(|call| {
                let function = functions[call.function as usize].function;
                let args = function.params.iter().zip(&call.args);
                let result = function.result.as_ref().zip(call.result.as_ref());
                Encoded {
                    function: call.function,
                    args: args.map(|((_, ty), value)| hex(ty, value)).collect(),
                    result: result.map(|(ty, value)| hex(ty, value)),
                }
            })
            .collect();
        let functions = functions
            .into_iter()
            .map(|place| {
                let result = place.function.result.as_ref().map(Type::behind_names);
                Declared {
                    interface: match place.interface.name.as_str() {
                        "" => String::new(),
                        name => format!("{}/{name}", place.world.package),
                    },
                    name: &place.function.name,
                    makes: place.makes(),
                    fails: matches!(result, Some(Type::Result(..))),
                    returns: !matches!(result, None | Some(Type::Result(None, _))),
                }
            })
            .collect();
        Calls { functions, calls }
    }
}

/// The value of the type as other programs read it.
pub fn hex(ty: &Type, value: &wasmtime::component::Val) -> String {
    let mut bytes = Vec::new();
    encode(ty, value, &mut bytes);
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
