//! Functions that no core module has.
//!
//! A host returns a list or string from an import in memory that the caller makes room
//! for, and the caller says by which function. Core modules of one component may have
//! several such functions: an adapter for WASI has one of its own, so that a library can
//! ask for its arguments before it can allocate memory. A core module alone has one,
//! `cabi_realloc`, and so has the merged module: one that looks at a global. Where an
//! import has another function than the exports of the contract, it is called through a
//! wrapper, which sets the global while the import runs. So is then every import that
//! returns values in memory: one with the function of the exports may be called while
//! another import runs, by a destructor or by a realloc.

use wasmparser::ValType;

use super::layout::{Function, Layout};
use super::problem;
use crate::Error;
use crate::code::Code;
use crate::contract::quoted;
use crate::leb128;
use crate::opcode::*;

/// How many parameters a realloc has.
const PARAMETERS: u32 = 4;

/// A function of the merger: its type, and its body.
pub(super) struct Added {
    pub kind: u32,
    pub body: Vec<u8>,
}

impl Layout<'_, '_> {
    /// Decides which imports are called through wrappers. The answer is the function that
    /// they do not need: that of the exports, or else that of the first import.
    pub fn wrap(&mut self, realloc: Option<Function>) -> Result<Option<Function>, Error> {
        let first = || self.imports.iter().find_map(|import| import.realloc);
        let Some(main) = realloc.or_else(first) else {
            return Ok(None);
        };
        for import in &self.imports {
            if let Some(realloc) = import.realloc.filter(|&realloc| realloc != main) {
                let kind = self.types.list[self.kind(realloc) as usize];
                if kind.params() != [ValType::I32; PARAMETERS as usize]
                    || kind.results() != [ValType::I32]
                {
                    return problem(format!(
                        "the realloc of the import {} {} has another type than a realloc",
                        quoted(&import.module),
                        quoted(&import.name)
                    ));
                }
            }
        }
        let mut reallocs = self.imports.iter().filter_map(|import| import.realloc);
        if reallocs.any(|realloc| realloc != main) {
            for (number, import) in self.imports.iter().enumerate() {
                let wrapper = self.wrapped.len() as u32;
                self.wrappers.push(import.realloc.map(|_| wrapper));
                if import.realloc.is_some() {
                    self.wrapped.push(number as u32);
                }
            }
        }
        Ok(Some(main))
    }

    /// The index of the realloc that the merged module exports.
    pub fn realloc(&self, main: Function) -> u32 {
        match self.wrapped.len() {
            0 => self.index(main),
            count => self.added() + count as u32,
        }
    }

    /// The wrappers, and after them the realloc that asks which is running.
    pub fn wrappers(&self, main: Option<Function>) -> Vec<Added> {
        let mut added = vec![];
        let Some(main) = main.filter(|_| !self.wrapped.is_empty()) else {
            return added;
        };
        let global = self.globals.len() as u32;
        let mut choice = Code::default();
        choice.bytes(&[0]); // no locals
        for (number, &import) in self.wrapped.iter().enumerate() {
            let other = self.imports[import as usize].realloc;
            let other = other.filter(|&realloc| realloc != main);
            let running = other.map_or(0, |_| number as i32 + 1);
            let kind = self.imports[import as usize].kind;
            let parameters = self.types.list[kind as usize].params().len() as u32;
            let mut code = Code::default();
            code.bytes(&[1, 1, I32]); // a local, for what the global was
            code.op(GLOBAL_GET, global).op(LOCAL_SET, parameters);
            code.i32(running).op(GLOBAL_SET, global);
            call(import, parameters, &mut code);
            code.op(LOCAL_GET, parameters).op(GLOBAL_SET, global);
            code.raw(&[END]);
            added.push(Added { kind, body: code.0 });
            if let Some(realloc) = other {
                choice.op(GLOBAL_GET, global).i32(running).raw(&[I32_EQ]);
                choice.open(IF);
                call(self.index(realloc), PARAMETERS, &mut choice);
                choice.raw(&[RETURN, END]);
            }
        }
        call(self.index(main), PARAMETERS, &mut choice);
        choice.raw(&[END]);
        added.push(Added {
            kind: self.kind(main),
            body: choice.0,
        });
        added
    }

    /// Appends the globals of the merger.
    pub fn write_globals(&self, out: &mut Vec<u8>) {
        let own = usize::from(!self.wrapped.is_empty());
        leb128::write_u32(out, (self.globals.len() + own) as u32);
        for (kind, value) in &self.globals {
            out.push(super::part::value_type(kind.content_type).unwrap_or_default());
            out.push(kind.mutable.into());
            self.write_value(*value, out);
        }
        if own > 0 {
            out.extend_from_slice(&[I32, 1, I32_CONST as u8, 0, END as u8]);
        }
    }
}

/// Appends a call with the parameters of the function around it.
fn call(function: u32, parameters: u32, code: &mut Code) {
    for parameter in 0..parameters {
        code.op(LOCAL_GET, parameter);
    }
    code.op(CALL, function);
}
