//! What a module declares: index spaces, types, who can be called from where.

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::ops::Range;

use wasmparser::{
    BinaryReader, BlockType, ConstExpr, ElementItems, ExternalKind, FuncType, FunctionBody,
    Operator, Parser, Payload, TypeRef, ValType,
};

use super::RESERVED;
use crate::features::{ACCEPTED, refusal};
use crate::{Error, features};

/// The declarations of a valid module, as far as metering needs them.
#[derive(Default)]
pub(super) struct Layout {
    /// Number of types.
    pub types: u32,
    /// For each type, the smallest index of an equal one: call_indirect
    /// compares types, not their indices.
    pub canonical: Vec<u32>,
    pub signatures: Vec<Signature>,
    /// Number of imported functions.
    pub imported: u32,
    /// The type of each function, imported ones first.
    pub functions: Vec<u32>,
    /// Number of globals, imported ones included.
    pub globals: u32,
    /// Whether a table is imported, so that others can put functions into it.
    pub imports_table: bool,
    /// Functions that the host calls: exported ones and the start function.
    pub entries: Vec<u32>,
    /// Functions that a reference to can be had of, outside of bodies. May
    /// repeat.
    pub referenced: Vec<u32>,
    /// Where the bodies are, in bytes from the start of the module.
    pub bodies: Vec<Range<u32>>,
}

/// The parameters and results of a function type.
#[derive(Clone, Copy)]
pub(super) struct Signature {
    /// Number of parameters.
    pub count: u32,
    /// The bytes that parameters take on a stack.
    pub params: u32,
    /// Number of results.
    pub returned: u32,
    /// The bytes that results take on a stack.
    pub results: u32,
}

impl Signature {
    /// Whether a vector is among the parameters and results.
    pub(super) fn is_wide(&self) -> bool {
        u64::from(self.params) + u64::from(self.results)
            > 8 * (u64::from(self.count) + u64::from(self.returned))
    }
}

/// The bytes that values take on a stack.
pub(super) fn size_of(types: &[ValType]) -> u32 {
    types.iter().map(|&ty| size(ty)).sum()
}

/// The bytes that a value takes on a stack.
pub(super) fn size(ty: ValType) -> u32 {
    if ty == ValType::V128 { 16 } else { 8 }
}

impl Layout {
    /// Validates the module and reads its declarations.
    pub(super) fn read(wasm: &[u8]) -> Result<Self, Error> {
        features::validate(wasm)?;
        let mut layout = Layout::default();
        let refuse = |err| refusal(wasm, &err);
        for payload in Parser::new(0).parse_all(wasm) {
            let payload = payload.map_err(refuse)?;
            layout.refuse_reserved(&payload).map_err(refuse)??;
            layout.note(payload).map_err(refuse)?;
        }
        Ok(layout)
    }

    /// Refuses names that metering itself gives out: a module that already has
    /// them could set its own fuel.
    fn refuse_reserved(&self, payload: &Payload<'_>) -> wasmparser::Result<Result<(), Error>> {
        match payload {
            Payload::ImportSection(reader) => {
                for import in reader.clone().into_imports() {
                    let module = import?.module;
                    if module.starts_with(RESERVED) {
                        return Ok(Err(Error::ReservedName {
                            kind: "imports from the module",
                            name: module.to_owned(),
                        }));
                    }
                }
            }
            Payload::ExportSection(reader) => {
                for export in reader.clone() {
                    let name = export?.name;
                    if name.starts_with(RESERVED) {
                        return Ok(Err(Error::ReservedName {
                            kind: "exports",
                            name: name.to_owned(),
                        }));
                    }
                }
            }
            _ => {}
        }
        Ok(Ok(()))
    }

    fn note(&mut self, payload: Payload<'_>) -> wasmparser::Result<()> {
        match payload {
            Payload::TypeSection(reader) => {
                self.note_types(reader.into_iter_err_on_gc_types())?;
            }
            Payload::ImportSection(reader) => {
                for import in reader.into_imports() {
                    match import?.ty {
                        TypeRef::Func(ty) | TypeRef::FuncExact(ty) => {
                            self.functions.push(ty);
                            self.imported += 1;
                        }
                        TypeRef::Global(_) => self.globals += 1,
                        TypeRef::Table(_) => self.imports_table = true,
                        TypeRef::Memory(_) | TypeRef::Tag(_) => {}
                    }
                }
            }
            Payload::FunctionSection(reader) => {
                for ty in reader {
                    self.functions.push(ty?);
                }
            }
            Payload::GlobalSection(reader) => {
                self.globals += reader.count();
                for global in reader {
                    self.note_references(&global?.init_expr)?;
                }
            }
            Payload::ExportSection(reader) => {
                for export in reader {
                    let export = export?;
                    if export.kind == ExternalKind::Func {
                        self.entries.push(export.index);
                    }
                }
            }
            Payload::StartSection { func, .. } => self.entries.push(func),
            Payload::ElementSection(reader) => {
                for element in reader {
                    match element?.items {
                        ElementItems::Functions(list) => {
                            for function in list {
                                self.referenced.push(function?);
                            }
                        }
                        ElementItems::Expressions(_, list) => {
                            for expression in list {
                                self.note_references(&expression?)?;
                            }
                        }
                    }
                }
            }
            // The parser's offsets are 64 bits wide; the module is in memory,
            // and a section's size has 32 bits.
            Payload::CodeSectionEntry(body) => {
                self.bodies
                    .push(body.range().start as u32..body.range().end as u32);
            }
            _ => {}
        }
        Ok(())
    }

    fn note_types(
        &mut self,
        types: impl Iterator<Item = wasmparser::Result<FuncType>>,
    ) -> wasmparser::Result<()> {
        let mut first = HashMap::new();
        for ty in types {
            let ty = ty?;
            self.signatures.push(Signature {
                count: ty.params().len() as u32,
                params: size_of(ty.params()),
                returned: ty.results().len() as u32,
                results: size_of(ty.results()),
            });
            self.canonical.push(match first.entry(ty) {
                Entry::Occupied(entry) => *entry.get(),
                Entry::Vacant(entry) => *entry.insert(self.types),
            });
            self.types += 1;
        }
        Ok(())
    }

    fn note_references(&mut self, expression: &ConstExpr<'_>) -> wasmparser::Result<()> {
        for op in expression.get_operators_reader() {
            if let Operator::RefFunc { function_index } = op? {
                self.referenced.push(function_index);
            }
        }
        Ok(())
    }

    /// A body that [`Layout::bodies`] says where it is.
    pub(super) fn body<'a>(&self, wasm: &'a [u8], defined: usize) -> FunctionBody<'a> {
        let range = self.bodies[defined].clone();
        let bytes = &wasm[range.start as usize..range.end as usize];
        FunctionBody::new(BinaryReader::new_features(
            bytes,
            u64::from(range.start),
            ACCEPTED,
        ))
    }

    /// The type of a function with a body.
    pub(super) fn signature(&self, defined: usize) -> Signature {
        self.signatures[self.functions[self.imported as usize + defined] as usize]
    }

    /// Whether a block of this type takes operands from the stack.
    pub(super) fn takes_operands(&self, ty: BlockType) -> bool {
        match ty {
            BlockType::Empty | BlockType::Type(_) => false,
            BlockType::FuncType(index) => self.signatures[index as usize].count > 0,
        }
    }

    /// Number of functions with a body.
    pub(super) fn defined(&self) -> u32 {
        self.functions.len() as u32 - self.imported
    }
}
