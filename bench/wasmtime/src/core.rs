//! The core module, with lists lowered and lifted by hand: one copy each.

use anyhow::{Context as _, Result, bail};
use wasmtime::{Engine, Memory, Module, Store, TypedFunc};

use super::{Guest, Moments, POINT};

struct Instance {
    store: Store<()>,
    memory: Memory,
    realloc: TypedFunc<(u32, u32, u32, u32), u32>,
    aggregate: TypedFunc<(u32, u32), u32>,
    aggregated: TypedFunc<u32, ()>,
    parse: TypedFunc<(u32, u32), u32>,
    parsed: TypedFunc<u32, ()>,
    points: Vec<u8>,
}

/// Compiles the module, and returns what starts an instance.
pub fn load(file: &str) -> Result<Box<dyn Fn() -> Result<Box<dyn Guest>>>> {
    let engine = Engine::default();
    let module = Module::from_file(&engine, file)?;
    Ok(Box::new(move || {
        let mut store = Store::new(&engine, ());
        let instance = wasmtime::Instance::new(&mut store, &module, &[])?;
        if let Ok(initialize) = instance.get_typed_func::<(), ()>(&mut store, "_initialize") {
            initialize.call(&mut store, ())?;
        }
        const METRICS: &str = "org:analytics/metrics@0.1.0#";
        let name = |prefix: &str, function: &str| format!("{prefix}{METRICS}{function}");
        let memory = instance
            .get_memory(&mut store, "memory")
            .context("the module exports no memory")?;
        Ok(Box::new(Instance {
            memory,
            realloc: instance.get_typed_func(&mut store, "cabi_realloc")?,
            aggregate: instance.get_typed_func(&mut store, &name("", "compute-aggregate"))?,
            aggregated: instance
                .get_typed_func(&mut store, &name("cabi_post_", "compute-aggregate"))?,
            parse: instance.get_typed_func(&mut store, &name("", "validate-stream"))?,
            parsed: instance.get_typed_func(&mut store, &name("cabi_post_", "validate-stream"))?,
            store,
            points: Vec::new(),
        }))
    }))
}

impl Instance {
    fn lower(&mut self, data: &[u8], align: u32) -> Result<u32> {
        let size = u32::try_from(data.len())?;
        let at = self.realloc.call(&mut self.store, (0, 0, align, size))?;
        self.memory.write(&mut self.store, at as usize, data)?;
        Ok(at)
    }

    fn word(&self, at: u32) -> Result<u32> {
        let mut bytes = [0; 4];
        self.memory.read(&self.store, at as usize, &mut bytes)?;
        Ok(u32::from_le_bytes(bytes))
    }

    /// The bytes of a list whose address and length stand at an address.
    fn list(&self, at: u32, size: usize) -> Result<&[u8]> {
        let (data, len) = (self.word(at)? as usize, self.word(at + 4)? as usize);
        self.memory
            .data(&self.store)
            .get(data..data + size * len)
            .context("the module returned a list outside its memory")
    }
}

impl Guest for Instance {
    fn points(&mut self, packed: &[u8]) {
        self.points = packed.to_vec();
    }

    fn aggregate(&mut self) -> Result<Moments> {
        let points = std::mem::take(&mut self.points);
        let at = self.lower(&points, 8)?;
        let n = u32::try_from(points.len() / POINT)?;
        self.points = points;
        let area = self.aggregate.call(&mut self.store, (at, n))?;
        let list = self.list(area, 8)?;
        let ([mean, variance, sum], []) = list.as_chunks::<8>() else {
            bail!("the engine returned {} bytes", list.len())
        };
        let moments = [*mean, *variance, *sum].map(f64::from_le_bytes);
        self.aggregated.call(&mut self.store, area)?;
        Ok(moments)
    }

    fn parse(&mut self, text: &str) -> Result<Vec<u8>> {
        let at = self.lower(text.as_bytes(), 1)?;
        let n = u32::try_from(text.len())?;
        let area = self.parse.call(&mut self.store, (at, n))?;
        if self.memory.data(&self.store)[area as usize] != 0 {
            bail!("the engine refused the text")
        }
        let points = self.list(area + 4, POINT)?.to_vec();
        self.parsed.call(&mut self.store, area)?;
        Ok(points)
    }
}
