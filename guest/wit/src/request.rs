//! What the host passes: the files, and what is wanted of them.
//!
//! A request is a sequence of fields, each a length of four bytes, little endian,
//! and so many bytes: the world's name, empty for the only one; features that are
//! turned on, separated by commas; and then three fields for each file: its group in
//! decimal, its path, its contents. Group 0 is the package that has the world, every
//! other group a dependency of it.

use crate::Error;

/// A file.
#[derive(Debug, Clone, Copy)]
pub struct File<'a> {
    /// The group.
    pub group: u32,
    /// The path, for errors.
    pub path: &'a str,
    /// The contents.
    pub contents: &'a [u8],
}

/// What the host passes.
#[derive(Debug)]
pub struct Request<'a> {
    /// The name of the world, empty for the only one.
    pub world: &'a str,
    /// Names of features, whose `@unstable` items are then there.
    pub features: Vec<&'a str>,
    /// The files, by group.
    pub files: Vec<File<'a>>,
}

impl<'a> Request<'a> {
    /// Reads a request.
    pub fn parse(bytes: &'a [u8]) -> Result<Self, Error> {
        let mut fields = Fields(bytes);
        let world = fields.text()?;
        let features = fields.text()?;
        let mut files = vec![];
        while !fields.0.is_empty() {
            files.push(File {
                group: fields.text()?.parse().map_err(|_| malformed())?,
                path: fields.text()?,
                contents: fields.bytes()?,
            });
        }
        if files.first().is_none_or(|file| file.group != 0) || !files.is_sorted_by_key(|f| f.group)
        {
            return Err(malformed());
        }
        Ok(Request {
            world,
            features: features
                .split(',')
                .filter(|name| !name.is_empty())
                .collect(),
            files,
        })
    }

    /// The path for errors that belong to no file in particular.
    pub fn path(&self) -> &'a str {
        self.files[0].path
    }
}

/// The host made a mistake.
fn malformed() -> Error {
    Error::of("", "the request is malformed")
}

struct Fields<'a>(&'a [u8]);

impl<'a> Fields<'a> {
    fn bytes(&mut self) -> Result<&'a [u8], Error> {
        let (length, rest) = self.0.split_first_chunk::<4>().ok_or_else(malformed)?;
        let length = u32::from_le_bytes(*length) as usize;
        let (field, rest) = rest.split_at_checked(length).ok_or_else(malformed)?;
        self.0 = rest;
        Ok(field)
    }

    fn text(&mut self) -> Result<&'a str, Error> {
        std::str::from_utf8(self.bytes()?).map_err(|_| malformed())
    }
}
