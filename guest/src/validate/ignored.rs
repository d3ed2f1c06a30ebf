//! Values that nobody reads. They are held to the grammar only, and may nest to any depth.

use super::reader::{Failure, Reader, words};

impl Reader<'_> {
    /// A string that nobody reads, after its first quote. It is held to the grammar only.
    fn ignore_string(&mut self) -> Result<(), Failure> {
        loop {
            match self.next() {
                Some(b'"') => return Ok(()),
                Some(b'\\') => match self.next() {
                    Some(b'"' | b'\\' | b'/' | b'b' | b'f' | b'n' | b'r' | b't') => {}
                    Some(b'u') => {
                        self.four_digits()?;
                    }
                    Some(_) => return Err(self.error(words::BAD_ESCAPE)),
                    None => return Err(self.error(words::END_IN_STRING)),
                },
                Some(0x20..) => {}
                Some(_) => return Err(self.error_before(words::CONTROL_CHARACTER)),
                None => return Err(self.error(words::END_IN_STRING)),
            }
        }
    }

    /// A number that nobody reads.
    fn ignore_number(&mut self) -> Result<(), Failure> {
        if self.peek() == Some(b'-') {
            self.eat();
        }
        self.first_digits(words::BAD_NUMBER)?;
        if self.peek() == Some(b'.') {
            self.eat();
            if self.digits() == 0 {
                return Err(self.error_ahead(words::BAD_NUMBER));
            }
        }
        if let Some(b'e' | b'E') = self.peek() {
            self.eat();
            if let Some(b'+' | b'-') = self.peek() {
                self.eat();
            }
            if !matches!(self.next(), Some(b'0'..=b'9')) {
                return Err(self.error(words::BAD_NUMBER));
            }
            self.digits();
        }
        Ok(())
    }

    /// A value that nobody reads, of any depth.
    pub fn ignore_value(&mut self) -> Result<(), Failure> {
        // The brackets around the place, the innermost last.
        let mut open: Vec<u8> = Vec::new();
        loop {
            let mut complete = true;
            match self.token_of_value()? {
                b'n' => self.ident(b"null")?,
                b't' => self.ident(b"true")?,
                b'f' => self.ident(b"false")?,
                b'-' | b'0'..=b'9' => self.ignore_number()?,
                b'"' => {
                    self.eat();
                    self.ignore_string()?;
                }
                bracket @ (b'[' | b'{') => {
                    self.eat();
                    open.push(bracket);
                    complete = false;
                }
                _ => return Err(self.error_ahead(words::NO_VALUE_HERE)),
            }
            let bracket = loop {
                let Some(&bracket) = open.last() else {
                    return Ok(());
                };
                let list = bracket == b'[';
                match self.token() {
                    Some(b',') if complete => {
                        self.eat();
                        break bracket;
                    }
                    Some(b']') if list => {}
                    Some(b'}') if !list => {}
                    Some(_) if !complete => break bracket,
                    Some(_) if list => return Err(self.error_ahead(words::NO_COMMA_IN_LIST)),
                    Some(_) => return Err(self.error_ahead(words::NO_COMMA_IN_OBJECT)),
                    None if list => return Err(self.error_ahead(words::END_IN_LIST)),
                    None => return Err(self.error_ahead(words::END_IN_OBJECT)),
                }
                self.eat();
                open.pop();
                complete = true;
            };
            if bracket == b'{' {
                match self.token() {
                    Some(b'"') => self.eat(),
                    Some(_) => return Err(self.error_ahead(words::NAME_IS_NO_STRING)),
                    None => return Err(self.error_ahead(words::END_IN_OBJECT)),
                }
                self.ignore_string()?;
                self.colon()?;
            }
        }
    }
}
