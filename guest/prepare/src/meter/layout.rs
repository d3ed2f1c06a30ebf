//! The types of a module, as far as metering needs them.

use std::borrow::Cow;
use std::collections::HashMap;

use wasmparser::{BlockType, FuncType, ValType};

use crate::body::Body;
use crate::module::Module;

/// A valid module with its bodies.
pub(super) struct Layout<'m> {
    pub module: &'m Module<'m>,
    pub bodies: &'m [Cow<'m, [u8]>],
    /// For each type, the smallest index of an equal one: call_indirect
    /// compares types, not their indices.
    pub canonical: Vec<u32>,
    pub signatures: Vec<Signature>,
    /// Number of imported functions.
    pub imported: u32,
    /// The type of each function, imported ones first.
    pub functions: &'m [u32],
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
    /// Of a type of a valid module, which is one of a function.
    fn of(ty: &Option<FuncType>) -> Self {
        let (params, results) = match ty {
            Some(ty) => (ty.params(), ty.results()),
            None => (&[][..], &[][..]),
        };
        Signature {
            count: params.len() as u32,
            params: size_of(params),
            returned: results.len() as u32,
            results: size_of(results),
        }
    }

    /// Whether a vector is among the parameters and results.
    pub(super) fn is_wide(&self) -> bool {
        u64::from(self.params) + u64::from(self.results)
            > 8 * (u64::from(self.count) + u64::from(self.returned))
    }
}

/// The bytes that values take on a stack.
fn size_of(types: &[ValType]) -> u32 {
    let sizes = types.iter();
    sizes
        .map(|&ty| if ty == ValType::V128 { 16 } else { 8 })
        .sum()
}

impl<'m> Layout<'m> {
    pub(super) fn of(module: &'m Module<'m>, bodies: &'m [Cow<'m, [u8]>]) -> Self {
        let mut first = HashMap::new();
        let canonical = (0..).zip(&module.types);
        Layout {
            module,
            bodies,
            canonical: canonical
                .map(|(index, ty)| *first.entry(ty).or_insert(index))
                .collect(),
            signatures: module.types.iter().map(Signature::of).collect(),
            imported: module.imported,
            functions: &module.functions,
        }
    }

    /// Number of types.
    pub(super) fn types(&self) -> u32 {
        self.canonical.len() as u32
    }

    /// A body, by its number among those that there are.
    pub(super) fn body(&self, defined: usize) -> Body<'m> {
        Body::new(&self.bodies[defined])
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
