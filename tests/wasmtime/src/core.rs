//! `core MODULE`: calls the exports of a core module that imports nothing.

use anyhow::{Context as _, Result, bail};
use compute_pipeline_runner::{CoreModule, answer_core, serve};
use wasmtime::{Engine, Instance, Module, Store, Trap, Val};

use crate::modules::{bits, value};

struct Guest {
    module: Module,
    store: Store<()>,
    instance: Instance,
}

/// Runs the subcommand.
pub fn run(args: &[String]) -> Result<()> {
    let [path] = args else {
        bail!("core wants MODULE")
    };
    let module = Module::from_file(&Engine::default(), path)?;
    let (store, instance) = instantiate(&module)?;
    let mut guest = Guest {
        module,
        store,
        instance,
    };
    serve("Wasmtime", crate::version()?, |request| {
        answer_core(&mut guest, request)
    })
}

fn instantiate(module: &Module) -> Result<(Store<()>, Instance)> {
    let mut store = Store::new(module.engine(), ());
    let instance = Instance::new(&mut store, module, &[])?;
    if let Some(initialize) = instance.get_func(&mut store, "_initialize") {
        initialize.call(&mut store, &[], &mut [])?;
    }
    Ok((store, instance))
}

impl CoreModule for Guest {
    fn start(&mut self) -> Result<()> {
        (self.store, self.instance) = instantiate(&self.module)?;
        Ok(())
    }

    fn invoke(&mut self, name: &str, args: &[u64]) -> Result<Result<Vec<u64>, String>> {
        let function = self.instance.get_func(&mut self.store, name);
        let function = function.with_context(|| format!("the module does not export {name}"))?;
        let ty = function.ty(&self.store);
        let args: Vec<Val> = ty
            .params()
            .zip(args)
            .map(|(ty, bits)| value(&ty, *bits))
            .collect::<Result<_>>()?;
        let mut results = vec![Val::I32(0); ty.results().len()];
        if let Err(error) = function.call(&mut self.store, &args, &mut results) {
            return match error.downcast_ref::<Trap>() {
                Some(trap) => Ok(Err(trap.to_string())),
                None => Err(error.into()),
            };
        }
        Ok(Ok(results.iter().map(bits).collect::<Result<_>>()?))
    }

    fn memory(&mut self) -> Result<&mut [u8]> {
        let memory = self.instance.get_memory(&mut self.store, "memory");
        let memory = memory.context("the module exports no memory")?;
        Ok(memory.data_mut(&mut self.store))
    }

    fn global(&mut self, name: &str) -> Option<u32> {
        let global = self.instance.get_global(&mut self.store, name)?;
        Some(global.get(&mut self.store).i32()?.cast_unsigned())
    }
}
