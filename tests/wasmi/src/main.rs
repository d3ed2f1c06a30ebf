//! Runs a core module in wasmi, an interpreter: `compute-pipeline-wasmi-runner MODULE`.

use anyhow::{Context as _, Result, bail};
use compute_pipeline_runner::{CoreModule, answer_core, locked_version, serve};
use wasmi::{Engine, Extern, F32, F64, Instance, Linker, Module, Store, Val, ValType};

struct Guest {
    module: Module,
    store: Store<()>,
    instance: Instance,
}

fn main() -> Result<()> {
    let path = std::env::args()
        .nth(1)
        .context("usage: compute-pipeline-wasmi-runner MODULE")?;
    let wasm = std::fs::read(&path).with_context(|| path.clone())?;
    let module = Module::new(&Engine::default(), &wasm)?;
    let (store, instance) = instantiate(&module)?;
    let mut guest = Guest {
        module,
        store,
        instance,
    };
    let version = locked_version(include_str!("../../../Cargo.lock"), "wasmi")?;
    serve("wasmi", version, |request| answer_core(&mut guest, request))
}

fn instantiate(module: &Module) -> Result<(Store<()>, Instance)> {
    let mut store = Store::new(module.engine(), ());
    let instance = Linker::new(module.engine()).instantiate_and_start(&mut store, module)?;
    if let Some(initialize) = instance.get_func(&store, "_initialize") {
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
        let function = self.instance.get_func(&self.store, name);
        let function = function.with_context(|| format!("the module does not export {name}"))?;
        let ty = function.ty(&self.store);
        let args = ty.params().iter().zip(args);
        let args: Vec<Val> = args
            .map(|(ty, bits)| value(*ty, *bits))
            .collect::<Result<_>>()?;
        let mut results = vec![Val::I32(0); ty.results().len()];
        match function.call(&mut self.store, &args, &mut results) {
            Ok(()) => Ok(Ok(results.iter().map(bits).collect::<Result<_>>()?)),
            Err(error) if error.as_trap_code().is_some() => Ok(Err(error.to_string())),
            Err(error) => Err(error.into()),
        }
    }

    fn memory(&mut self) -> Result<&mut [u8]> {
        let memory = self.instance.get_memory(&self.store, "memory");
        Ok(memory
            .context("the module exports no memory")?
            .data_mut(&mut self.store))
    }

    fn global(&mut self, name: &str) -> Option<u32> {
        match self.instance.get_export(&self.store, name)? {
            Extern::Global(global) => Some(global.get(&self.store).i32()?.cast_unsigned()),
            _ => None,
        }
    }
}

fn value(ty: ValType, bits: u64) -> Result<Val> {
    Ok(match ty {
        ValType::I32 => Val::I32(u32::try_from(bits)?.cast_signed()),
        ValType::I64 => Val::I64(bits.cast_signed()),
        ValType::F32 => Val::F32(F32::from_bits(u32::try_from(bits)?)),
        ValType::F64 => Val::F64(F64::from_bits(bits)),
        ty => bail!("a parameter of type {ty:?}"),
    })
}

fn bits(value: &Val) -> Result<u64> {
    Ok(match value {
        Val::I32(value) => u64::from(value.cast_unsigned()),
        Val::I64(value) => value.cast_unsigned(),
        Val::F32(value) => u64::from(value.to_bits()),
        Val::F64(value) => value.to_bits(),
        value => bail!("a result {value:?}"),
    })
}
