//! References to functions by their index, outside bodies.

use wasmparser::{ConstExpr, ElementItems, ExternalKind, Parser, Payload};

use crate::instruction::Instructions;
use crate::leb128;
use crate::opcode::REF_FUNC;
use crate::sections::{ELEMENT, EXPORT, GLOBAL, START};

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

/// All references of a module, ascending.
pub(crate) fn read(wasm: &[u8]) -> wasmparser::Result<Vec<Reference>> {
    let mut found = vec![];
    let mut note = |section: u8, at: usize| {
        let (function, _) = leb128::read_u32(&wasm[at..]).unwrap_or_default();
        found.push(Reference {
            section,
            at,
            function,
        });
    };
    for payload in Parser::new(0).parse_all(wasm) {
        match payload? {
            Payload::GlobalSection(reader) => {
                for global in reader {
                    expression(&global?.init_expr, wasm, |at| note(GLOBAL, at));
                }
            }
            Payload::ExportSection(reader) => {
                for export in reader.into_iter_with_offsets() {
                    let (start, export) = export?;
                    if export.kind == ExternalKind::Func {
                        let start = start as usize;
                        // The name with its length, and a byte for the kind.
                        let (length, width) = leb128::read_u32(&wasm[start..]).unwrap_or_default();
                        note(EXPORT, start + width + length as usize + 1);
                    }
                }
            }
            Payload::StartSection { range, .. } => note(START, range.start as usize),
            Payload::ElementSection(reader) => {
                for element in reader {
                    match element?.items {
                        ElementItems::Functions(list) => {
                            for item in list.into_iter_with_offsets() {
                                note(ELEMENT, item?.0 as usize);
                            }
                        }
                        ElementItems::Expressions(_, list) => {
                            for item in list {
                                expression(&item?, wasm, |at| note(ELEMENT, at));
                            }
                        }
                    }
                }
            }
            _ => {}
        }
    }
    Ok(found)
}

/// Shows where the index of each `ref.func` of a constant expression stands.
fn expression(expression: &ConstExpr<'_>, wasm: &[u8], mut note: impl FnMut(usize)) {
    for (at, instruction) in Instructions::of(expression, wasm) {
        if instruction.opcode == REF_FUNC {
            note(at + 1);
        }
    }
}
