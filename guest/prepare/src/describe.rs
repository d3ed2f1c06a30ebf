//! Lists the contents of a module or component.

use wasmparser::{ExternalKind, TypeRef, ValType};

use crate::component::{self, Component, CoreInstance, Instance, Item, Names};
use crate::harden::scan;
use crate::json::Json;
use crate::module::Module;
use crate::proposals::Proposals;
use crate::reader::{self, Reader};
use crate::text;
use crate::{Error, extract, sections};

/// Names of a core module's sections by their ids.
const SECTIONS: [&str; 14] = [
    "custom",
    "type",
    "import",
    "function",
    "table",
    "memory",
    "global",
    "export",
    "start",
    "element",
    "code",
    "data",
    "data count",
    "tag",
];

/// What is in a module or component, as a JSON object:
///
/// | member | value |
/// | --- | --- |
/// | `kind` | `"core module"` or `"component"` |
/// | `size` | in bytes |
/// | `problem` | why a core module needs more than WebAssembly 2.0, where it does |
/// | `world` | the WIT world, where tools have left it in the module |
/// | `interfaces` | WIT interfaces among the imports and exports: `name`, `version`, `imported`, `functions` |
/// | `imports`, `exports` | `module` (of an import of a core module), `name`, `kind`, and of core modules `type`, as the text format writes it |
/// | `functions`, `globals`, `element_segments`, `data_segments` | how many a core module defines |
/// | `memories`, `tables` | `minimum` and, where there is one, `maximum`, in pages of 64 KiB or entries; of tables `type` |
/// | `start` | index of a core module's start function |
/// | `features` | what a core module uses beyond WebAssembly 1.0 |
/// | `instances` | how many instances of core modules a component has |
/// | `producers` | `field`, `name`, `version` |
/// | `sections` | `name` and `size` of the contents in bytes, and of custom sections `custom`, their own name |
/// | `modules`, `components` | what is in the core modules and components inside of a component |
///
/// Members without a value are left out. Linear in the size of the module.
///
/// # Errors
///
/// [`Error`] when `wasm`, or a core module inside of it, is not valid.
pub fn describe(wasm: &[u8]) -> Result<String, Error> {
    let mut json = Json::default();
    if extract::is_component(wasm) {
        let component = component::read(wasm)?;
        describe_component(&mut json, wasm, 0, &component)?;
    } else {
        describe_module(&mut json, wasm)?;
    }
    Ok(json.finish())
}

fn describe_module(json: &mut Json, wasm: &[u8]) -> Result<(), Error> {
    let mut proposals = Proposals::default();
    let scanned = scan::functions(wasm, |function| {
        proposals.add(function.proposals);
        Ok(())
    });
    let problem = match scanned {
        Ok(_) => None,
        Err(err @ (Error::Unsupported { .. } | Error::LongForm { .. })) => Some(err.to_string()),
        Err(err) => return Err(err),
    };
    let module = Module::read(wasm)?;
    json.object(|json| {
        json.key("kind").string("core module");
        json.key("size").number(wasm.len() as u64);
        if let Some(problem) = &problem {
            json.key("problem").string(problem);
        }
        if let Some(world) = world(wasm) {
            json.key("world").string(&world);
        }
        write_interfaces(json, module_interfaces(&module));
        json.key("imports").list(&module.imports, |json, import| {
            json.object(|json| {
                json.key("module").string(import.module);
                json.key("name").string(import.name);
                json.key("kind").string(text::import_kind(import));
                json.key("type").string(&module.import_text(import));
            });
        });
        json.key("exports").list(&module.exports, |json, export| {
            json.object(|json| {
                json.key("name").string(export.name);
                json.key("kind").string(text::export_kind(export));
                json.key("type").string(&module.export_text(export));
            });
        });
        write_definitions(json, &module);
        if problem.is_none() {
            proposals.add(declared(&module));
            json.key("features")
                .list(proposals.names(), |json, name| json.string(name));
        }
        write_producers(json, wasm);
        write_sections(json, wasm, &SECTIONS);
    });
    Ok(())
}

/// What the types and sections of a module are of.
fn declared(module: &Module<'_>) -> Proposals {
    let mut proposals = Proposals::default();
    for function in module.types.iter().flatten() {
        if function.results().len() > 1 {
            proposals.add(Proposals::MULTI_VALUE);
        }
        for value in function.params().iter().chain(function.results()) {
            match value {
                ValType::V128 => proposals.add(Proposals::SIMD),
                ValType::Ref(_) => proposals.add(Proposals::REFERENCE_TYPES),
                _ => {}
            }
        }
    }
    if module.tables.len() > 1 {
        proposals.add(Proposals::REFERENCE_TYPES);
    }
    let mutable = |index: u32| {
        let global = module.globals.get(index as usize);
        global.is_some_and(|global| global.mutable)
    };
    if module
        .imports
        .iter()
        .any(|import| matches!(import.ty, TypeRef::Global(global) if global.mutable))
        || module
            .exports
            .iter()
            .any(|export| export.kind == ExternalKind::Global && mutable(export.index))
    {
        proposals.add(Proposals::MUTABLE_GLOBAL);
    }
    if module.has_data_count {
        proposals.add(Proposals::BULK_MEMORY);
    }
    proposals
}

fn write_definitions(json: &mut Json, module: &Module<'_>) {
    let imported = |kind| {
        let imports = module.imports.iter();
        imports
            .filter(|import| text::import_kind(import) == kind)
            .count()
    };
    for (name, count) in [
        ("functions", module.functions.len() - imported("function")),
        ("globals", module.globals.len() - imported("global")),
        ("element_segments", module.element_segments as usize),
        ("data_segments", module.data_segments as usize),
    ] {
        json.key(name).number(count as u64);
    }
    let memories = module.memories.iter().skip(imported("memory"));
    json.key("memories").list(memories, |json, memory| {
        json.object(|json| write_limits(json, memory.initial, memory.maximum));
    });
    let tables = module.tables.iter().skip(imported("table"));
    json.key("tables").list(tables, |json, table| {
        json.object(|json| {
            json.key("type")
                .string(text::reference_name(table.element_type));
            write_limits(json, table.initial, table.maximum);
        });
    });
    if let Some(start) = module.start {
        json.key("start").number(start.into());
    }
}

fn write_limits(json: &mut Json, least: u64, most: Option<u64>) {
    json.key("minimum").number(least);
    if let Some(most) = most {
        json.key("maximum").number(most);
    }
}

/// A WIT interface, and the names of its functions that are known.
#[derive(Default)]
struct Interface<'a> {
    name: &'a str,
    imported: bool,
    functions: Names<'a>,
}

/// The interfaces of a core module, by the canonical names of its imports and
/// exports.
fn module_interfaces<'a>(module: &Module<'a>) -> Vec<Interface<'a>> {
    let mut found: Vec<Interface<'a>> = vec![];
    // Indices of the exported interfaces, and of the imported ones.
    let mut indices = [Names::new(), Names::new()];
    let mut add = |imported, name, function| {
        if !is_interface(name) {
            return;
        }
        let index = *indices[usize::from(imported)]
            .entry(name)
            .or_insert(found.len());
        if index == found.len() {
            found.push(Interface {
                name,
                imported,
                ..Interface::default()
            });
        }
        found[index].functions.insert(function, index);
    };
    for import in &module.imports {
        add(true, import.module, import.name);
    }
    for export in &module.exports {
        if let Some((interface, function)) = export.name.split_once('#')
            && !interface.starts_with("cabi_post_")
        {
            add(false, interface, function);
        }
    }
    let indices = indices.iter().flat_map(Names::values);
    indices
        .map(|&index| std::mem::take(&mut found[index]))
        .collect()
}

/// Whether a name is of the form namespace:package/interface, with or without a
/// version.
fn is_interface(name: &str) -> bool {
    let slash = name.find('/');
    name.find(':')
        .is_some_and(|colon| colon > 0 && slash.is_some_and(|slash| slash > colon + 1))
}

fn component_interfaces<'a>(component: &'a Component<'a>) -> Vec<Interface<'a>> {
    let imports = component.imports.iter().map(|(name, _)| Interface {
        name,
        imported: true,
        functions: Names::new(),
    });
    let exports = component.exports.iter().map(|(name, item)| Interface {
        name,
        imported: false,
        functions: match item {
            Item::Instance(instance) => functions(instance),
            _ => Names::new(),
        },
    });
    let all = imports.chain(exports);
    all.filter(|interface| is_interface(interface.name))
        .collect()
}

fn functions<'a>(instance: &Instance<'a>) -> Names<'a> {
    let mut functions = Names::new();
    for name in instance.names() {
        if let Some(Item::Function(_)) = instance.export(name) {
            functions.insert(name, 0);
        }
    }
    functions
}

fn write_interfaces(json: &mut Json, interfaces: Vec<Interface<'_>>) {
    json.key("interfaces").list(interfaces, |json, interface| {
        let (name, version) = match interface.name.split_once('@') {
            Some((name, version)) => (name, Some(version)),
            None => (interface.name, None),
        };
        json.object(|json| {
            json.key("name").string(name);
            if let Some(version) = version {
                json.key("version").string(version);
            }
            if interface.imported {
                json.key("imported").bool(true);
            }
            json.key("functions")
                .list(interface.functions.keys(), |json, name| json.string(name));
        });
    });
}

/// The world for which wit-bindgen made the module: the name that the type in
/// its custom section exports, a component inside of a component.
fn world(wasm: &[u8]) -> Option<String> {
    let sections = sections::sections(wasm);
    let section = sections
        .iter()
        .find(|section| section.name.starts_with("component-type"))?;
    let component = component::read(&wasm[section.contents.clone()]).ok()?;
    let (name, _) = component.export_list.first()?;
    is_interface(name).then(|| name.clone())
}

fn write_producers(json: &mut Json, wasm: &[u8]) {
    let sections = sections::sections(wasm);
    let producers = sections.iter().find(|section| section.name == "producers");
    let Some(producers) = producers else { return };
    let contents = &wasm[producers.contents.clone()];
    // A section that cannot be read has no meaning, as any custom one.
    let Ok(fields) = read_producers(contents) else {
        return;
    };
    json.key("producers")
        .list(fields, |json, [field, name, version]| {
            json.object(|json| {
                json.key("field").string(field);
                json.key("name").string(name);
                json.key("version").string(version);
            });
        });
}

/// The producers section of the tool conventions: fields, each with names and
/// their versions.
fn read_producers(contents: &[u8]) -> reader::Result<Vec<[&str; 3]>> {
    let mut found = vec![];
    Reader::new(contents, 0).each(|reader| {
        let field = reader.name()?;
        reader.each(|reader| {
            found.push([field, reader.name()?, reader.name()?]);
            Ok(())
        })
    })?;
    Ok(found)
}

fn write_sections(json: &mut Json, wasm: &[u8], names: &[&str]) {
    json.key("sections")
        .list(sections::sections(wasm), |json, section| {
            json.object(|json| {
                // The unknown are not in a module that could be read.
                let name = names.get(section.id as usize).unwrap_or(&"unknown");
                json.key("name").string(name);
                if section.id == sections::CUSTOM {
                    json.key("custom").string(section.name);
                }
                json.key("size").number(section.payload().len() as u64);
            });
        });
}

/// `wasm` are the bytes of the component, which begin at `base` in those that
/// were read.
fn describe_component(
    json: &mut Json,
    wasm: &[u8],
    base: usize,
    component: &Component<'_>,
) -> Result<(), Error> {
    let mut result = Ok(());
    let mut inner = |describe: &mut dyn FnMut() -> Result<(), Error>| {
        if result.is_ok() {
            result = describe();
        }
    };
    json.object(|json| {
        json.key("kind").string("component");
        json.key("size").number(wasm.len() as u64);
        write_interfaces(json, component_interfaces(component));
        for (key, list) in [
            ("imports", &component.imports),
            ("exports", &component.export_list),
        ] {
            json.key(key).list(list, |json, (name, sort)| {
                json.object(|json| {
                    json.key("name").string(name);
                    json.key("kind").string(sort.name());
                });
            });
        }
        let instances = component.core_instances.iter();
        let instances = instances.filter(|i| matches!(i, CoreInstance::Module { .. }));
        json.key("instances").number(instances.count() as u64);
        write_producers(json, wasm);
        write_sections(json, wasm, &component::SECTIONS);
        let modules = component.core_modules.iter().flatten();
        json.key("modules").list(modules, |json, range| {
            let module = &wasm[range.start - base..range.end - base];
            inner(&mut || describe_module(json, module));
        });
        let components = component.components.iter().flatten();
        json.key("components").list(components, |json, nested| {
            let range = &nested.range;
            let bytes = &wasm[range.start - base..range.end - base];
            inner(&mut || describe_component(json, bytes, range.start, &nested.component));
        });
    });
    result
}
