//! The functions of the canonical ABI, by which a component's functions are made of core
//! functions and the other way round.

use super::external::index;
use super::{Component, CoreFunction, Function, Lift, Options, types};
use crate::reader::{Reader, Result};

impl<'a> Component<'a> {
    pub(super) fn canonical_function(&mut self, reader: &mut Reader<'a>) -> Result<()> {
        let function = match reader.byte()? {
            0x00 => {
                reader.byte()?; // a function, always
                let lift = Lift {
                    core: index(reader, self.core_functions.len(), "core function")?,
                    options: self.options(reader)?,
                    kind: self.types[index(reader, self.types.len(), "type")?].clone(),
                };
                self.functions.push(Function::Lifted(self.lifts.len()));
                self.lifts.push(lift);
                return Ok(());
            }
            0x01 => {
                reader.byte()?; // a function, always
                let function = index(reader, self.functions.len(), "function")?;
                let options = self.options(reader)?;
                CoreFunction::Lowered(self.functions[function].clone(), options)
            }
            kind @ 0x02..=0x04 => {
                let resource = index(reader, self.types.len(), "type")?;
                let name = ["new", "drop", "rep"][kind as usize - 2];
                CoreFunction::Resource(name, self.types[resource].clone())
            }
            kind => {
                self.operands(reader, kind)?;
                self.has("asynchronous functions");
                CoreFunction::Other
            }
        };
        self.core_functions.push(function);
        Ok(())
    }

    /// Passes over what follows the kind of a function for tasks, streams,
    /// futures, waitables or threads.
    fn operands(&mut self, reader: &mut Reader<'a>, kind: u8) -> Result<()> {
        match kind {
            0x05 | 0x0d | 0x1e | 0x1f | 0x22..=0x26 | 0x28 | 0x42 => {}
            0x06 | 0x0c | 0x29..=0x2d => {
                reader.byte()?;
            }
            0x0e | 0x13..=0x15 | 0x1a | 0x1b | 0x2e | 0x2f | 0x40 => {
                reader.number()?;
            }
            0x0a | 0x0b | 0x20 | 0x21 => {
                reader.byte()?;
                reader.number()?;
            }
            0x11 | 0x12 | 0x18 | 0x19 => {
                reader.number()?;
                reader.byte()?;
            }
            0x27 | 0x41 => {
                reader.number()?;
                reader.number()?;
            }
            0x09 => {
                types::result(reader)?;
                self.options(reader)?;
            }
            0x0f | 0x10 | 0x16 | 0x17 => {
                reader.number()?;
                self.options(reader)?;
            }
            0x1c | 0x1d => {
                self.options(reader)?;
            }
            _ => {
                return reader.fail(format!(
                    "a canonical function of an unknown kind, {kind:#04x}"
                ));
            }
        }
        Ok(())
    }

    fn options(&self, reader: &mut Reader<'a>) -> Result<Options<'a>> {
        let mut options = Options::default();
        let function = |reader: &mut Reader<'a>| {
            index(reader, self.core_functions.len(), "core function").map(Some)
        };
        reader.each(|reader| {
            match reader.byte()? {
                0x00 => {} // UTF-8
                0x01 => options.other.push("string-encoding=utf16"),
                0x02 => options.other.push("string-encoding=latin1+utf16"),
                0x03 => {
                    let index = index(reader, self.core_memories.len(), "core memory")?;
                    options.memory = Some(self.core_memories[index]);
                }
                0x04 => options.realloc = function(reader)?,
                0x05 => options.post_return = function(reader)?,
                0x06 => options.other.push("async"),
                0x07 => {
                    function(reader)?;
                    options.other.push("callback");
                }
                0x08 => {
                    reader.number()?;
                    options.other.push("core-type");
                }
                0x09 => options.other.push("gc"),
                byte => {
                    return reader.fail(format!("an option of an unknown kind, {byte:#04x}"));
                }
            }
            Ok(())
        })?;
        Ok(options)
    }
}
