//! A module that becomes a component.

use wasm_encoder::ValType;
use wasm_encoder::reencode::{self, Reencode as _, RoundtripReencoder};
use wasmparser::{
    Data, Element, FuncType, FunctionBody, Global, MemoryType, Operator, Parser, Payload, TableType,
};

/// Parameters of a function that a component can export.
const MAX_PARAMS: usize = 16;

#[derive(Default)]
pub struct Whole<'a> {
    pub types: Vec<FuncType>,
    kinds: Vec<(Vec<ValType>, Vec<ValType>)>,
    pub functions: Vec<u32>,
    pub tables: Vec<TableType>,
    pub memory: Option<MemoryType>,
    pub globals: Vec<Global<'a>>,
    pub start: Option<u32>,
    pub elements: Vec<Element<'a>>,
    pub data: Vec<Data<'a>>,
    pub bodies: Vec<FunctionBody<'a>>,
    pub has_imports: bool,
}

impl<'a> Whole<'a> {
    pub fn read(wasm: &'a [u8]) -> Result<Self, reencode::Error> {
        let mut whole = Whole::default();
        for payload in Parser::new(0).parse_all(wasm) {
            match payload? {
                Payload::TypeSection(types) => {
                    for ty in types.into_iter_err_on_gc_types() {
                        let ty = ty?;
                        let all = |types: &[wasmparser::ValType]| {
                            let types = types.iter().map(|&ty| RoundtripReencoder.val_type(ty));
                            types.collect::<Result<Vec<_>, _>>()
                        };
                        whole.kinds.push((all(ty.params())?, all(ty.results())?));
                        whole.types.push(ty);
                    }
                }
                Payload::ImportSection(imports) => whole.has_imports |= imports.count() > 0,
                Payload::FunctionSection(functions) => {
                    for ty in functions {
                        whole.functions.push(ty?);
                    }
                }
                Payload::TableSection(tables) => {
                    for table in tables {
                        whole.tables.push(table?.ty);
                    }
                }
                Payload::MemorySection(memories) => {
                    for memory in memories {
                        whole.memory = Some(memory?);
                    }
                }
                Payload::GlobalSection(globals) => {
                    for global in globals {
                        whole.globals.push(global?);
                    }
                }
                Payload::StartSection { func, .. } => whole.start = Some(func),
                Payload::ElementSection(elements) => {
                    for element in elements {
                        whole.elements.push(element?);
                    }
                }
                Payload::DataSection(data) => {
                    for segment in data {
                        whole.data.push(segment?);
                    }
                }
                Payload::CodeSectionEntry(body) => whole.bodies.push(body),
                _ => {}
            }
        }
        Ok(whole)
    }

    /// The types of a function's parameters and results.
    pub fn signature(&self, function: u32) -> (&[ValType], &[ValType]) {
        let (params, results) = &self.kinds[self.functions[function as usize] as usize];
        (params, results)
    }

    /// The functions that a component can export, with numbers alone.
    pub fn lifted(&self) -> Vec<u32> {
        let is_number = |ty: &ValType| {
            matches!(
                ty,
                ValType::I32 | ValType::I64 | ValType::F32 | ValType::F64
            )
        };
        let functions = 0..self.functions.len() as u32;
        let can = |function: &u32| {
            let (params, results) = self.signature(*function);
            params.len() <= MAX_PARAMS
                && results.len() <= 1
                && params.iter().chain(results).all(is_number)
        };
        functions.filter(can).collect()
    }

    /// Whether a function names a segment.
    pub fn uses_segments(&self, function: usize) -> Result<bool, wasmparser::Error> {
        for operator in self.bodies[function].get_operators_reader()? {
            if let Operator::MemoryInit { .. }
            | Operator::DataDrop { .. }
            | Operator::TableInit { .. }
            | Operator::ElemDrop { .. } = operator?
            {
                return Ok(true);
            }
        }
        Ok(false)
    }
}
