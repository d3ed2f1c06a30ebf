//! A core module of a component, read for merging.

use std::ops::Range;

use wasmparser::{BinaryReader, FromReader, RefType, SectionLimited, TableInit, ValType};

use crate::component::Names;
use crate::module::Module;
use crate::reader::Malformed;
use crate::sections::{self, ELEMENT, GLOBAL, ORDER, TABLE};
use crate::{Error, features, names};

/// A core module that has an instance. It need not be valid: merged with others, it is
/// validated.
pub(super) struct Part<'a> {
    /// Its number in the component, and where it begins there.
    pub number: usize,
    base: usize,
    pub module: Module<'a>,
    /// Indices of the module's exports by name.
    pub exports: Names<'a>,
    globals: Range<usize>,
    elements: Range<usize>,
    data: Range<usize>,
    /// The contents of the first name section.
    pub names: &'a [u8],
}

impl<'a> Part<'a> {
    /// Reads the core module with this number, which begins at `base`.
    pub fn read(number: usize, base: usize, wasm: &'a [u8]) -> Result<Self, Error> {
        let mut part = Part {
            number,
            base,
            module: Module::default(),
            exports: Names::new(),
            globals: 0..0,
            elements: 0..0,
            data: 0..0,
            names: &[],
        };
        part.module = Module::read(wasm).map_err(|err| part.error(err))?;
        let mut due = ORDER.into_iter();
        let mut end = sections::PREAMBLE;
        let mut named = false;
        for section in sections::sections(wasm) {
            let contents = section.contents.clone();
            end = section.whole.end;
            match section.id {
                sections::CUSTOM if section.name == names::SECTION && !named => {
                    named = true;
                    part.names = &wasm[contents];
                }
                sections::CUSTOM => {}
                id if !due.any(|other| other == id) => {
                    let at = section.whole.start;
                    return Err(part.invalid("a section is unknown or out of order", at));
                }
                TABLE => part.check_tables(contents)?,
                GLOBAL => part.globals = contents,
                ELEMENT => part.elements = contents,
                sections::DATA => part.data = contents,
                _ => {}
            }
        }
        if end != wasm.len() {
            return Err(part.invalid("unexpected end", end));
        }
        part.check_types()?;
        for (index, export) in part.module.exports.iter().enumerate() {
            part.exports.insert(export.name, index);
        }
        Ok(part)
    }

    /// Refuses what WebAssembly 2.0 does not have where it would be lost in merging.
    fn check_types(&self) -> Result<(), Error> {
        let Module {
            types,
            tables,
            memories,
            globals,
            ..
        } = &self.module;
        let is_old = |kind: &ValType| value_type(*kind).is_some();
        let functions = types.iter().all(|kind| {
            kind.as_ref().is_some_and(|kind| {
                kind.params().iter().all(is_old) && kind.results().iter().all(is_old)
            })
        });
        let tables = tables.iter().all(|table| {
            let old = reference_type(table.element_type).is_some();
            old && !table.table64 && !table.shared
        });
        let memories = memories
            .iter()
            .all(|memory| !memory.memory64 && !memory.shared && memory.page_size_log2.is_none());
        let globals = globals
            .iter()
            .all(|global| is_old(&global.content_type) && !global.shared);
        match functions && tables && memories && globals {
            true => Ok(()),
            false => Err(self.newer("its types are not all of WebAssembly 2.0")),
        }
    }

    fn check_tables(&self, contents: Range<usize>) -> Result<(), Error> {
        for table in self.items::<wasmparser::Table<'_>>(&contents)? {
            if !matches!(table.init, TableInit::RefNull) {
                return Err(self.newer("a table has an initial value"));
            }
        }
        Ok(())
    }

    pub fn globals(&self) -> Result<Vec<wasmparser::Global<'a>>, Error> {
        self.items(&self.globals)
    }

    pub fn elements(&self) -> Result<Vec<wasmparser::Element<'a>>, Error> {
        self.items(&self.elements)
    }

    pub fn data(&self) -> Result<Vec<wasmparser::Data<'a>>, Error> {
        self.items(&self.data)
    }

    /// The items of a section.
    fn items<T: FromReader<'a>>(&self, contents: &Range<usize>) -> Result<Vec<T>, Error> {
        if contents.is_empty() {
            return Ok(vec![]);
        }
        let mut items = vec![];
        let refusal = |err| self.refusal(&err);
        let reader = BinaryReader::new(&self.module.wasm[contents.clone()], contents.start as u64);
        for item in SectionLimited::new(reader).map_err(refusal)? {
            items.push(item.map_err(refusal)?);
        }
        Ok(items)
    }

    pub fn refusal(&self, err: &wasmparser::Error) -> Error {
        self.error(features::refusal(self.module.wasm, err))
    }

    /// An error in the core module, said of the component.
    pub fn error(&self, err: Error) -> Error {
        match err {
            Error::Invalid { message, offset } => self.invalid(&message, offset as usize),
            Error::Unsupported { message, offset } => Error::Unsupported {
                message: self.within(&message),
                offset: offset + self.base as u64,
            },
            Error::LongForm { offset } => Error::LongForm {
                offset: offset + self.base as u64,
            },
            err => err,
        }
    }

    pub fn malformed(&self, err: Malformed) -> Error {
        self.invalid(&err.message, err.offset)
    }

    /// What is wrong at this place of the core module.
    pub fn invalid(&self, message: &str, offset: usize) -> Error {
        Error::Invalid {
            message: self.within(message),
            offset: (self.base + offset) as u64,
        }
    }

    /// The error of an initial value or an offset at this place.
    pub fn not_constant(&self, offset: usize) -> Error {
        self.invalid("an expression is not constant", offset)
    }

    pub fn newer(&self, message: &str) -> Error {
        Error::Unsupported {
            message: self.within(message),
            offset: self.base as u64,
        }
    }

    fn within(&self, message: &str) -> String {
        format!("in core module {}, {message}", self.number)
    }
}

/// The byte of a type of values of WebAssembly 2.0.
pub(super) fn value_type(kind: ValType) -> Option<u8> {
    use crate::opcode::{F32, F64, I32, I64, V128};
    Some(match kind {
        ValType::I32 => I32,
        ValType::I64 => I64,
        ValType::F32 => F32,
        ValType::F64 => F64,
        ValType::V128 => V128,
        ValType::Ref(reference) => return reference_type(reference),
    })
}

/// The byte of a type of references of WebAssembly 2.0.
pub(super) fn reference_type(kind: RefType) -> Option<u8> {
    use crate::tables::{EXTERNREF, FUNCREF};
    if kind == RefType::FUNCREF {
        Some(FUNCREF)
    } else if kind == RefType::EXTERNREF {
        Some(EXTERNREF)
    } else {
        None
    }
}
