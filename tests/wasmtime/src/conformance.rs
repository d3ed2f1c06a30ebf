//! `conformance COMPONENT VECTORS_DIR`: runs every vector on the component and
//! prints what it answered.

use std::fmt::Write as _;
use std::io::{self, BufWriter, Write as _};
use std::path::Path;

use anyhow::{Context as _, Result, bail, ensure};
use serde_json::{Value, json};
use wasmtime::component::{Component, Linker};
use wasmtime::{Engine, Store};

use crate::expand::{self, Sets, hex};
use crate::recipe;
use crate::vectors::{self, AggregateCase, BatchCase, ChecksumCase, StreamCase, SummaryCase};

// The macro documents nothing of its own.
#[allow(missing_docs)]
mod binding {
    wasmtime::component::bindgen!({
        path: "../../wit",
        world: "org:compute-pipeline/compute-pipeline",
    });
}
use binding::ComputePipeline;
use binding::exports::org::compute_pipeline::summary::Statistics;

pub use binding::exports::org::analytics::metrics::Datapoint;

/// One instance of the component, made anew after a trap.
pub struct Guest {
    engine: Engine,
    component: Component,
    instance: Option<(Store<()>, ComputePipeline)>,
}

impl Guest {
    fn load(path: &Path) -> Result<Self> {
        let engine = Engine::default();
        let component = Component::from_file(&engine, path)?;
        let imports: Vec<String> = component
            .component_type()
            .imports(&engine)
            .map(|(name, _)| name.to_owned())
            .collect();
        ensure!(
            imports.is_empty(),
            "{} must import nothing, but imports {}",
            path.display(),
            imports.join(", ")
        );
        Ok(Self {
            engine,
            component,
            instance: None,
        })
    }

    fn instance(&mut self) -> Result<(&mut Store<()>, &ComputePipeline)> {
        if self.instance.is_none() {
            let mut store = Store::new(&self.engine, ());
            let linker = Linker::new(&self.engine);
            let world = ComputePipeline::instantiate(&mut store, &self.component, &linker)?;
            self.instance = Some((store, world));
        }
        let (store, world) = self.instance.as_mut().expect("made above");
        Ok((store, world))
    }

    /// The state that holds `state` and `points`, or the WIT error.
    pub fn fold(&mut self, state: &[u8], points: &[Datapoint]) -> Result<recipe::Made> {
        let (store, world) = self.instance()?;
        Ok(world
            .org_compute_pipeline_summary()
            .call_fold(store, state, points)?)
    }

    /// The state that holds `a` and `b`, or the WIT error.
    pub fn merge(&mut self, a: &[u8], b: &[u8]) -> Result<recipe::Made> {
        let (store, world) = self.instance()?;
        Ok(world
            .org_compute_pipeline_summary()
            .call_merge(store, a, b)?)
    }

    fn finish(&mut self, state: &[u8]) -> Result<Result<Statistics, String>> {
        let (store, world) = self.instance()?;
        Ok(world
            .org_compute_pipeline_summary()
            .call_finish(store, state)?)
    }

    fn compute_aggregate(&mut self, points: &[Datapoint]) -> Result<Vec<f64>> {
        let (store, world) = self.instance()?;
        Ok(world
            .org_analytics_metrics()
            .call_compute_aggregate(store, points)?)
    }

    fn validate_stream(&mut self, raw: &str) -> Result<Result<Vec<Datapoint>, String>> {
        let (store, world) = self.instance()?;
        Ok(world
            .org_analytics_metrics()
            .call_validate_stream(store, raw)?)
    }

    fn process_batch(&mut self, input: &[u8]) -> Result<Vec<u8>> {
        let (store, world) = self.instance()?;
        Ok(world
            .org_compute_pipeline()
            .call_process_batch(store, input)?)
    }

    fn validate_checksum(&mut self, data: &[u8], expected: u32) -> Result<bool> {
        let (store, world) = self.instance()?;
        Ok(world
            .org_compute_pipeline()
            .call_validate_checksum(store, data, expected)?)
    }
}

/// Runs the subcommand.
pub fn run(args: &[String]) -> Result<()> {
    let [component, vectors] = args else {
        bail!("conformance wants COMPONENT and VECTORS_DIR")
    };
    let dir = Path::new(vectors);
    let mut runner = Runner {
        guest: Guest::load(Path::new(component))?,
        sets: Sets::new(vectors::read_sets(dir)?)?,
        out: BufWriter::new(io::stdout().lock()),
    };
    writeln!(
        runner.out,
        "{}",
        json!({ "runtime": "Wasmtime", "version": wasmtime_version()? })
    )?;
    runner.run_all(dir)?;
    Ok(runner.out.flush()?)
}

struct Runner {
    guest: Guest,
    sets: Sets,
    out: BufWriter<io::StdoutLock<'static>>,
}

impl Runner {
    fn run_all(&mut self, dir: &Path) -> Result<()> {
        for case in vectors::read::<AggregateCase>(dir, "compute-aggregate")? {
            let points = self
                .sets
                .points(&case.points)
                .with_context(|| case.id.clone())?;
            let answer = self
                .guest
                .compute_aggregate(&points)
                .map(|floats| json!({ "floats": bits_of(&floats) }));
            self.print(&case.id, answer)?;
        }
        for case in vectors::read::<StreamCase>(dir, "validate-stream")? {
            let raw = expand::text(&case.raw);
            let answer = self.guest.validate_stream(&raw).map(|result| match result {
                Ok(points) => json!({ "points": canonical(&points) }),
                Err(message) => json!({ "error": message }),
            });
            self.print(&case.id, answer)?;
        }
        for case in vectors::read::<BatchCase>(dir, "process-batch")? {
            let input = expand::bytes(&case.input).with_context(|| case.id.clone())?;
            let answer = self
                .guest
                .process_batch(&input)
                .map(|bytes| json!({ "bytes": hex(&bytes) }));
            self.print(&case.id, answer)?;
        }
        for case in vectors::read::<ChecksumCase>(dir, "validate-checksum")? {
            let data = expand::bytes(&case.data).with_context(|| case.id.clone())?;
            let answer = self
                .guest
                .validate_checksum(&data, case.expected)
                .map(|same| json!({ "bool": same }));
            self.print(&case.id, answer)?;
        }
        for function in ["fold", "merge", "finish"] {
            for case in vectors::read::<SummaryCase>(dir, function)? {
                let answer = self.summary(&case);
                self.print(&case.id, answer)?;
            }
        }
        Ok(())
    }

    fn summary(&mut self, case: &SummaryCase) -> Result<Value> {
        let state = match recipe::make(&mut self.guest, &self.sets, &case.state)? {
            Ok(state) => state,
            Err(message) => return Ok(json!({ "error": message })),
        };
        Ok(match self.guest.finish(&state)? {
            Ok(statistics) => json!({ "state": hex(&state), "statistics": fields(&statistics) }),
            Err(message) => json!({ "error": message }),
        })
    }

    /// Prints the answer of one case. A trap is an answer too; what is not one
    /// is a failure of this program.
    fn print(&mut self, id: &str, answer: Result<Value>) -> Result<()> {
        let result = match answer {
            Ok(result) => result,
            Err(error) if error.downcast_ref::<wasmtime::Trap>().is_some() => {
                self.guest.instance = None;
                json!({ "trap": "" })
            }
            Err(error) => return Err(error.context(id.to_owned())),
        };
        Ok(writeln!(
            self.out,
            "{}",
            json!({ "case": id, "result": result })
        )?)
    }
}

fn bits_of(floats: &[f64]) -> String {
    let words: Vec<String> = floats.iter().map(|f| bits(*f)).collect();
    words.join(" ")
}

fn bits(float: f64) -> String {
    format!("{:016x}", float.to_bits())
}

fn canonical(points: &[Datapoint]) -> Value {
    let (mut times, mut values) = (String::new(), String::new());
    for (i, point) in points.iter().enumerate() {
        let gap = if i == 0 { "" } else { " " };
        write!(times, "{gap}{}", point.timestamp).expect("a String takes everything");
        write!(values, "{gap}{:016x}", point.value.to_bits()).expect("a String takes everything");
    }
    json!({ "times": times, "values": values })
}

fn fields(s: &Statistics) -> Value {
    json!({
        "count": s.count.to_string(),
        "mean": bits(s.mean),
        "variance": bits(s.variance),
        "sum": bits(s.sum),
        "min": bits(s.min),
        "max": bits(s.max),
        "first": s.first.to_string(),
        "last": s.last.to_string(),
    })
}

/// The version in Cargo.lock; the crate has no constant for it.
fn wasmtime_version() -> Result<&'static str> {
    include_str!("../../../Cargo.lock")
        .split("[[package]]")
        .filter_map(|package| {
            package
                .trim_start()
                .strip_prefix("name = \"wasmtime\"\nversion = \"")
        })
        .find_map(|rest| rest.split('"').next())
        .context("no wasmtime in Cargo.lock")
}
