//! Names in kebab case (component model, Explain.md, "Name Uniqueness" and "Import and
//! Export Definitions").

use crate::contract::quoted;
use crate::reader::{Reader, Result};

/// Reads the name of a field, case, flag or parameter.
pub(super) fn label<'a>(reader: &mut Reader<'a>) -> Result<&'a str> {
    checked(reader, is_label)
}

/// Reads the name of an import or export.
pub(super) fn item<'a>(reader: &mut Reader<'a>) -> Result<&'a str> {
    checked(reader, is_item)
}

fn checked<'a>(reader: &mut Reader<'a>, is_right: fn(&str) -> bool) -> Result<&'a str> {
    let start = reader.clone();
    let name = reader.name()?;
    match is_right(name) {
        true => Ok(name),
        false => start.fail(format!("the name {} is not in kebab case", quoted(name))),
    }
}

/// Whether a name is words between hyphens, each in lower or in upper case, that begins
/// with a letter.
fn is_label(name: &str) -> bool {
    let is_word = |word: &str| {
        let bytes = word.as_bytes();
        !bytes.is_empty()
            && bytes.iter().all(u8::is_ascii_alphanumeric)
            && !(bytes.iter().any(u8::is_ascii_lowercase)
                && bytes.iter().any(u8::is_ascii_uppercase))
    };
    name.starts_with(|first: char| first.is_ascii_alphabetic()) && name.split('-').all(is_word)
}

/// Whether a name is a label, a function of a resource, an interface with its package,
/// or the place of what is imported, such as `url=<...>`.
fn is_item(name: &str) -> bool {
    if let Some((kind, place)) = name.split_once("=<") {
        return is_label(kind) && place.ends_with('>');
    }
    if let Some((package, interface)) = name.split_once('/') {
        let (interface, version) = interface.split_once('@').unwrap_or((interface, "0"));
        let is_version = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '+');
        return package.split_once(':').is_some_and(|(namespace, name)| {
            [namespace, name, interface].into_iter().all(is_label)
                && !package.contains(|c: char| c.is_ascii_uppercase())
        }) && version.starts_with(|c: char| c.is_ascii_digit())
            && version.chars().all(is_version);
    }
    let Some((kind, name)) = name.strip_prefix('[').and_then(|name| name.split_once(']')) else {
        return is_label(name);
    };
    match kind {
        "constructor" | "async" => is_label(name),
        "method" | "static" | "async method" | "async static" => name
            .split_once('.')
            .is_some_and(|(resource, name)| is_label(resource) && is_label(name)),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::{is_item, is_label};

    #[test]
    fn labels_are_in_kebab_case() {
        for name in [
            "a", "a-b", "ab1-c2", "URL", "get-URL", "GET-url2", "a-1", "a-1b", "a1-23-b", "X1",
        ] {
            assert!(is_label(name) && is_item(name), "{name}");
        }
        for name in [
            "", "-", "a-", "-a", "a--b", "1", "1a", "aB", "Ab", "a-Bc", "a_b", "a b", "a.b", "é",
            "a\0", "%a", "[a]", "a:b", "a\n",
        ] {
            assert!(!is_label(name) && !is_item(name), "{name:?}");
        }
    }

    #[test]
    fn items_have_the_names_of_the_component_model() {
        for name in [
            "a:b/c",
            "a:b/c@1.0.0",
            "a-b:c-1/get-URL@0.2.0-rc.1+build",
            "[constructor]a-b",
            "[method]a.b",
            "[static]a-b.c",
            "[async]a",
            "[async method]a.b",
            "url=<https://example.com/a_b>",
            "unlocked-dep=<a:b@{>=1.0.0}>",
        ] {
            assert!(is_item(name), "{name}");
        }
        for name in [
            "a:b",
            "a/b",
            "a:b/",
            ":b/c",
            "a:/c",
            "A:b/c",
            "a:b/c_d",
            "a:b/c/d",
            "a:b:c/d",
            "a:b/c@",
            "a:b/c@x",
            "a:b/c@1.0.0\t",
            "a:b/c@1.0.0@1.0.0",
            "[constructor]",
            "[constructor]a.b",
            "[constructor]a_b",
            "[method]a",
            "[method]a.b.c",
            "[method]a.",
            "[getter]a.b",
            "[method",
            "url=<a",
            "=<a>",
        ] {
            assert!(!is_item(name), "{name}");
        }
    }
}
