//! The tokens of JSON, one after the other, with the errors and places of serde_json.
#![allow(clippy::manual_try_fold, reason = "a loop without an exit is smaller")]
use std::borrow::Cow;

use super::number::parse_number;

/// What errors say, in serde_json's words.
pub mod words {
    pub const END_IN_LIST: &str = "EOF while parsing a list";
    pub const END_IN_OBJECT: &str = "EOF while parsing an object";
    pub const END_IN_STRING: &str = "EOF while parsing a string";
    pub const END_IN_VALUE: &str = "EOF while parsing a value";
    pub const NO_COLON: &str = "expected `:`";
    pub const NO_COMMA_IN_LIST: &str = "expected `,` or `]`";
    pub const NO_COMMA_IN_OBJECT: &str = "expected `,` or `}`";
    pub const NO_IDENT: &str = "expected ident";
    pub const NO_VALUE_HERE: &str = "expected value";
    pub const BAD_ESCAPE: &str = "invalid escape";
    pub const BAD_NUMBER: &str = "invalid number";
    pub const NUMBER_OUT_OF_RANGE: &str = "number out of range";
    pub const CONTROL_CHARACTER: &str =
        "control character (\\u0000-\\u001F) found while parsing a string";
    pub const NAME_IS_NO_STRING: &str = "key must be a string";
    pub const HALF_A_PAIR: &str = "lone leading surrogate in hex escape";
    pub const END_OF_PAIR: &str = "unexpected end of hex escape";
    pub const TRAILING_COMMA: &str = "trailing comma";
    pub const TRAILING_CHARACTERS: &str = "trailing characters";
    pub const NO_VALUES: &str = "invalid length 0, expected struct Datapoint with 2 elements";
    pub const ONE_VALUE: &str = "invalid length 1, expected struct Datapoint with 2 elements";
    pub const TWO_TIMESTAMPS: &str = "duplicate field `timestamp`";
    pub const TWO_VALUES: &str = "duplicate field `value`";
    pub const NO_TIMESTAMP: &str = "missing field `timestamp`";
    pub const NO_VALUE: &str = "missing field `value`";
}

/// Why a text is refused, and at which byte, if that is known.
pub struct Failure {
    words: Cow<'static, str>,
    at: Option<usize>,
}

impl Failure {
    /// A failure whose place is not known yet.
    pub const fn somewhere(words: &'static str) -> Self {
        Failure {
            words: Cow::Borrowed(words),
            at: None,
        }
    }

    /// The failure, at a place if it has none.
    pub fn or_at(self, at: usize) -> Self {
        Failure {
            at: self.at.or(Some(at)),
            ..self
        }
    }
}

/// A number, as serde_json tells them apart.
pub enum Number {
    Whole(u64),
    Negative(i64),
    Float(f64),
}

/// A place in a text.
pub struct Reader<'a> {
    text: &'a [u8],
    at: usize,
}

impl<'a> Reader<'a> {
    pub fn new(text: &'a [u8]) -> Self {
        Reader { text, at: 0 }
    }

    /// How many bytes were read.
    pub fn place(&self) -> usize {
        self.at
    }

    /// The error that ends with what was read.
    #[cold]
    pub fn error(&self, words: impl Into<Cow<'static, str>>) -> Failure {
        Failure {
            words: words.into(),
            at: Some(self.at),
        }
    }

    /// The error of the next byte.
    #[cold]
    pub fn error_ahead(&self, words: &'static str) -> Failure {
        Failure {
            words: words.into(),
            at: Some(self.text.len().min(self.at + 1)),
        }
    }

    /// The error that ends before the last byte that was read.
    #[cold]
    pub fn error_before(&self, words: &'static str) -> Failure {
        Failure {
            words: words.into(),
            at: Some(self.at - 1),
        }
    }

    /// What a failure says, with its line and column.
    pub fn message(&self, failure: &Failure) -> String {
        let before = &self.text[..failure.at.unwrap_or(self.at)];
        let column = before
            .iter()
            .rev()
            .take_while(|byte| **byte != b'\n')
            .count();
        let line = 1 + before.iter().filter(|byte| **byte == b'\n').count();
        format!("{} at line {line} column {column}", failure.words)
    }

    /// The next byte, which is not read yet.
    pub fn peek(&self) -> Option<u8> {
        self.text.get(self.at).copied()
    }

    /// The next byte, which is read.
    pub fn next(&mut self) -> Option<u8> {
        let byte = self.peek()?;
        self.at += 1;
        Some(byte)
    }

    /// Goes on by a byte that was looked at.
    pub fn eat(&mut self) {
        self.at += 1;
    }

    /// The next byte that is not white space.
    pub fn token(&mut self) -> Option<u8> {
        while let Some(b' ' | b'\n' | b'\t' | b'\r') = self.peek() {
            self.eat();
        }
        self.peek()
    }

    /// The same where a value must follow.
    pub fn token_of_value(&mut self) -> Result<u8, Failure> {
        self.token()
            .ok_or_else(|| self.error_ahead(words::END_IN_VALUE))
    }

    /// The colon after a name.
    pub fn colon(&mut self) -> Result<(), Failure> {
        match self.token() {
            Some(b':') => {
                self.eat();
                Ok(())
            }
            Some(_) => Err(self.error_ahead(words::NO_COLON)),
            None => Err(self.error_ahead(words::END_IN_OBJECT)),
        }
    }

    /// A word whose first letter was looked at.
    pub fn ident(&mut self, ident: &[u8]) -> Result<(), Failure> {
        for expected in ident {
            match self.next() {
                None => return Err(self.error(words::END_IN_VALUE)),
                Some(byte) if byte != *expected => return Err(self.error(words::NO_IDENT)),
                Some(_) => {}
            }
        }
        Ok(())
    }

    /// Reads digits; how many there were.
    pub fn digits(&mut self) -> usize {
        let start = self.at;
        while let Some(b'0'..=b'9') = self.peek() {
            self.eat();
        }
        self.at - start
    }

    /// A number whose first byte was looked at.
    pub fn number(&mut self) -> Result<Number, Failure> {
        let start = self.at;
        let negative = self.peek() == Some(b'-');
        if negative {
            self.eat();
        }
        self.first_digits(words::END_IN_VALUE)?;
        let whole = self.whole(start + usize::from(negative));
        let mut float = self.peek() == Some(b'.');
        if float {
            self.eat();
            if self.digits() == 0 {
                return Err(self.error_ahead(match self.peek() {
                    Some(_) => words::BAD_NUMBER,
                    None => words::END_IN_VALUE,
                }));
            }
        }
        if let Some(b'e' | b'E') = self.peek() {
            let zero = !self.text[start..self.at]
                .iter()
                .any(|byte| matches!(byte, b'1'..=b'9'));
            self.exponent(zero)?;
            float = true;
        }
        match whole {
            Some(whole) if !float && !negative => return Ok(Number::Whole(whole)),
            Some(whole) if !float => {
                let negated = (whole as i64).wrapping_neg();
                if negated < 0 {
                    return Ok(Number::Negative(negated));
                }
            }
            _ => {}
        }
        match parse_number(&self.text[start..self.at]) {
            Some((value, _)) if value.is_finite() => Ok(Number::Float(value)),
            _ => Err(self.error(words::NUMBER_OUT_OF_RANGE)),
        }
    }

    /// The digits before a point, of which only one may be a zero.
    pub fn first_digits(&mut self, end: &'static str) -> Result<(), Failure> {
        match self.next() {
            Some(b'0') => {
                if let Some(b'0'..=b'9') = self.peek() {
                    return Err(self.error_ahead(words::BAD_NUMBER));
                }
            }
            Some(b'1'..=b'9') => {
                self.digits();
            }
            Some(_) => return Err(self.error(words::BAD_NUMBER)),
            None => return Err(self.error(end)),
        }
        Ok(())
    }

    /// The whole number of the digits since `start`, unless it is too large.
    fn whole(&self, start: usize) -> Option<u64> {
        let digits = self.text[start..self.at].iter();
        digits.fold(Some(0_u64), |whole, digit| {
            whole?.checked_mul(10)?.checked_add(u64::from(digit - b'0'))
        })
    }

    /// An exponent, of which the letter was looked at. serde_json refuses one beyond 31 bits
    /// before it has read all of it.
    fn exponent(&mut self, zero: bool) -> Result<(), Failure> {
        self.eat();
        let sign = self.peek();
        if let Some(b'+' | b'-') = sign {
            self.eat();
        }
        let mut value = match self.next() {
            Some(digit @ b'0'..=b'9') => i32::from(digit - b'0'),
            Some(_) => return Err(self.error(words::BAD_NUMBER)),
            None => return Err(self.error(words::END_IN_VALUE)),
        };
        while let Some(digit @ b'0'..=b'9') = self.peek() {
            self.eat();
            let next = value
                .checked_mul(10)
                .and_then(|value| value.checked_add(i32::from(digit - b'0')));
            match next {
                Some(next) => value = next,
                None if zero || sign == Some(b'-') => {
                    self.digits();
                }
                None => return Err(self.error(words::NUMBER_OUT_OF_RANGE)),
            }
        }
        Ok(())
    }

    /// A string after its first quote: its characters are appended to `to`.
    pub fn string(&mut self, to: &mut Vec<u8>) -> Result<(), Failure> {
        loop {
            let start = self.at;
            while let Some(0x20..=0x21 | 0x23..=0x5b | 0x5d..) = self.peek() {
                self.eat();
            }
            to.extend_from_slice(&self.text[start..self.at]);
            match self.next() {
                Some(b'"') => return Ok(()),
                Some(b'\\') => self.escape(to)?,
                Some(_) => return Err(self.error(words::CONTROL_CHARACTER)),
                None => return Err(self.error(words::END_IN_STRING)),
            }
        }
    }

    /// What follows a backslash.
    fn escape(&mut self, to: &mut Vec<u8>) -> Result<(), Failure> {
        let character = match self.next() {
            Some(byte @ (b'"' | b'\\' | b'/')) => char::from(byte),
            Some(b'b') => '\x08',
            Some(b'f') => '\x0c',
            Some(b'n') => '\n',
            Some(b'r') => '\r',
            Some(b't') => '\t',
            Some(b'u') => self.character()?,
            Some(_) => return Err(self.error(words::BAD_ESCAPE)),
            None => return Err(self.error(words::END_IN_STRING)),
        };
        to.extend_from_slice(character.encode_utf8(&mut [0; 4]).as_bytes());
        Ok(())
    }

    /// The character of a `\u`, or of two that are a pair of surrogates.
    fn character(&mut self) -> Result<char, Failure> {
        let first = self.four_digits()?;
        let mut code = first;
        if let 0xd800..=0xdbff = first {
            for expected in [b'\\', b'u'] {
                match self.next() {
                    Some(byte) if byte == expected => {}
                    Some(_) => return Err(self.error(words::END_OF_PAIR)),
                    None => return Err(self.error(words::END_IN_STRING)),
                }
            }
            code = match self.four_digits()? {
                second @ 0xdc00..=0xdfff => 0x1_0000 + ((first - 0xd800) << 10) + (second - 0xdc00),
                _ => return Err(self.error(words::HALF_A_PAIR)),
            };
        }
        char::from_u32(code).ok_or_else(|| self.error(words::HALF_A_PAIR))
    }

    /// The number of four hexadecimal digits.
    pub fn four_digits(&mut self) -> Result<u32, Failure> {
        let Some(digits) = self.text.get(self.at..self.at + 4) else {
            self.at = self.text.len();
            return Err(self.error(words::END_IN_STRING));
        };
        self.at += 4;
        digits
            .iter()
            .try_fold(0, |code, digit| {
                Some(code << 4 | char::from(*digit).to_digit(16)?)
            })
            .ok_or_else(|| self.error(words::BAD_ESCAPE))
    }
}
