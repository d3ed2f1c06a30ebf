//! How many parameters and results a module's types and functions have.

use wasmparser::{BlockType, FuncType, Payload, TypeRef};

/// Numbers of parameters and results.
#[derive(Clone, Copy, Default)]
pub(super) struct Arity {
    pub params: u64,
    pub results: u64,
}

impl Arity {
    fn of(ty: &FuncType) -> Self {
        Arity {
            params: ty.params().len() as u64,
            results: ty.results().len() as u64,
        }
    }
}

/// The arities of a module's types and functions.
#[derive(Default)]
pub(super) struct Signatures {
    types: Vec<Arity>,
    /// The type of each function.
    functions: Vec<u32>,
}

impl Signatures {
    pub fn note(&mut self, payload: &Payload<'_>) -> wasmparser::Result<()> {
        match payload {
            Payload::TypeSection(reader) => {
                for ty in reader.clone().into_iter_err_on_gc_types() {
                    self.types.push(Arity::of(&ty?));
                }
            }
            Payload::ImportSection(reader) => {
                for import in reader.clone().into_imports() {
                    if let TypeRef::Func(ty) | TypeRef::FuncExact(ty) = import?.ty {
                        self.functions.push(ty);
                    }
                }
            }
            Payload::FunctionSection(reader) => {
                for ty in reader.clone() {
                    self.functions.push(ty?);
                }
            }
            _ => {}
        }
        Ok(())
    }

    /// Number of types, and how many parameters and results all have.
    pub fn types(&self) -> (u64, u64) {
        let operands = self.types.iter().map(|ty| ty.params + ty.results).sum();
        (self.types.len() as u64, operands)
    }

    pub fn of_type(&self, index: u32) -> Arity {
        self.types.get(index as usize).copied().unwrap_or_default()
    }

    pub fn of_function(&self, index: u32) -> Arity {
        self.functions
            .get(index as usize)
            .map_or_else(Arity::default, |&ty| self.of_type(ty))
    }

    pub fn of_block(&self, ty: BlockType) -> Arity {
        match ty {
            BlockType::Empty => Arity::default(),
            BlockType::Type(_) => Arity {
                params: 0,
                results: 1,
            },
            BlockType::FuncType(index) => self.of_type(index),
        }
    }
}
