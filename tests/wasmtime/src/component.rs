//! `component COMPONENT`: calls the functions of a component with values in JSON. It knows no
//! contract: the component has its types.

use std::collections::HashMap;
use std::path::Path;

use anyhow::{Context as _, Result, bail, ensure};
use compute_pipeline_runner::serve;
use serde_json::{Value, json};
use wasmtime::component::types::{ComponentFunc, ComponentItem};
use wasmtime::component::{Component, ComponentExportIndex, Instance, Linker, Val};
use wasmtime::{Config, Engine, Store, Trap, WasmCoreDump};

use crate::values;

/// The global of the core module inside that holds the address of a panic's message.
const PANIC_MESSAGE: &str = "compute-pipeline:panic-message";

/// Runs the subcommand.
pub fn run(args: &[String]) -> Result<()> {
    let [component] = args else {
        bail!("component wants COMPONENT")
    };
    let mut guest = Guest::load(Path::new(component))?;
    serve("Wasmtime", crate::version()?, |request| {
        let name = request["call"].as_str().context("no call")?;
        let args = request["args"].as_array().context("no args")?;
        guest.call(name, args)
    })
}

/// One instance of the component, made anew after a trap.
struct Guest {
    engine: Engine,
    component: Component,
    /// The functions by their names in vectors.
    functions: HashMap<String, (ComponentExportIndex, ComponentFunc)>,
    instance: Option<(Store<()>, Instance)>,
}

impl Guest {
    fn load(path: &Path) -> Result<Self> {
        // The embedder of a component does not get at its core instances but by a core dump.
        let engine = Engine::new(Config::new().coredump_on_trap(true))?;
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
        // Vectors name no version. Of several, they mean the lowest, which comes last.
        let mut exports: Vec<_> = ty.exports(&engine).collect();
        exports.sort_by(|(a, _), (b, _)| b.cmp(a));
        for (name, export) in exports {
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

    /// Calls a function with arguments in JSON, and returns the answer.
    fn call(&mut self, name: &str, args: &[Value]) -> Result<Value> {
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
            Err(error) if error.is::<Trap>() => {
                let dump = error.downcast_ref::<WasmCoreDump>();
                let message = dump.context("the trap has no core dump")?;
                let message = panic_message(message, store)?.unwrap_or_default();
                self.instance = None;
                return Ok(json!({"trap": message}));
            }
            Err(error) => return Err(error.into()),
        }
        let result = ty.results().zip(&results).next();
        let value = result.map_or(Value::Null, |(ty, value)| values::write(&ty, value));
        Ok(json!({"value": value}))
    }
}

/// The message that a panic left in the memory of a core module inside of the component:
/// four bytes of length, and UTF-8. `None` if no module has one, or none panicked.
fn panic_message(dump: &WasmCoreDump, store: &mut Store<()>) -> Result<Option<String>> {
    for instance in dump.instances() {
        let Some(global) = instance.get_global(&mut *store, PANIC_MESSAGE) else {
            continue;
        };
        let at = global.get(&mut *store).i32().context("no address")?;
        let memory = instance.get_memory(&mut *store, "memory");
        let memory = memory.context("a message without a memory")?;
        let at = usize::try_from(at.cast_unsigned())?;
        let message = memory.data(&*store).get(at..).unwrap_or_default();
        let (length, text) = message.split_first_chunk().context("no length")?;
        let length = usize::try_from(u32::from_le_bytes(*length))?;
        let text = text.get(..length).context("a message beyond the memory")?;
        return Ok(match text {
            [] => None,
            text => Some(String::from_utf8(text.to_vec())?),
        });
    }
    Ok(None)
}
