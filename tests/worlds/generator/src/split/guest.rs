//! A guest's core module, read.

use anyhow::{Result, bail};
use wasm_encoder::ValType;
use wasmparser::{FunctionBody, Operator, Parser, Payload, TypeRef};

/// A guest's core module. It has one memory, no table, and globals of i32.
#[derive(Default)]
pub struct Guest<'a> {
    pub types: Vec<(Vec<ValType>, Vec<ValType>)>,
    /// Module, name and type of the imported functions.
    pub imports: Vec<(&'a str, &'a str, u32)>,
    /// The types of all functions.
    pub functions: Vec<u32>,
    pub pages: u32,
    pub globals: Vec<i32>,
    /// Name and index of the exported functions.
    pub exports: Vec<(&'a str, u32)>,
    pub bodies: Vec<FunctionBody<'a>>,
    pub data: Vec<(i32, &'a [u8])>,
}

impl<'a> Guest<'a> {
    /// Reads it.
    ///
    /// # Errors
    ///
    /// When it is not of this program.
    pub fn read(wasm: &'a [u8]) -> Result<Self> {
        let mut guest = Guest::default();
        for payload in Parser::new(0).parse_all(wasm) {
            match payload? {
                Payload::TypeSection(types) => {
                    for ty in types.into_iter_err_on_gc_types() {
                        let ty = ty?;
                        let all = |types: &[wasmparser::ValType]| -> Result<Vec<ValType>> {
                            let types = types.iter().map(|&ty| ValType::try_from(ty));
                            Ok(types.collect::<Result<_, _>>()?)
                        };
                        guest.types.push((all(ty.params())?, all(ty.results())?));
                    }
                }
                Payload::ImportSection(imports) => {
                    for import in imports.into_imports() {
                        let import = import?;
                        let TypeRef::Func(ty) = import.ty else {
                            bail!("an import that is no function");
                        };
                        guest.imports.push((import.module, import.name, ty));
                        guest.functions.push(ty);
                    }
                }
                Payload::FunctionSection(functions) => {
                    for ty in functions {
                        guest.functions.push(ty?);
                    }
                }
                Payload::MemorySection(memories) => {
                    for memory in memories {
                        guest.pages = u32::try_from(memory?.initial)?;
                    }
                }
                Payload::GlobalSection(globals) => {
                    for global in globals {
                        guest.globals.push(constant(&global?.init_expr)?);
                    }
                }
                Payload::ExportSection(exports) => {
                    for export in exports {
                        let export = export?;
                        if export.kind == wasmparser::ExternalKind::Func {
                            guest.exports.push((export.name, export.index));
                        }
                    }
                }
                Payload::CodeSectionEntry(body) => guest.bodies.push(body),
                Payload::DataSection(data) => {
                    for segment in data {
                        let segment = segment?;
                        let wasmparser::DataKind::Active { offset_expr, .. } = segment.kind else {
                            bail!("a passive segment");
                        };
                        guest.data.push((constant(&offset_expr)?, segment.data));
                    }
                }
                _ => {}
            }
        }
        Ok(guest)
    }
}

fn constant(expression: &wasmparser::ConstExpr<'_>) -> Result<i32> {
    match expression.get_operators_reader().read()? {
        Operator::I32Const { value } => Ok(value),
        other => bail!("{other:?} is no constant"),
    }
}
