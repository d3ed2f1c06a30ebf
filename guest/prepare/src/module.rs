//! A core module, read once: its index spaces and its segments.

use std::borrow::Cow;
use std::ops::Range;

use wasmparser::{
    BlockType, CompositeInnerType, ConstExpr, DataKind, ElementItems, ElementKind, Export,
    ExternalKind, FuncType, GlobalType, Import, MemoryType, Parser, Payload, TableType, TypeRef,
};

use crate::heights::Arity;
use crate::instruction::Instructions;
use crate::opcode::REF_FUNC;
use crate::reader::Reader;
use crate::sections::{ELEMENT, EXPORT, GLOBAL, START};
use crate::start::{self, Outside};
use crate::{Error, features, leb128};

/// Bytes of a page of memory.
const PAGE: u64 = 1 << 16;

/// The index of a function in a section.
pub(crate) struct Reference {
    /// Id of the section.
    pub section: u8,
    /// Where the index stands, in bytes from the start of the module.
    pub at: usize,
    pub function: u32,
}

impl Reference {
    /// Whether it makes a value of the function, as `ref.func` does.
    pub fn is_value(&self) -> bool {
        matches!(self.section, GLOBAL | ELEMENT)
    }
}

/// A module. Index spaces have the imports first.
#[derive(Default)]
pub(crate) struct Module<'a> {
    pub wasm: &'a [u8],
    /// Types by index; `None` for one that is not of a function.
    pub types: Vec<Option<FuncType>>,
    pub imports: Vec<Import<'a>>,
    /// Indices into `types`.
    pub functions: Vec<u32>,
    /// How many of the functions are imported.
    pub imported: u32,
    pub tables: Vec<TableType>,
    /// How many of the tables are its own.
    pub own_tables: u32,
    pub memories: Vec<MemoryType>,
    pub globals: Vec<GlobalType>,
    pub exports: Vec<Export<'a>>,
    pub start: Option<u32>,
    pub element_segments: u32,
    /// How many elements all of these say they have.
    pub elements: u64,
    pub data_segments: u32,
    /// All references to functions by their index, outside bodies, ascending.
    pub references: Vec<Reference>,
    /// The first active segment that ends outside of its table or memory.
    pub outside: Option<Outside>,
    pub has_data_count: bool,
    /// Where the contents of the code section are.
    pub code: Range<usize>,
}

impl<'a> Module<'a> {
    /// Reads the module of a module that need not be valid: an index may be of
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
        let mut module = Module {
            wasm,
            ..Module::default()
        };
        let mut parser = Parser::new(0);
        let mut rest = wasm;
        loop {
            let (payload, consumed) = match parser.parse(rest, true)? {
                wasmparser::Chunk::Parsed { consumed, payload } => (payload, consumed),
                // Not with all the data there is.
                wasmparser::Chunk::NeedMoreData(_) => return Ok(module),
            };
            rest = &rest[consumed..];
            match payload {
                Payload::CodeSectionStart {
                    size,
                    unchecked_range,
                    ..
                } => {
                    let range = unchecked_range;
                    module.code = range.start as usize..(range.end as usize).min(wasm.len());
                    parser.skip_section();
                    rest = rest.get(size as usize..).unwrap_or_default();
                }
                Payload::End(_) => return Ok(module),
                payload => module.add(payload)?,
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
                            self.imported += 1;
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
                self.own_tables = section.count();
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
                    let global = global?;
                    self.globals.push(global.ty);
                    self.note_expression(GLOBAL, &global.init_expr);
                }
            }
            Payload::ExportSection(section) => {
                for export in section.into_iter_with_offsets() {
                    let (start, export) = export?;
                    if export.kind == ExternalKind::Func {
                        // After the name with its length, and a byte for the kind.
                        let start = start as usize;
                        let (length, width) =
                            leb128::read_u32(&self.wasm[start..]).unwrap_or_default();
                        self.note(EXPORT, start + width + length as usize + 1, export.index);
                    }
                    self.exports.push(export);
                }
            }
            Payload::StartSection { func, range } => {
                self.start = Some(func);
                self.note(START, range.start as usize, func);
            }
            Payload::ElementSection(section) => {
                self.element_segments = section.count();
                for (number, segment) in section.into_iter().enumerate() {
                    let segment = segment?;
                    let count = u64::from(match segment.items {
                        ElementItems::Functions(items) => {
                            let count = items.count();
                            for item in items.into_iter_with_offsets() {
                                let (at, function) = item?;
                                self.note(ELEMENT, at as usize, function);
                            }
                            count
                        }
                        ElementItems::Expressions(_, items) => {
                            let count = items.count();
                            for item in items {
                                self.note_expression(ELEMENT, &item?);
                            }
                            count
                        }
                    });
                    self.elements += count;
                    if let ElementKind::Active {
                        table_index,
                        offset_expr,
                    } = segment.kind
                    {
                        let table = self.tables.get(table_index.unwrap_or(0) as usize);
                        let size = table.map(|table| table.initial);
                        self.note_end(
                            false,
                            number,
                            start::end(&offset_expr, self.wasm, count),
                            size,
                        );
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
                        let end = start::end(&offset_expr, self.wasm, segment.data.len() as u64);
                        self.note_end(true, number, end, size);
                    }
                }
            }
            _ => {}
        }
        Ok(())
    }

    /// Notes that the index of a function stands at `at`.
    fn note(&mut self, section: u8, at: usize, function: u32) {
        self.references.push(Reference {
            section,
            at,
            function,
        });
    }

    /// Notes each `ref.func` of a constant expression.
    fn note_expression(&mut self, section: u8, expression: &ConstExpr<'_>) {
        for (at, instruction) in Instructions::of(expression, self.wasm) {
            if instruction.opcode == REF_FUNC {
                self.note(section, at + 1, instruction.index());
            }
        }
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

    /// The bodies of a module that was validated, as they stand in the code section.
    pub fn bodies(&self) -> Vec<Cow<'a, [u8]>> {
        let mut reader = Reader::new(&self.wasm[self.code.clone()], self.code.start);
        let mut bodies = vec![];
        // In a valid module there is nothing that cannot be read.
        let _ = reader.each(|reader| {
            bodies.push(Cow::Borrowed(reader.sized()?.rest()));
            Ok(())
        });
        bodies
    }

    /// The arity of a type by its index.
    pub fn of_type(&self, index: u32) -> Arity {
        let ty = self.types.get(index as usize).and_then(Option::as_ref);
        ty.map_or_else(Arity::default, |ty| Arity {
            params: ty.params().len() as u32,
            results: ty.results().len() as u32,
        })
    }

    /// The arity of a function by its index.
    pub fn of_function(&self, index: u32) -> Arity {
        let ty = self.functions.get(index as usize);
        ty.map_or_else(Arity::default, |&ty| self.of_type(ty))
    }

    /// The arity of a block, loop or `if`.
    pub fn of_block(&self, ty: BlockType) -> Arity {
        match ty {
            BlockType::FuncType(index) => self.of_type(index),
            ty => Arity {
                params: 0,
                results: u32::from(ty != BlockType::Empty),
            },
        }
    }

    /// Whether a table is imported, so that others can put functions into it.
    pub fn imports_table(&self) -> bool {
        let mut imports = self.imports.iter();
        imports.any(|import| matches!(import.ty, TypeRef::Table(_)))
    }
}
