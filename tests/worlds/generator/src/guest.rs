//! A guest for a world: it records the flat values it is given and keeps what lies
//! in its memory. Its exports call the imports of the same name, with the values
//! they were given, or with those that another guest recorded.

use anyhow::{Context as _, Result, ensure};
use compute_pipeline_random::Random;
use wasm_encoder::{
    CodeSection, ConstExpr, DataSection, ExportKind, ExportSection, FunctionSection, GlobalSection,
    GlobalType, ImportSection, MemorySection, MemoryType, Module, TypeSection, ValType,
};
use wit_component::{ComponentEncoder, Linker, StringEncoding};
use wit_parser::abi::{AbiVariant, WasmSignature, WasmType};
use wit_parser::{
    LiftLowerAbi, ManglingAndAbi, Resolve, SizeAlign, WasmExport, WasmExportKind, WasmImport,
    WorldId, WorldItem, WorldKey,
};

use crate::body::{self, Layout};
use crate::call::Call;
use crate::hostile::CHANGES;
use crate::recording::{FIRST, HEADER, Recording};
use crate::split;
use crate::text::{GROUP, RECORDING, TAMPER};
use crate::things;
use crate::world::{Group, Place, World};

const ABI: ManglingAndAbi = ManglingAndAbi::Legacy(LiftLowerAbi::Sync);
const PAGE: u32 = 65536;

/// A group of worlds as wit-parser understands it, ready for guests.
pub struct Guests {
    resolve: Resolve,
    world: WorldId,
    functions: Vec<Forward>,
    /// The interfaces of things.
    things: Vec<String>,
}

/// A function that is exported and imported.
pub struct Forward {
    module: String,
    name: String,
    export: String,
    /// The name of post-return, for every second result in memory.
    post: Option<String>,
    /// How it is imported.
    pub imported: WasmSignature,
    /// How it is exported.
    pub exported: WasmSignature,
    /// Size and alignment of the result.
    pub area: (u32, u32),
    /// The number of the interface of things, if the guest makes one during a call.
    pub things: Option<u32>,
}

impl Guests {
    /// Parses the group's text.
    ///
    /// # Errors
    ///
    /// When wit-parser does not accept the text.
    pub fn new(group: &Group) -> Result<Self> {
        let mut resolve = Resolve::default();
        let package = resolve.push_str("world.wit", &group.to_string())?;
        let id = resolve.select_world(&[package], Some(GROUP))?;
        let mut sizes = SizeAlign::default();
        sizes.fill(&resolve);
        let things: Vec<String> = group.0.iter().filter_map(World::things_path).collect();
        let mut functions = Vec::new();
        for place in group.functions() {
            let (key, parsed) = find(&resolve, id, place)
                .with_context(|| format!("no function {}", place.function.name))?;
            let (module, name) = resolve.wasm_import_name(
                ABI,
                WasmImport::Func {
                    interface: key,
                    func: parsed,
                },
            );
            let export = |kind| {
                let func = WasmExport::Func {
                    interface: key,
                    func: parsed,
                    kind,
                };
                resolve.wasm_export_name(ABI, func)
            };
            let exported = resolve.wasm_signature(AbiVariant::GuestExport, parsed);
            let posts = exported.retptr && functions.len() % 2 == 0;
            let area = parsed.result.map_or((0, 1), |ty| {
                (
                    sizes.size(&ty).size_wasm32() as u32,
                    sizes.align(&ty).align_wasm32() as u32,
                )
            });
            functions.push(Forward {
                module,
                name,
                export: export(WasmExportKind::Normal),
                post: posts.then(|| export(WasmExportKind::PostReturn)),
                imported: resolve.wasm_signature(AbiVariant::GuestImport, parsed),
                exported,
                area,
                things: place.makes().then(|| {
                    let path = place.world.things_path();
                    let is = |other: &String| path.as_ref() == Some(other);
                    things.iter().position(is).map_or(0, |index| index as u32)
                }),
            });
        }
        Ok(Self {
            resolve,
            world: id,
            functions,
            things,
        })
    }

    /// Which functions have a post-return.
    pub fn posts(&self) -> Vec<bool> {
        self.functions.iter().map(|f| f.post.is_some()).collect()
    }

    /// The core module of a guest for so many calls, with a description of the
    /// world. It replays the recording, if there is one.
    ///
    /// # Errors
    ///
    /// When wit-component does not accept the world.
    pub fn module(&self, calls: &[Call], replay: Option<&Recording>) -> Result<Vec<u8>> {
        let end = replay.map_or(HEADER as usize, |r| r.memory.len());
        let layout = Layout::new(u32::try_from(end)?, u32::try_from(calls.len())?);
        let lent = things::lent(calls, |call| {
            self.functions[call.function as usize].things.is_some()
        });
        let mut wasm = self.encode(&layout, replay, &lent)?;
        describe(&mut wasm, &self.resolve, self.world)?;
        Ok(wasm)
    }

    /// The component of a core module: with that alone, or linked of several that do the
    /// same, chosen at random.
    ///
    /// # Errors
    ///
    /// When the module does not fit the world.
    pub fn component(&self, module: &[u8], split: Option<&mut Random>) -> Result<Vec<u8>> {
        let Some(random) = split else {
            return component(module);
        };
        let mut only_imports = self.resolve.clone();
        let world = &mut only_imports.worlds[self.world];
        world.exports.clear();
        // A package is the same wherever it has the same name.
        if let Some(package) = world.package {
            "imports".clone_into(&mut only_imports.packages[package].name.name);
        }
        let mut linker = Linker::default().stack_size(split::stack_size(module)?);
        for (number, (name, mut part)) in split::split(module, random)?.into_iter().enumerate() {
            let exports = number == split::EXPORTS;
            let resolve = if exports {
                &self.resolve
            } else {
                &only_imports
            };
            describe(&mut part, resolve, self.world)?;
            linker = linker.library(&name, &part, false)?;
        }
        linker.encode()
    }

    fn encode(
        &self,
        layout: &Layout,
        replay: Option<&Recording>,
        lent: &[Vec<u32>],
    ) -> Result<Vec<u8>> {
        let mut types = TypeSection::new();
        let mut imports = ImportSection::new();
        let mut functions = FunctionSection::new();
        let mut exports = ExportSection::new();
        let mut code = CodeSection::new();
        let imported = (self.functions.len() + 2 * self.things.len()) as u32;

        let mut ty = 0;
        let mut declare = |params: Vec<ValType>, results: Vec<ValType>| {
            types.ty().function(params, results);
            ty += 1;
            ty - 1
        };
        for f in &self.functions {
            let ty = declare(flat(&f.imported.params), flat(&f.imported.results));
            imports.import(&f.module, &f.name, wasm_encoder::EntityType::Function(ty));
        }
        for path in &self.things {
            let drop = declare(vec![ValType::I32], vec![]);
            imports.import(
                path,
                "[resource-drop]thing",
                wasm_encoder::EntityType::Function(drop),
            );
            let make = declare(vec![], vec![ValType::I32]);
            imports.import(path, "make", wasm_encoder::EntityType::Function(make));
        }
        let realloc = imported;
        functions.function(declare(vec![ValType::I32; 4], vec![ValType::I32]));
        exports.export("cabi_realloc", ExportKind::Func, realloc);
        code.function(&body::realloc());
        functions.function(declare(vec![], vec![ValType::I32]));
        exports.export(RECORDING, ExportKind::Func, realloc + 1);
        code.function(&body::recording());
        functions.function(declare(vec![ValType::I32; 2 + 2 * CHANGES], vec![]));
        exports.export(TAMPER, ExportKind::Func, realloc + 2);
        code.function(&body::tamper(replay.map_or(0, |r| r.first)));
        let mut next = realloc + 3;
        for (index, f) in self.functions.iter().enumerate() {
            functions.function(declare(flat(&f.exported.params), flat(&f.exported.results)));
            exports.export(&f.export, ExportKind::Func, next);
            code.function(&f.body(
                index as u32,
                realloc,
                self.functions.len() as u32,
                layout,
                replay.is_some(),
            ));
            next += 1;
            if let Some(post) = &f.post {
                functions.function(declare(vec![ValType::I32], vec![]));
                exports.export(post, ExportKind::Func, next);
                code.function(&body::post_return());
                next += 1;
            }
        }
        exports.export("memory", ExportKind::Memory, 0);

        let mut memories = MemorySection::new();
        memories.memory(MemoryType {
            minimum: u64::from(layout.heap / PAGE + 2),
            maximum: None,
            memory64: false,
            shared: false,
            page_size_log2: None,
        });
        let mut globals = GlobalSection::new();
        for value in [layout.log, replay.map_or(0, |r| r.first), layout.heap, 0] {
            globals.global(
                GlobalType {
                    val_type: ValType::I32,
                    mutable: true,
                    shared: false,
                },
                &ConstExpr::i32_const(value.cast_signed()),
            );
        }
        let mut data = DataSection::new();
        let mut active = |at: u32, bytes: &[u8]| {
            let at = ConstExpr::i32_const(at.cast_signed());
            data.active(0, &at, bytes.iter().copied());
        };
        active(FIRST, &layout.log.to_le_bytes());
        for (call, handles) in lent.iter().enumerate().filter(|(_, h)| !h.is_empty()) {
            ensure!(
                handles.len() < body::LENT as usize / 4,
                "{} are lent",
                handles.len()
            );
            let bytes: Vec<u8> = std::iter::once(handles.len() as u32)
                .chain(handles.iter().copied())
                .flat_map(u32::to_le_bytes)
                .collect();
            active(layout.lent + call as u32 * body::LENT, &bytes);
        }
        if let Some(recording) = replay {
            active(
                recording.first,
                &recording.memory[recording.first as usize..],
            );
        }
        let mut module = Module::new();
        module
            .section(&types)
            .section(&imports)
            .section(&functions)
            .section(&memories)
            .section(&globals)
            .section(&exports)
            .section(&code)
            .section(&data);
        Ok(module.finish())
    }
}

/// Adds the description of a world to a core module.
fn describe(wasm: &mut Vec<u8>, resolve: &Resolve, world: WorldId) -> Result<()> {
    wit_component::embed_component_metadata(wasm, resolve, world, StringEncoding::UTF8)
}

/// The component of a core module.
///
/// # Errors
///
/// When the module does not fit its world.
pub fn component(module: &[u8]) -> Result<Vec<u8>> {
    ComponentEncoder::default().module(module)?.encode()
}

/// The types of flat values as wasm-encoder has them.
pub fn flat(types: &[WasmType]) -> Vec<ValType> {
    types
        .iter()
        .map(|ty| match ty {
            WasmType::I32 | WasmType::Pointer | WasmType::Length => ValType::I32,
            WasmType::I64 | WasmType::PointerOrI64 => ValType::I64,
            WasmType::F32 => ValType::F32,
            WasmType::F64 => ValType::F64,
        })
        .collect()
}

/// The exported function.
fn find<'a>(
    resolve: &'a Resolve,
    world: WorldId,
    place: Place<'_>,
) -> Option<(Option<&'a WorldKey>, &'a wit_parser::Function)> {
    let path = place.world.path(place.interface);
    let name = &place.function.name;
    resolve.worlds[world]
        .exports
        .iter()
        .find_map(|(key, item)| match item {
            WorldItem::Interface { id, .. } => {
                if resolve.id_of(*id) != path {
                    return None;
                }
                Some((Some(key), resolve.interfaces[*id].functions.get(name)?))
            }
            WorldItem::Function(found) => {
                (path.is_none() && found.name == *name).then_some((None, found))
            }
            WorldItem::Type { .. } => None,
        })
}
