//! Components of several core modules, each of their bytes changed: the prepare module
//! refuses what comes out, or makes a core module of it that does what Wasmtime does with
//! the component.

use std::fs;
use std::path::PathBuf;

use anyhow::{Context as _, Result, ensure};
use compute_pipeline_prepare::contract::Contract;
use compute_pipeline_prepare::features;
use compute_pipeline_prepare::prepare::{Options, prepare};
use wasmtime::component::Component;
use wasmtime::{Config, Engine, Module, OptLevel, Store};

/// What each of the components exports.
const CONTRACT: &str = "export\t\t\trequired\nfunction\trun\ti\ti\tfunc(n: u32) -> u32";
/// Each says in its text what it returns.
const COMPONENTS: [&str; 5] = ["shared", "starts", "twice", "aliases", "linked"];
/// Instructions that one may take: some changed ones have no end.
const FUEL: u64 = 100_000;

struct Both {
    engine: Engine,
    options: Options,
}

/// What was seen of changed components.
#[derive(Debug, Default)]
struct Seen {
    refused: u32,
    /// Those that Wasmtime refuses: the prepare module reads what it needs of a component
    /// and does not validate the rest.
    invalid: u32,
    returned: u32,
    trapped: u32,
}

impl Both {
    fn new() -> Result<Self> {
        let mut config = Config::new();
        config
            .consume_fuel(true)
            .cranelift_opt_level(OptLevel::None);
        Ok(Both {
            engine: Engine::new(&config)?,
            options: Options {
                contract: Contract::parse(CONTRACT)?,
                meter: false,
            },
        })
    }

    fn store(&self) -> Result<Store<()>> {
        let mut store = Store::new(&self.engine, ());
        store.set_fuel(FUEL)?;
        Ok(store)
    }

    /// What the component returns in Wasmtime; nothing if it traps.
    fn component(&self, component: &Component, n: u32) -> Result<Option<u32>> {
        let mut store = self.store()?;
        let linker = wasmtime::component::Linker::new(&self.engine);
        let Ok(instance) = linker.instantiate(&mut store, component) else {
            return Ok(None);
        };
        let run = instance.get_typed_func::<(u32,), (u32,)>(&mut store, "run")?;
        Ok(run.call(&mut store, (n,)).ok().map(|(result,)| result))
    }

    /// The same of the core module that was made of it.
    fn merged(&self, module: &Module, n: u32) -> Result<Option<u32>> {
        let mut store = self.store()?;
        let Ok(instance) = wasmtime::Instance::new(&mut store, module, &[]) else {
            return Ok(None);
        };
        let run = instance.get_typed_func::<u32, u32>(&mut store, "run")?;
        Ok(run.call(&mut store, n).ok())
    }

    fn compare(&self, wasm: &[u8], seen: &mut Seen) -> Result<()> {
        let core = match prepare(wasm, &self.options) {
            Ok(core) => core.wasm,
            Err(_) => {
                seen.refused += 1;
                return Ok(());
            }
        };
        features::validate(&core).context("what was made is not valid")?;
        let Ok(component) = Component::new(&self.engine, wasm) else {
            seen.invalid += 1;
            return Ok(());
        };
        let module = Module::new(&self.engine, &core)?;
        for n in [5, u32::MAX] {
            let expected = self.component(&component, n)?;
            let got = self.merged(&module, n)?;
            ensure!(
                got == expected,
                "run({n}) is {got:?}, expected {expected:?}"
            );
            match expected {
                Some(_) => seen.returned += 1,
                None => seen.trapped += 1,
            }
        }
        Ok(())
    }
}

#[test]
fn changed_components_do_the_same_when_they_are_merged() -> Result<()> {
    let both = Both::new()?;
    let mut seen = Seen::default();
    let root =
        PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../../gohost/sandbox/testdata/merge");
    for name in COMPONENTS {
        let path = root.join(name).with_extension("wasm");
        let wasm = fs::read(&path).with_context(|| path.display().to_string())?;
        both.compare(&wasm, &mut seen).context(name)?;
        ensure!(
            seen.refused + seen.invalid + seen.trapped == 0,
            "{name}: {seen:?}"
        );
    }
    for name in COMPONENTS {
        let wasm = fs::read(root.join(name).with_extension("wasm"))?;
        for at in 0..wasm.len() {
            for changed in [wasm[at] ^ 1, wasm[at].wrapping_add(2)] {
                let mut wasm = wasm.clone();
                wasm[at] = changed;
                both.compare(&wasm, &mut seen)
                    .with_context(|| format!("{name}, byte {at} is {changed:#04x}"))?;
            }
        }
    }
    println!("{seen:?}");
    ensure!(seen.returned > 2000 && seen.trapped > 50, "{seen:?}");
    ensure!(seen.refused > 2000 && seen.invalid < 100, "{seen:?}");
    Ok(())
}
