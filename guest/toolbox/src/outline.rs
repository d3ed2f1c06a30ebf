//! What a core module says about itself: its types, imports and exports.

use std::fmt::Write;

use wasmparser::{
    CompositeInnerType, DataKind, ElementItems, ElementKind, Export, ExternalKind, FuncType,
    GlobalType, Import, MemoryType, Parser, Payload, RefType, TableType, TypeRef, ValType,
};

use crate::start::{self, Outside};
use crate::{Error, features};

/// Bytes of a page of memory.
const PAGE: u64 = 1 << 16;

/// The outline of a module. Index spaces have the imports first.
#[derive(Default)]
pub(crate) struct Outline<'a> {
    /// Types by index; `None` for one that is not of a function.
    pub types: Vec<Option<FuncType>>,
    pub imports: Vec<Import<'a>>,
    /// Indices into `types`.
    pub functions: Vec<u32>,
    pub tables: Vec<TableType>,
    pub memories: Vec<MemoryType>,
    pub globals: Vec<GlobalType>,
    pub exports: Vec<Export<'a>>,
    pub start: Option<u32>,
    pub element_segments: u32,
    /// How many elements all of these say they have.
    pub elements: u64,
    pub data_segments: u32,
    /// The first active segment that ends outside of its table or memory.
    pub outside: Option<Outside>,
    pub has_data_count: bool,
}

impl<'a> Outline<'a> {
    /// Reads the outline of a module that need not be valid: an index may be of
    /// nothing. Linear in the size of the module, without its code.
    ///
    /// # Errors
    ///
    /// [`Error`] when there is none to be read: the module is certainly not
    /// valid, or uses a feature that is not accepted.
    pub fn read(wasm: &'a [u8]) -> Result<Self, Error> {
        Self::parse(wasm).map_err(|err| features::refusal(wasm, &err))
    }

    fn parse(wasm: &'a [u8]) -> wasmparser::Result<Self> {
        let mut outline = Outline::default();
        let mut parser = Parser::new(0);
        let mut rest = wasm;
        loop {
            let (payload, consumed) = match parser.parse(rest, true)? {
                wasmparser::Chunk::Parsed { consumed, payload } => (payload, consumed),
                // Not with all the data there is.
                wasmparser::Chunk::NeedMoreData(_) => return Ok(outline),
            };
            rest = &rest[consumed..];
            match payload {
                Payload::CodeSectionStart { size, .. } => {
                    parser.skip_section();
                    rest = rest.get(size as usize..).unwrap_or_default();
                }
                Payload::End(_) => return Ok(outline),
                payload => outline.add(payload)?,
            }
        }
    }

    fn add(&mut self, payload: Payload<'a>) -> wasmparser::Result<()> {
        match payload {
            Payload::TypeSection(section) => {
                for group in section {
                    for sub in group?.into_types() {
                        self.types.push(match sub.composite_type.inner {
                            CompositeInnerType::Func(function) => Some(function),
                            _ => None,
                        });
                    }
                }
            }
            Payload::ImportSection(section) => {
                for import in section.into_imports() {
                    let import = import?;
                    match import.ty {
                        TypeRef::Func(index) | TypeRef::FuncExact(index) => {
                            self.functions.push(index);
                        }
                        TypeRef::Table(table) => self.tables.push(table),
                        TypeRef::Memory(memory) => self.memories.push(memory),
                        TypeRef::Global(global) => self.globals.push(global),
                        TypeRef::Tag(_) => {}
                    }
                    self.imports.push(import);
                }
            }
            Payload::FunctionSection(section) => {
                for index in section {
                    self.functions.push(index?);
                }
            }
            Payload::TableSection(section) => {
                for table in section {
                    self.tables.push(table?.ty);
                }
            }
            Payload::MemorySection(section) => {
                for memory in section {
                    self.memories.push(memory?);
                }
            }
            Payload::GlobalSection(section) => {
                for global in section {
                    self.globals.push(global?.ty);
                }
            }
            Payload::ExportSection(section) => {
                for export in section {
                    self.exports.push(export?);
                }
            }
            Payload::StartSection { func, .. } => self.start = Some(func),
            Payload::ElementSection(section) => {
                self.element_segments = section.count();
                for (number, segment) in section.into_iter().enumerate() {
                    let segment = segment?;
                    let count = match segment.items {
                        ElementItems::Functions(items) => u64::from(items.count()),
                        ElementItems::Expressions(_, items) => u64::from(items.count()),
                    };
                    self.elements += count;
                    if let ElementKind::Active {
                        table_index,
                        offset_expr,
                    } = segment.kind
                    {
                        let table = self.tables.get(table_index.unwrap_or(0) as usize);
                        let size = table.map(|table| table.initial);
                        self.note_end(false, number, start::end(&offset_expr, count), size);
                    }
                }
            }
            Payload::DataCountSection { .. } => self.has_data_count = true,
            Payload::DataSection(section) => {
                self.data_segments = section.count();
                for (number, segment) in section.into_iter().enumerate() {
                    let segment = segment?;
                    if let DataKind::Active {
                        memory_index,
                        offset_expr,
                    } = segment.kind
                    {
                        let memory = self.memories.get(memory_index as usize);
                        let size = memory.map(|memory| memory.initial.saturating_mul(PAGE));
                        let end = start::end(&offset_expr, segment.data.len() as u64);
                        self.note_end(true, number, end, size);
                    }
                }
            }
            _ => {}
        }
        Ok(())
    }

    /// Notes where an active segment ends. What it is in may be missing: the module
    /// is not valid then.
    fn note_end(&mut self, is_data: bool, segment: usize, end: Option<u64>, size: Option<u64>) {
        if let (None, Some(end), Some(size)) = (self.outside, end, size)
            && end > size
        {
            self.outside = Some(Outside {
                is_data,
                segment: segment as u32,
                end,
                size,
            });
        }
    }

    /// The type of a function by its index.
    pub fn function(&self, index: u32) -> Option<&FuncType> {
        let kind = *self.functions.get(index as usize)?;
        self.types.get(kind as usize)?.as_ref()
    }

    /// The type of an export as the text format writes it.
    pub fn export_text(&self, export: &Export<'_>) -> String {
        let at = export.index as usize;
        match export.kind {
            ExternalKind::Func | ExternalKind::FuncExact => self.function_text(export.index),
            ExternalKind::Table => self.tables.get(at).map_or_else(unknown, table_text),
            ExternalKind::Memory => self.memories.get(at).map_or_else(unknown, memory_text),
            ExternalKind::Global => self.globals.get(at).map_or_else(unknown, global_text),
            ExternalKind::Tag => "(tag)".to_owned(),
        }
    }

    /// The type of an import as the text format writes it.
    pub fn import_text(&self, import: &Import<'_>) -> String {
        match &import.ty {
            TypeRef::Func(index) | TypeRef::FuncExact(index) => {
                match self.types.get(*index as usize) {
                    Some(Some(function)) => type_text(function.params(), function.results()),
                    _ => unknown(),
                }
            }
            TypeRef::Table(table) => table_text(table),
            TypeRef::Memory(memory) => memory_text(memory),
            TypeRef::Global(global) => global_text(global),
            TypeRef::Tag(_) => "(tag)".to_owned(),
        }
    }

    fn function_text(&self, index: u32) -> String {
        self.function(index).map_or_else(unknown, |function| {
            type_text(function.params(), function.results())
        })
    }
}

/// Stands for what an index into nothing means.
fn unknown() -> String {
    "(unknown)".to_owned()
}

/// What an import is of, in a word.
pub(crate) fn import_kind(import: &Import<'_>) -> &'static str {
    match import.ty {
        TypeRef::Func(_) | TypeRef::FuncExact(_) => "function",
        TypeRef::Table(_) => "table",
        TypeRef::Memory(_) => "memory",
        TypeRef::Global(_) => "global",
        TypeRef::Tag(_) => "tag",
    }
}

/// What an export is of, in a word.
pub(crate) fn export_kind(export: &Export<'_>) -> &'static str {
    match export.kind {
        ExternalKind::Func | ExternalKind::FuncExact => "function",
        ExternalKind::Table => "table",
        ExternalKind::Memory => "memory",
        ExternalKind::Global => "global",
        ExternalKind::Tag => "tag",
    }
}

/// A function's type as the text format writes it. Complexity: linear.
pub(crate) fn type_text(params: &[ValType], results: &[ValType]) -> String {
    let mut text = "(func".to_owned();
    for (kind, types) in [("param", params), ("result", results)] {
        if types.is_empty() {
            continue;
        }
        text.push_str(" (");
        text.push_str(kind);
        for value in types {
            text.push(' ');
            text.push_str(value_name(*value));
        }
        text.push(')');
    }
    text.push(')');
    text
}

fn value_name(value: ValType) -> &'static str {
    match value {
        ValType::I32 => "i32",
        ValType::I64 => "i64",
        ValType::F32 => "f32",
        ValType::F64 => "f64",
        ValType::V128 => "v128",
        ValType::Ref(reference) => reference_name(reference),
    }
}

/// The name of a reference type of WebAssembly 2.0; others are a reference.
pub(crate) fn reference_name(reference: RefType) -> &'static str {
    if reference == RefType::FUNCREF {
        "funcref"
    } else if reference == RefType::EXTERNREF {
        "externref"
    } else {
        "ref"
    }
}

fn limits_text(text: &mut String, least: u64, most: Option<u64>) {
    let _ = write!(text, " {least}");
    if let Some(most) = most {
        let _ = write!(text, " {most}");
    }
}

fn memory_text(memory: &MemoryType) -> String {
    let mut text = "(memory".to_owned();
    if memory.memory64 {
        text.push_str(" i64");
    }
    limits_text(&mut text, memory.initial, memory.maximum);
    if memory.shared {
        text.push_str(" shared");
    }
    text.push(')');
    text
}

fn table_text(table: &TableType) -> String {
    let mut text = "(table".to_owned();
    if table.table64 {
        text.push_str(" i64");
    }
    limits_text(&mut text, table.initial, table.maximum);
    text.push(' ');
    text.push_str(reference_name(table.element_type));
    text.push(')');
    text
}

fn global_text(global: &GlobalType) -> String {
    let value = value_name(global.content_type);
    if global.mutable {
        format!("(global (mut {value}))")
    } else {
        format!("(global {value})")
    }
}
