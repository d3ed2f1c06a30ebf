//! The component, through the bindings that Wasmtime generates.

use anyhow::{Result, anyhow, bail};
use wasmtime::component::{Component, Linker};
use wasmtime::{Engine, Store};

use super::{Guest, Moments, POINT};

mod bindings {
    wasmtime::component::bindgen!({
        path: "../../wit",
        world: "org:compute-pipeline/compute-pipeline@0.1.0",
    });
}
use bindings::exports::org::analytics::metrics::Datapoint;

struct Instance {
    store: Store<()>,
    world: bindings::ComputePipeline,
    points: Vec<Datapoint>,
}

/// Compiles the component, and returns what starts an instance.
pub fn load(file: &str) -> Result<Box<dyn Fn() -> Result<Box<dyn Guest>>>> {
    let engine = Engine::default();
    let component = Component::from_file(&engine, file)?;
    Ok(Box::new(move || {
        let mut store = Store::new(&engine, ());
        let world =
            bindings::ComputePipeline::instantiate(&mut store, &component, &Linker::new(&engine))?;
        Ok(Box::new(Instance {
            store,
            world,
            points: Vec::new(),
        }))
    }))
}

impl Guest for Instance {
    fn points(&mut self, packed: &[u8]) {
        self.points = packed
            .as_chunks::<POINT>()
            .0
            .iter()
            .map(|point| {
                let (timestamp, value) = point.split_at(8);
                let word = |bytes: &[u8]| u64::from_le_bytes(bytes.try_into().expect("8 bytes"));
                Datapoint {
                    timestamp: word(timestamp),
                    value: f64::from_bits(word(value)),
                }
            })
            .collect();
    }

    fn aggregate(&mut self) -> Result<Moments> {
        let metrics = self.world.org_analytics_metrics();
        let moments = metrics.call_compute_aggregate(&mut self.store, &self.points)?;
        let Ok(moments) = moments.as_slice().try_into() else {
            bail!("the engine returned {} numbers", moments.len())
        };
        Ok(moments)
    }

    fn parse(&mut self, text: &str) -> Result<Vec<u8>> {
        let metrics = self.world.org_analytics_metrics();
        let points = metrics
            .call_validate_stream(&mut self.store, text)?
            .map_err(|error| anyhow!("the engine returned {error}"))?;
        Ok(points
            .iter()
            .flat_map(|point| {
                let mut bytes = [0; POINT];
                bytes[..8].copy_from_slice(&point.timestamp.to_le_bytes());
                bytes[8..].copy_from_slice(&point.value.to_le_bytes());
                bytes
            })
            .collect())
    }
}
