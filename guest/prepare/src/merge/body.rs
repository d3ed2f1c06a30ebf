//! The bodies of functions, with the indices of the merged module.

use super::layout::{Instance, Layout};
use super::part::Part;
use crate::code::Code;
use crate::instruction::Instructions;
use crate::leb128;
use crate::opcode::*;
use crate::reader::Reader;
use crate::{Error, sections};

/// The merged module's code section, without the function that starts it.
#[derive(Default)]
pub(super) struct Bodies {
    pub code: Vec<u8>,
    /// For each function of the merged module, whether code takes its reference.
    pub referenced: Vec<bool>,
}

impl Layout<'_, '_> {
    /// The bodies of all instances, each with its size in front.
    pub fn bodies(&self, capacity: usize) -> Result<Bodies, Error> {
        let mut bodies = Bodies {
            code: Vec::with_capacity(capacity),
            referenced: vec![false; self.added() as usize + self.wrapped.len()],
        };
        let mut new = Code::default();
        for instance in &self.instances {
            let part = self.part(instance);
            let code = part.module.code.clone();
            let mut count = part.module.functions.len() - part.module.imported as usize;
            let mut reader = Reader::new(&part.module.wasm[code.clone()], code.start);
            let malformed = |err| part.malformed(err);
            if code.is_empty() && count == 0 {
                continue;
            }
            reader
                .each(|reader| {
                    let mut body = reader.sized()?;
                    new.0.clear();
                    let at = body.offset();
                    let bytes = body.clone().rest();
                    body.each(|reader| {
                        reader.number()?; // so many locals
                        reader.byte()?; // of this type
                        Ok(())
                    })?;
                    let start = body.offset() - at;
                    if self
                        .renumber(
                            instance,
                            part,
                            bytes,
                            start,
                            &mut new,
                            &mut bodies.referenced,
                        )
                        .is_none()
                    {
                        return body.fail("a body with an instruction or index that is not valid");
                    }
                    leb128::write_u32(&mut bodies.code, new.0.len() as u32);
                    bodies.code.extend_from_slice(&new.0);
                    count = count.wrapping_sub(1);
                    Ok(())
                })
                .map_err(malformed)?;
            if count != 0 || !reader.is_at_end() {
                let message = "functions and their bodies are not equally many";
                return Err(part.invalid(message, code.start));
            }
        }
        sections::check_size(bodies.code.len())?;
        Ok(bodies)
    }

    /// Appends a body whose instructions begin at `start`.
    fn renumber(
        &self,
        instance: &Instance,
        part: &Part<'_>,
        body: &[u8],
        start: usize,
        out: &mut Code,
        referenced: &mut [bool],
    ) -> Option<()> {
        let types = &self.types.of_parts[instance.part];
        let (mut copied, mut end) = (0, start);
        let code = Instructions::new(body, start);
        let kind = |index: u32| types.get(index as usize).copied();
        let table = |index: u32| instance.tables.get(index as usize).copied();
        let element = |index: u32| {
            let known = index < part.module.element_segments;
            known.then(|| instance.elements + index)
        };
        let data = |index: u32| {
            let known = index < part.module.data_segments;
            known.then(|| instance.data + index)
        };
        for (at, instruction) in code {
            end = at + instruction.bytes.len();
            let first = instruction.index();
            let second = || instruction.second_index();
            let (first, second) = match instruction.opcode {
                CALL | REF_FUNC => {
                    let function = self.index(*instance.functions.get(first as usize)?);
                    referenced[function as usize] |= instruction.opcode == REF_FUNC;
                    (function, None)
                }
                GLOBAL_GET | GLOBAL_SET => (*instance.globals.get(first as usize)?, None),
                TABLE_GET | TABLE_SET | TABLE_GROW | TABLE_SIZE | TABLE_FILL => {
                    (table(first)?, None)
                }
                CALL_INDIRECT => (kind(first)?, Some(table(second())?)),
                TABLE_COPY => (table(first)?, Some(table(second())?)),
                TABLE_INIT => (element(first)?, Some(table(second())?)),
                ELEM_DROP => (element(first)?, None),
                MEMORY_INIT => (data(first)?, Some(second())),
                DATA_DROP => (data(first)?, None),
                BLOCK | LOOP | IF => match instruction.block_type() {
                    wasmparser::BlockType::FuncType(index) => {
                        out.bytes(&body[copied..at]).raw(&[instruction.opcode]);
                        leb128::write_i64(&mut out.0, kind(index)?.into());
                        copied = end;
                        continue;
                    }
                    _ => continue,
                },
                _ => continue,
            };
            out.bytes(&body[copied..at]).op(instruction.opcode, first);
            if let Some(second) = second {
                leb128::write_u32(&mut out.0, second);
            }
            copied = end;
        }
        out.bytes(&body[copied..end]);
        (end == body.len()).then_some(())
    }
}
