//! Changes of what a guest replays, and what Wasmtime then lifts: values, or it traps.

use anyhow::{Context as _, Result};
use compute_pipeline_random::Random;
use serde::Serialize;
use wasmtime::component::Val;
use wasmtime::component::types::ComponentFunc;
use wasmtime::{AsContextMut, StoreContextMut};

use crate::call::{Guest, Host, State};
use crate::files::{Case, hex};
use crate::recording::{PARAMS, RECORD, RESULT, Recording};
use crate::text::TAMPER;
use crate::things;
use crate::world::{Place, Type};

/// How many numbers in memory change for one call.
pub const CHANGES: usize = 3;

/// How many changed calls a world has.
const CALLS: usize = 60;

/// A call with other memory.
#[derive(Serialize)]
pub struct Hostile {
    /// The call that is changed.
    call: usize,
    /// Whether its result is, or what the import is given.
    returns: bool,
    /// Addresses and new numbers, in turn.
    changes: Vec<u32>,
    /// What Wasmtime lifts; nothing if it traps.
    lifted: Option<Vec<String>>,
}

/// What the import was given.
type Given = Option<Vec<Val>>;

/// Changes of a case, and what Wasmtime lifts.
///
/// # Errors
///
/// When Wasmtime does not run the guest at all.
pub fn changes(
    case: &Case,
    host: &Host,
    component: &[u8],
    recording: &Recording,
) -> Result<Vec<Hostile>> {
    let random = &mut Random::of_module(case.seed ^ 0x5a5a, case.number);
    let guest = host.load(&case.group, component, given)?;
    let functions: Vec<Place<'_>> = case.group.functions().collect();
    let mut all = Vec::new();
    for _ in 0..CALLS * case.group.0.len() {
        let call = random.below(case.calls.len());
        let declared = functions[case.calls[call].function as usize].function;
        let params: Vec<&Type> = declared.params.iter().map(|(_, ty)| ty).collect();
        let results: Vec<&Type> = declared.result.iter().collect();
        let returns = params.is_empty() || !results.is_empty() && random.chance(50);
        let types = if returns { results } else { params };
        if types.is_empty() {
            continue;
        }
        let changes = Chooser { random, recording }.changes(call, returns);
        let lifted = lift(case, host, &guest, call, returns, &changes)?;
        all.push(Hostile {
            call,
            returns,
            changes,
            lifted: lifted.map(|values| {
                types
                    .iter()
                    .zip(&values)
                    .map(|(ty, v)| hex(ty, v))
                    .collect()
            }),
        });
    }
    Ok(all)
}

/// What Wasmtime lifts, if it does not trap.
fn lift(
    case: &Case,
    host: &Host,
    guest: &Guest<Given>,
    call: usize,
    returns: bool,
    changes: &[u32],
) -> Result<Option<Vec<Val>>> {
    let mut store = host.store(None);
    store.set_hostcall_fuel(usize::MAX);
    let instance = guest.linked.instantiate(&mut store)?;
    let mut args = vec![Val::U32(call as u32), Val::Bool(returns)];
    args.extend(changes.iter().map(|number| Val::U32(*number)));
    instance
        .get_func(&mut store, TAMPER)
        .context(TAMPER)?
        .call(&mut store, &args, &mut [])?;
    let made = &case.calls[call];
    let function = guest.functions(&instance, &mut store)?[made.function as usize];
    let mut results = vec![Val::Bool(false); usize::from(made.result.is_some())];
    let args = things::given(&made.args, &mut store)?;
    let called = function.call(&mut store, &args, &mut results);
    if returns && called.is_ok() {
        return things::taken(&results, store.as_context_mut()).map(Some);
    }
    Ok(store.data_mut().data.take())
}

/// The import: keeps what it is given, and fails.
fn given(
    mut store: StoreContextMut<'_, State<Given>>,
    _: ComponentFunc,
    args: &[Val],
    _: &mut [Val],
) -> wasmtime::Result<()> {
    let args = things::taken(args, store.as_context_mut()).map_err(wasmtime::Error::from_anyhow)?;
    store.data_mut().data = Some(args);
    Err(wasmtime::Error::msg("the import was given enough"))
}

struct Chooser<'a> {
    random: &'a mut Random,
    recording: &'a Recording,
}

impl Chooser<'_> {
    fn changes(&mut self, call: usize, returns: bool) -> Vec<u32> {
        let record = self.recording.first + call as u32 * RECORD;
        (0..CHANGES)
            .flat_map(|change| {
                // Address 0 holds nothing.
                if change > 0 && self.random.chance(50) {
                    return [0, 0];
                }
                let mut at = if returns {
                    record + RESULT
                } else {
                    record + PARAMS + 4 * self.random.below(12) as u32
                };
                // Most values lie behind the addresses in a record.
                while self.random.chance(75) {
                    let next = self.number(at);
                    if !self.holds(next) {
                        break;
                    }
                    at = next + 4 * self.random.below(8) as u32;
                    if !self.holds(at) {
                        at = next;
                    }
                }
                let at = at + [0, 0, 0, 1, 2, 3][self.random.below(6)];
                [at, self.other(self.number(at))]
            })
            .collect()
    }

    /// Another number: an edge of a type, near the old one, an address, or any.
    fn other(&mut self, old: u32) -> u32 {
        const EDGES: [u32; 14] = [
            0,
            1,
            2,
            3,
            0x7f,
            0x80,
            0xff,
            0xd800,
            0xdfff,
            0x11_0000,
            1 << 28,
            1 << 29,
            1 << 31,
            u32::MAX,
        ];
        match self.random.below(12) {
            0..=3 => self.random.pick(&EDGES),
            4 => old.wrapping_add(1),
            5 => old.wrapping_sub(1),
            6 => old ^ 1 << self.random.below(32),
            7..=8 => old & !0xff | self.random.bits() as u32 & 0xff,
            9 => self.random.below(20) as u32,
            10 => self.random.below(self.recording.memory.len()) as u32,
            _ => self.random.bits() as u32,
        }
    }

    fn holds(&self, at: u32) -> bool {
        at > self.recording.first && at as usize + 8 <= self.recording.memory.len()
    }

    fn number(&self, at: u32) -> u32 {
        self.recording.number(at as usize)
    }
}
