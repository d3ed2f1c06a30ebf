//! The segments of all instances, and what they do when they start.
//!
//! An instance first copies its active segments, elements and then data, and then calls its
//! start function; then comes the next instance. A module does the same once. So when an
//! instance has a start function, the segments of those after it become passive, and a
//! function copies and drops them and calls the start functions, all in the right order.

use wasmparser::{ConstExpr, DataKind, ElementItems, ElementKind};

use super::constant::{self, Value};
use super::layout::{Instance, Layout};
use super::part::{Part, reference_type};
use crate::code::Code;
use crate::opcode::*;
use crate::{Error, leb128};

/// Flags of a segment.
const PASSIVE: u32 = 1;
const DECLARED: u32 = 3;
/// With the index of a table or memory.
const ACTIVE: u32 = 2;
/// With expressions, not indices of functions.
const EXPRESSIONS: u32 = 4;
/// What the elements are: functions.
const FUNCTIONS: u8 = 0;

impl Layout<'_, '_> {
    /// The body of the function that starts the merged module, if there is one.
    pub fn start(&self) -> Result<Option<Vec<u8>>, Error> {
        let Some(first) = self.starts else {
            return Ok(None);
        };
        let mut code = Code::default();
        code.bytes(&[0]); // no locals
        for (position, instance) in self.instances.iter().enumerate().skip(first) {
            let part = self.part(instance);
            if position > first {
                self.copy_elements(instance, part, &mut code)?;
                self.copy_data(instance, part, &mut code)?;
            }
            if let Some(start) = part.module.start {
                let Some(&function) = instance.functions.get(start as usize) else {
                    return Err(part.invalid("the start function is of no module", 0));
                };
                code.op(CALL, self.index(function));
            }
        }
        code.raw(&[END]);
        Ok(Some(code.0))
    }

    fn copy_elements(
        &self,
        instance: &Instance,
        part: &Part<'_>,
        code: &mut Code,
    ) -> Result<(), Error> {
        for (segment, element) in (instance.elements..).zip(part.elements()?) {
            let ElementKind::Active {
                table_index,
                offset_expr,
            } = element.kind
            else {
                continue;
            };
            let count = match element.items {
                ElementItems::Functions(items) => items.count(),
                ElementItems::Expressions(_, items) => items.count(),
            };
            let offset = self.offset(instance, part, &offset_expr)?;
            let table = self.table(instance, part, table_index)?;
            code.i32(offset).i32(0).i32(count as i32);
            code.op(TABLE_INIT, segment);
            leb128::write_u32(&mut code.0, table);
            code.op(ELEM_DROP, segment);
        }
        Ok(())
    }

    fn copy_data(
        &self,
        instance: &Instance,
        part: &Part<'_>,
        code: &mut Code,
    ) -> Result<(), Error> {
        for (segment, data) in (instance.data..).zip(part.data()?) {
            if let DataKind::Active { offset_expr, .. } = data.kind {
                let offset = self.offset(instance, part, &offset_expr)?;
                code.i32(offset).i32(0).i32(data.data.len() as i32);
                code.op(MEMORY_INIT, segment).bytes(&[0]);
                code.op(DATA_DROP, segment);
            }
        }
        Ok(())
    }

    /// Whether the active segments of an instance become passive.
    fn is_late(&self, position: usize) -> bool {
        self.starts.is_some_and(|first| position > first)
    }

    /// Appends the element section; `referenced` says for each function whether code takes
    /// its reference.
    pub fn write_elements(&self, referenced: &[bool], out: &mut Vec<u8>) -> Result<(), Error> {
        // Each has to be declared, and what declared it in a core module may be an export.
        let declared = referenced.iter().filter(|&&is| is).count() as u32;
        leb128::write_u32(out, self.elements + u32::from(declared > 0));
        for (position, instance) in self.instances.iter().enumerate() {
            let part = self.part(instance);
            for element in part.elements()? {
                let (flags, expressions) = match element.items {
                    ElementItems::Functions(_) => (0, 0),
                    ElementItems::Expressions(..) => (EXPRESSIONS, EXPRESSIONS),
                };
                match element.kind {
                    ElementKind::Active {
                        table_index,
                        offset_expr,
                    } if !self.is_late(position) => {
                        let table = self.table(instance, part, table_index)?;
                        let offset = self.offset(instance, part, &offset_expr)?;
                        leb128::write_u32(out, ACTIVE | flags);
                        leb128::write_u32(out, table);
                        self.write_value(Value::I32(offset), out);
                    }
                    ElementKind::Active { .. } | ElementKind::Passive => {
                        leb128::write_u32(out, PASSIVE | expressions);
                    }
                    ElementKind::Declared => leb128::write_u32(out, DECLARED | expressions),
                }
                self.write_items(instance, part, element.items, out)?;
            }
        }
        if declared > 0 {
            leb128::write_u32(out, DECLARED);
            out.push(FUNCTIONS);
            leb128::write_u32(out, declared);
            for (function, _) in referenced.iter().enumerate().filter(|(_, is)| **is) {
                leb128::write_u32(out, function as u32);
            }
        }
        Ok(())
    }

    fn write_items(
        &self,
        instance: &Instance,
        part: &Part<'_>,
        items: ElementItems<'_>,
        out: &mut Vec<u8>,
    ) -> Result<(), Error> {
        let refusal = |err| part.refusal(&err);
        match items {
            ElementItems::Functions(items) => {
                out.push(FUNCTIONS);
                leb128::write_u32(out, items.count());
                let at = items.original_position() as usize;
                for function in items {
                    let function = function.map_err(refusal)?;
                    let Some(&function) = instance.functions.get(function as usize) else {
                        return Err(part.invalid("an element is of no function", at));
                    };
                    leb128::write_u32(out, self.index(function));
                }
            }
            ElementItems::Expressions(kind, items) => {
                let at = items.original_position() as usize;
                let Some(kind) = reference_type(kind) else {
                    return Err(part.newer("elements are not of WebAssembly 2.0"));
                };
                out.push(kind);
                leb128::write_u32(out, items.count());
                for item in items {
                    let value = self.constant(instance, part, &item.map_err(refusal)?);
                    self.write_value(value.ok_or_else(|| part.not_constant(at))?, out);
                }
            }
        }
        Ok(())
    }

    /// Appends the data section.
    pub fn write_data(&self, out: &mut Vec<u8>) -> Result<(), Error> {
        leb128::write_u32(out, self.data);
        for (position, instance) in self.instances.iter().enumerate() {
            let part = self.part(instance);
            for data in part.data()? {
                match data.kind {
                    DataKind::Active {
                        offset_expr,
                        memory_index: 0,
                    } if !self.is_late(position) => {
                        let offset = self.offset(instance, part, &offset_expr)?;
                        leb128::write_u32(out, 0);
                        self.write_value(Value::I32(offset), out);
                    }
                    DataKind::Active {
                        memory_index: 1.., ..
                    } => return Err(part.newer("there are several memories")),
                    DataKind::Active { .. } | DataKind::Passive => {
                        leb128::write_u32(out, PASSIVE);
                    }
                }
                leb128::write_u32(out, data.data.len() as u32);
                out.extend_from_slice(data.data);
            }
        }
        Ok(())
    }

    fn table(
        &self,
        instance: &Instance,
        part: &Part<'_>,
        index: Option<u32>,
    ) -> Result<u32, Error> {
        let table = instance.tables.get(index.unwrap_or(0) as usize);
        let table = table.copied();
        table.ok_or_else(|| part.invalid("a segment of elements is of no table", 0))
    }

    /// The value of an expression of an instance.
    fn constant<'e>(
        &self,
        instance: &Instance,
        part: &Part<'e>,
        expression: &ConstExpr<'e>,
    ) -> Option<Value<'e>>
    where
        Self: 'e,
    {
        constant::value(
            expression,
            part.module.wasm,
            &instance.functions,
            &instance.globals,
            &self.globals,
        )
    }

    fn offset(
        &self,
        instance: &Instance,
        part: &Part<'_>,
        expression: &ConstExpr<'_>,
    ) -> Result<i32, Error> {
        match self.constant(instance, part, expression) {
            Some(Value::I32(offset)) => Ok(offset),
            _ => {
                let at = expression.get_binary_reader().original_position() as usize;
                Err(part.not_constant(at))
            }
        }
    }
}
