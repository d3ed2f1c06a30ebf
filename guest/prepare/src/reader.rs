//! Reads the few kinds of values in a binary.

use crate::leb128;

/// A place in a binary. Every failure says where it is.
#[derive(Clone)]
pub(crate) struct Reader<'a> {
    bytes: &'a [u8],
    at: usize,
    /// Where `bytes` begin in the file.
    base: usize,
}

/// What could not be read, and where: bytes from the start of the file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Malformed {
    pub message: String,
    pub offset: usize,
}

pub(crate) type Result<T> = std::result::Result<T, Malformed>;

impl<'a> Reader<'a> {
    /// Reads `bytes`, which begin at `base` in the file.
    pub fn new(bytes: &'a [u8], base: usize) -> Self {
        Reader { bytes, at: 0, base }
    }

    pub fn offset(&self) -> usize {
        self.base + self.at
    }

    pub fn is_at_end(&self) -> bool {
        self.at == self.bytes.len()
    }

    /// A failure at this place.
    pub fn fail<T>(&self, message: impl Into<String>) -> Result<T> {
        Err(Malformed {
            message: message.into(),
            offset: self.offset(),
        })
    }

    pub fn peek(&self) -> Option<u8> {
        self.bytes.get(self.at).copied()
    }

    pub fn byte(&mut self) -> Result<u8> {
        let Some(byte) = self.peek() else {
            return self.fail("unexpected end");
        };
        self.at += 1;
        Ok(byte)
    }

    pub fn bytes(&mut self, size: usize) -> Result<&'a [u8]> {
        let Some(bytes) = self.bytes[self.at..].get(..size) else {
            return self.fail("unexpected end");
        };
        self.at += size;
        Ok(bytes)
    }

    pub fn number(&mut self) -> Result<u32> {
        let Some((value, width)) = leb128::read_u32(&self.bytes[self.at..]) else {
            return self.fail("expected a number of 32 bits");
        };
        self.at += width;
        Ok(value)
    }

    /// Bytes behind their number, to be read on their own.
    pub fn sized(&mut self) -> Result<Reader<'a>> {
        let size = self.number()?;
        let base = self.offset();
        Ok(Reader::new(self.bytes(size as usize)?, base))
    }

    pub fn name(&mut self) -> Result<&'a str> {
        let name = self.sized()?;
        match std::str::from_utf8(name.bytes) {
            Ok(text) => Ok(text),
            Err(_) => name.fail("a name is not UTF-8"),
        }
    }

    /// All that is left.
    pub fn rest(&mut self) -> &'a [u8] {
        let rest = &self.bytes[self.at..];
        self.at = self.bytes.len();
        rest
    }

    /// As many items as the number in front of them says. Memory is taken item
    /// by item: the number may lie.
    pub fn each(&mut self, mut item: impl FnMut(&mut Self) -> Result<()>) -> Result<()> {
        for _ in 0..self.number()? {
            item(self)?;
        }
        Ok(())
    }
}
