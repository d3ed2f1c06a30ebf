//! `conformance COMPONENT VECTORS`: runs every vector on the component and prints what it
//! returned. It knows no contract: the component has its types.

use std::collections::HashMap;
use std::io::{self, BufWriter, Write as _};
use std::path::Path;

use anyhow::{Context as _, Result, bail, ensure};
use serde_json::{Value, json};
use wasmtime::component::types::{ComponentFunc, ComponentItem};
use wasmtime::component::{Component, ComponentExportIndex, Instance, Linker, Type, Val};
use wasmtime::{Engine, Store};

use crate::values;
use crate::vectors::{self, Case, Reference};

/// One instance of the component, made anew after a trap.
struct Guest {
    engine: Engine,
    component: Component,
    /// The functions by their names in vectors.
    functions: HashMap<String, (ComponentExportIndex, ComponentFunc)>,
    instance: Option<(Store<()>, Instance)>,
}

/// What a step returned, or the step that ended the case.
enum Outcome {
    Value(Value),
    Trap,
}

impl Guest {
    fn load(path: &Path) -> Result<Self> {
        let engine = Engine::default();
        let component = Component::from_file(&engine, path)?;
        let ty = component.component_type();
        let imports: Vec<&str> = ty.imports(&engine).map(|(name, _)| name).collect();
        ensure!(
            imports.is_empty(),
            "{} must import nothing, but imports {}",
            path.display(),
            imports.join(", ")
        );
        let mut functions = HashMap::new();
        for (name, export) in ty.exports(&engine) {
            let index = component
                .get_export_index(None, name)
                .context("an export")?;
            match export.ty {
                ComponentItem::ComponentFunc(ty) => {
                    functions.insert(name.to_owned(), (index, ty));
                }
                ComponentItem::ComponentInstance(interface) => {
                    let unversioned = name.split('@').next().unwrap_or(name);
                    for (function, export) in interface.exports(&engine) {
                        let ComponentItem::ComponentFunc(ty) = export.ty else {
                            continue;
                        };
                        let index = component.get_export_index(Some(&index), function);
                        let index = index.context("an export of an interface")?;
                        functions.insert(format!("{unversioned}#{function}"), (index, ty));
                    }
                }
                _ => {}
            }
        }
        Ok(Self {
            engine,
            component,
            functions,
            instance: None,
        })
    }

    /// Calls a function with arguments and returns its result, both as JSON, and whether
    /// it is a WIT result.
    fn call(&mut self, name: &str, args: &[Value]) -> Result<(Outcome, bool)> {
        let (index, ty) = self.functions.get(name).context("an unknown function")?;
        ensure!(ty.params().len() == args.len(), "{} arguments", args.len());
        let params = ty.params().zip(args);
        let params: Vec<Val> = params
            .map(|((_, ty), arg)| values::read(&ty, arg))
            .collect::<Result<_>>()?;
        let (store, instance) = match &mut self.instance {
            Some(instance) => instance,
            none => {
                let mut store = Store::new(&self.engine, ());
                let linker = Linker::new(&self.engine);
                let instance = linker.instantiate(&mut store, &self.component)?;
                none.insert((store, instance))
            }
        };
        let function = instance.get_func(&mut *store, index);
        let function = function.context("the instance has no such function")?;
        let mut results = vec![Val::Bool(false); ty.results().len()];
        match function.call(&mut *store, &params, &mut results) {
            Ok(()) => {}
            Err(error) if error.downcast_ref::<wasmtime::Trap>().is_some() => {
                self.instance = None;
                return Ok((Outcome::Trap, false));
            }
            Err(error) => return Err(error.into()),
        }
        let result = ty.results().zip(&results).next();
        let fallible = matches!(result, Some((Type::Result(_), _)));
        let value = result.map_or(Value::Null, |(ty, value)| values::write(&ty, value));
        Ok((Outcome::Value(value), fallible))
    }

    /// Runs the steps of a case; returns its answer.
    fn run(&mut self, case: &Case) -> Result<Value> {
        let mut returned: Vec<Value> = Vec::new();
        let steps = case.steps();
        for (i, step) in steps.iter().enumerate() {
            let mut given = Vec::new();
            let mut args = Vec::new();
            for arg in &step.args {
                args.push(match Reference::of(arg)? {
                    None => arg.clone(),
                    Some(reference) => {
                        let result = returned.get(reference.step).context("no such step")?;
                        given.push(reference.resolve(result)?);
                        given[given.len() - 1].clone()
                    }
                });
            }
            let last = i == steps.len() - 1;
            let (value, fallible) = match self.call(&step.call, &args)? {
                (Outcome::Trap, _) => return Ok(json!({"trap": ""})),
                (Outcome::Value(value), fallible) => (value, fallible),
            };
            let failed = fallible && value.get("err").is_some();
            match (last, failed) {
                (true, _) if given.is_empty() => return Ok(json!({"value": value})),
                (true, _) => return Ok(json!({"value": value, "given": given})),
                (false, true) => return Ok(json!({"value": value})),
                (false, false) if fallible => returned.push(value["ok"].clone()),
                (false, false) => returned.push(value),
            }
        }
        bail!("no steps")
    }
}

/// Runs the subcommand.
pub fn run(args: &[String]) -> Result<()> {
    let [component, vectors] = args else {
        bail!("conformance wants COMPONENT and VECTORS")
    };
    let mut guest = Guest::load(Path::new(component))?;
    let mut out = BufWriter::new(io::stdout().lock());
    writeln!(
        out,
        "{}",
        json!({ "runtime": "Wasmtime", "version": wasmtime_version()? })
    )?;
    vectors::read(Path::new(vectors), |case| {
        let result = guest.run(&case).with_context(|| case.id.clone())?;
        writeln!(out, "{}", json!({ "case": case.id, "result": result }))?;
        Ok(())
    })?;
    Ok(out.flush()?)
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
