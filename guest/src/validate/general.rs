//! Any list of datapoints that serde_json accepts, and what serde_json says of any other
//! text: the words, the line and the column.
//!
//! The order in which things are looked at is serde_json's, and that of the code that it
//! derives for `Vec<Datapoint>`, since it decides which of several errors is told. Tests
//! compare both on millions of texts.

use std::borrow::Cow;

use super::reader::{Failure, Number, Reader, words};
use crate::Datapoint;

/// The datapoints of `raw`, or what serde_json says about it.
// wazero compiles one large function more slowly than two.
#[inline(never)]
pub fn parse(raw: &str) -> Result<Vec<Datapoint>, String> {
    let mut reader = Reader::new(raw.as_bytes());
    list(&mut reader).map_err(|failure| reader.message(&failure))
}

fn list(reader: &mut Reader) -> Result<Vec<Datapoint>, Failure> {
    if reader.token_of_value()? != b'[' {
        return Err(invalid_type(reader, "a sequence"));
    }
    reader.eat();
    let mut points = Vec::new();
    let mut first = true;
    while has_element(reader, &mut first)? {
        points.push(record(reader)?);
    }
    end_of_list(reader)?;
    match reader.token() {
        None => Ok(points),
        Some(_) => Err(reader.error_ahead(words::TRAILING_CHARACTERS)),
    }
}

/// Whether another element of a list follows.
fn has_element(reader: &mut Reader, first: &mut bool) -> Result<bool, Failure> {
    match reader.token() {
        None => Err(reader.error_ahead(words::END_IN_LIST)),
        Some(b']') => Ok(false),
        Some(_) if *first => {
            *first = false;
            Ok(true)
        }
        Some(b',') => {
            reader.eat();
            match reader.token() {
                Some(b']') => Err(reader.error_ahead(words::TRAILING_COMMA)),
                Some(_) => Ok(true),
                None => Err(reader.error_ahead(words::END_IN_VALUE)),
            }
        }
        Some(_) => Err(reader.error_ahead(words::NO_COMMA_IN_LIST)),
    }
}

fn end_of_list(reader: &mut Reader) -> Result<(), Failure> {
    let reason = match reader.token() {
        Some(b']') => {
            reader.eat();
            return Ok(());
        }
        Some(b',') => {
            reader.eat();
            match reader.token() {
                Some(b']') => words::TRAILING_COMMA,
                _ => words::TRAILING_CHARACTERS,
            }
        }
        Some(_) => words::TRAILING_CHARACTERS,
        None => words::END_IN_LIST,
    };
    Err(reader.error_ahead(reason))
}

/// Whether another name of an object follows.
fn has_name(reader: &mut Reader, first: &mut bool) -> Result<bool, Failure> {
    let reason = match reader.token() {
        None => words::END_IN_OBJECT,
        Some(b'}') => return Ok(false),
        Some(b'"') if *first => {
            *first = false;
            return Ok(true);
        }
        Some(_) if *first => words::NAME_IS_NO_STRING,
        Some(b',') => {
            reader.eat();
            match reader.token() {
                Some(b'"') => return Ok(true),
                Some(b'}') => words::TRAILING_COMMA,
                Some(_) => words::NAME_IS_NO_STRING,
                None => words::END_IN_VALUE,
            }
        }
        Some(_) => words::NO_COMMA_IN_OBJECT,
    };
    Err(reader.error_ahead(reason))
}

fn end_of_object(reader: &mut Reader) -> Result<(), Failure> {
    let reason = match reader.token() {
        Some(b'}') => {
            reader.eat();
            return Ok(());
        }
        Some(b',') => words::TRAILING_COMMA,
        Some(_) => words::TRAILING_CHARACTERS,
        None => words::END_IN_OBJECT,
    };
    Err(reader.error_ahead(reason))
}

/// A datapoint: an object, or a list of its two values.
fn record(reader: &mut Reader) -> Result<Datapoint, Failure> {
    let (point, end) = match reader.token_of_value()? {
        b'[' => {
            reader.eat();
            (values(reader), end_of_list(reader))
        }
        b'{' => {
            reader.eat();
            (fields(reader), end_of_object(reader))
        }
        _ => return Err(invalid_type(reader, "struct Datapoint")),
    };
    // What the fields miss is told with the place after the end, if it is there.
    let point = point.map_err(|failure| failure.or_at(reader.place()))?;
    end.map(|()| point)
}

/// The values of a datapoint that is a list.
fn values(reader: &mut Reader) -> Result<Datapoint, Failure> {
    let mut first = true;
    if !has_element(reader, &mut first)? {
        return Err(Failure::somewhere(words::NO_VALUES));
    }
    let timestamp = timestamp(reader)?;
    if !has_element(reader, &mut first)? {
        return Err(Failure::somewhere(words::ONE_VALUE));
    }
    let value = value(reader)?;
    Ok(Datapoint { timestamp, value })
}

/// The fields of a datapoint that is an object.
fn fields(reader: &mut Reader) -> Result<Datapoint, Failure> {
    let (mut at, mut of) = (None, None);
    let (mut first, mut name) = (true, Vec::new());
    while has_name(reader, &mut first)? {
        reader.eat();
        name.clear();
        reader.string(&mut name)?;
        match &name[..] {
            b"timestamp" if at.is_some() => return Err(Failure::somewhere(words::TWO_TIMESTAMPS)),
            b"value" if of.is_some() => return Err(Failure::somewhere(words::TWO_VALUES)),
            b"timestamp" => {
                reader.colon()?;
                at = Some(timestamp(reader)?);
            }
            b"value" => {
                reader.colon()?;
                of = Some(value(reader)?);
            }
            _ => {
                reader.colon()?;
                reader.ignore_value()?;
            }
        }
    }
    Ok(Datapoint {
        timestamp: at.ok_or(Failure::somewhere(words::NO_TIMESTAMP))?,
        value: of.ok_or(Failure::somewhere(words::NO_VALUE))?,
    })
}

fn timestamp(reader: &mut Reader) -> Result<u64, Failure> {
    let expected = "u64";
    if !matches!(reader.token_of_value()?, b'-' | b'0'..=b'9') {
        return Err(invalid_type(reader, expected));
    }
    let number = reader.number()?;
    let kind = match number {
        Number::Whole(timestamp) => return Ok(timestamp),
        Number::Negative(_) => "value",
        Number::Float(_) => "type",
    };
    Err(invalid(reader, kind, &describe(&number), expected))
}

fn value(reader: &mut Reader) -> Result<f64, Failure> {
    if !matches!(reader.token_of_value()?, b'-' | b'0'..=b'9') {
        return Err(invalid_type(reader, "f64"));
    }
    Ok(match reader.number()? {
        Number::Whole(whole) => whole as f64,
        Number::Negative(negative) => negative as f64,
        Number::Float(float) => float,
    })
}

/// The error of a value that is not what was expected. It reads the value, in which there may
/// be an error that is told instead.
#[cold]
fn invalid_type(reader: &mut Reader, expected: &str) -> Failure {
    match found(reader) {
        Ok(found) => invalid(reader, "type", &found, expected),
        Err(failure) => failure,
    }
}

#[cold]
fn invalid(reader: &Reader, kind: &str, found: &str, expected: &str) -> Failure {
    reader.error(format!("invalid {kind}: {found}, expected {expected}"))
}

/// What the value is that follows.
fn found(reader: &mut Reader) -> Result<Cow<'static, str>, Failure> {
    Ok(match reader.token_of_value()? {
        b'n' => {
            reader.ident(b"null")?;
            "null".into()
        }
        b't' => {
            reader.ident(b"true")?;
            "boolean `true`".into()
        }
        b'f' => {
            reader.ident(b"false")?;
            "boolean `false`".into()
        }
        b'-' | b'0'..=b'9' => describe(&reader.number()?).into(),
        b'"' => {
            reader.eat();
            let mut text = Vec::new();
            reader.string(&mut text)?;
            format!("string {}", quoted(&String::from_utf8_lossy(&text))).into()
        }
        b'[' => "sequence".into(),
        b'{' => "map".into(),
        _ => return Err(reader.error_ahead(words::NO_VALUE_HERE)),
    })
}

/// `text` as `{:?}` writes it, which has 4 KB of code for that: it cuts the text into slices.
fn quoted(text: &str) -> String {
    let mut quoted = String::from("\"");
    for character in text.chars() {
        match character {
            '\'' => quoted.push(character),
            _ => quoted.extend(character.escape_debug()),
        }
    }
    quoted.push('"');
    quoted
}

fn describe(number: &Number) -> String {
    match number {
        Number::Whole(whole) => format!("integer `{whole}`"),
        Number::Negative(negative) => format!("integer `{negative}`"),
        Number::Float(float) => {
            format!(
                "floating point `{}`",
                zmij::Buffer::new().format_finite(*float)
            )
        }
    }
}

#[cfg(test)]
mod tests {
    use super::quoted;

    #[test]
    fn a_text_is_quoted_as_by_its_debug() {
        for character in '\0'..=char::MAX {
            for text in [format!("{character}"), format!("a{character}'")] {
                assert_eq!(quoted(&text), format!("{text:?}"));
            }
        }
    }
}
