//! Reads messages of Protocol Buffers, field by field, without copies.
//! <https://protobuf.dev/programming-guides/encoding/>

/// Why bytes are no message.
pub const DAMAGED: &str = "the bytes are no message of Protocol Buffers";

/// The value of a field.
#[derive(Clone, Copy)]
pub enum Value<'a> {
    /// A number of variable length.
    Number(u64),
    /// A string, a message, or packed numbers.
    Bytes(&'a [u8]),
    /// Four bytes.
    Fixed32,
    /// Eight bytes.
    Fixed64,
}

impl<'a> Value<'a> {
    /// Returns the bytes of a string or message.
    pub fn bytes(self) -> Result<&'a [u8], &'static str> {
        match self {
            Value::Bytes(bytes) => Ok(bytes),
            _ => Err(DAMAGED),
        }
    }

    /// Returns a number.
    pub fn number(self) -> Result<u64, &'static str> {
        match self {
            Value::Number(number) => Ok(number),
            _ => Err(DAMAGED),
        }
    }
}

/// The fields of a message, in the order of its bytes.
pub struct Fields<'a>(pub &'a [u8]);

impl<'a> Fields<'a> {
    /// Returns the next field: its number and its value.
    fn read(&mut self) -> Result<(u64, Value<'a>), &'static str> {
        let key = varint(&mut self.0)?;
        let value = match key & 7 {
            0 => Value::Number(varint(&mut self.0)?),
            1 => {
                self.take(8)?;
                Value::Fixed64
            }
            2 => {
                let length = varint(&mut self.0)?;
                Value::Bytes(self.take(usize::try_from(length).map_err(|_| DAMAGED)?)?)
            }
            5 => {
                self.take(4)?;
                Value::Fixed32
            }
            // Groups, which ONNX does not have.
            _ => return Err(DAMAGED),
        };
        Ok((key >> 3, value))
    }

    fn take(&mut self, length: usize) -> Result<&'a [u8], &'static str> {
        let (taken, rest) = self.0.split_at_checked(length).ok_or(DAMAGED)?;
        self.0 = rest;
        Ok(taken)
    }
}

impl<'a> Iterator for Fields<'a> {
    type Item = Result<(u64, Value<'a>), &'static str>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.0.is_empty() {
            return None;
        }
        let field = self.read();
        if field.is_err() {
            self.0 = &[];
        }
        Some(field)
    }
}

/// Reads a number of variable length.
pub fn varint(bytes: &mut &[u8]) -> Result<u64, &'static str> {
    let mut number = 0u64;
    for shift in (0..70).step_by(7) {
        let (&byte, rest) = bytes.split_first().ok_or(DAMAGED)?;
        *bytes = rest;
        if shift == 63 && byte > 1 {
            return Err(DAMAGED);
        }
        number |= u64::from(byte & 0x7f) << shift;
        if byte < 0x80 {
            return Ok(number);
        }
    }
    Err(DAMAGED)
}
