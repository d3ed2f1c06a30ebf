//! Writes JSON. A serialiser for any type would be a large part of a module.

/// A JSON text that grows from left to right.
#[derive(Default)]
pub struct Json {
    text: String,
}

impl Json {
    /// An object, whose members `body` writes.
    pub fn object(&mut self, body: impl FnOnce(&mut Self)) {
        self.separate();
        self.text.push('{');
        body(self);
        self.text.push('}');
    }

    /// The name of the member whose value comes next.
    pub fn key(&mut self, name: &str) -> &mut Self {
        self.string(name);
        self.text.push(':');
        self
    }

    /// A list with a value for each item.
    pub fn list<T>(
        &mut self,
        items: impl IntoIterator<Item = T>,
        mut write: impl FnMut(&mut Self, T),
    ) {
        self.separate();
        self.text.push('[');
        for item in items {
            write(self, item);
        }
        self.text.push(']');
    }

    /// A number.
    pub fn number(&mut self, value: u64) {
        self.separate();
        self.text.push_str(&value.to_string());
    }

    /// A truth value.
    pub fn bool(&mut self, value: bool) {
        self.separate();
        self.text.push_str(if value { "true" } else { "false" });
    }

    /// The null value.
    pub fn null(&mut self) {
        self.separate();
        self.text.push_str("null");
    }

    /// A string.
    pub fn string(&mut self, value: &str) {
        self.separate();
        self.text.push('"');
        for c in value.chars() {
            match c {
                '"' | '\\' => {
                    self.text.push('\\');
                    self.text.push(c);
                }
                // All that JSON demands, and the two line ends of JavaScript.
                '\0'..='\x1f' | '\x7f' | '\u{2028}' | '\u{2029}' => {
                    self.text.push_str(&format!("\\u{:04x}", u32::from(c)));
                }
                c => self.text.push(c),
            }
        }
        self.text.push('"');
    }

    /// The text.
    pub fn finish(self) -> String {
        self.text
    }

    /// Writes the comma before all but the first value of a list or object.
    fn separate(&mut self) {
        if !matches!(self.text.as_bytes().last(), None | Some(b'{' | b'[' | b':')) {
            self.text.push(',');
        }
    }
}
