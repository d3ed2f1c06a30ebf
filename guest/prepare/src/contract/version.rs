//! Versions of interfaces, and which can take the place of which.

/// Major, minor and patch of a version without a label.
type Release = [u32; 3];

fn release(text: &str) -> Option<Release> {
    let mut parts = text.split('.');
    let mut number = || {
        let part = parts.next()?;
        let number: u32 = part.parse().ok()?;
        (number.to_string() == part).then_some(number)
    };
    let release = [number()?, number()?, number()?];
    parts.next().is_none().then_some(release)
}

/// Whether two versions are of one track: the same major version, or the same minor
/// version of 0. Implementations of the component model have the same rule. Versions
/// with a label must be equal.
fn is_compatible(known: &str, other: &str) -> bool {
    let (Some(a), Some(b)) = (release(known), release(other)) else {
        return known == other;
    };
    match (a[0], a[1]) {
        (0, 0) => a == b,
        (0, minor) => b[0] == 0 && b[1] == minor,
        (major, _) => b[0] == major,
    }
}

/// Of the versions of an interface, the one that takes the place of the wanted one: the
/// same, or else the newest that is compatible.
pub(super) fn best<'a>(versions: impl Iterator<Item = &'a str>, wanted: &str) -> Option<&'a str> {
    versions
        .filter(|version| is_compatible(wanted, version))
        .max_by_key(|version| (*version == wanted, release(version)))
}

/// The versions that are compatible with the known one, as a text such as `0.1.x`.
pub(super) fn range(known: &str) -> String {
    match release(known) {
        Some([0, 0, _]) | None => known.to_owned(),
        Some([0, minor, _]) => format!("0.{minor}.x"),
        Some([major, ..]) => format!("{major}.x"),
    }
}

#[cfg(test)]
mod tests {
    use super::{best, range};

    #[test]
    fn the_same_version_is_taken_or_the_newest_compatible_one() {
        for (known, versions, expected) in [
            ("1.1.0", &["1.0.0"][..], Some("1.0.0")),
            ("1.1.0", &["1.0.0", "1.1.0", "1.2.0"], Some("1.1.0")),
            ("0.2.1", &["0.2.3", "0.2.1"], Some("0.2.1")),
            ("", &["1.0.0", ""], Some("")),
            ("", &["1.0.0"], None),
            (
                "1.0.0",
                &["1.2.0", "1.10.0", "2.0.0", "0.1.0"],
                Some("1.10.0"),
            ),
            (
                "0.1.0",
                &["0.1.2", "0.1.12", "0.2.0", "1.1.0"],
                Some("0.1.12"),
            ),
            ("0.0.1", &["0.0.2", "0.0.1"], Some("0.0.1")),
            ("0.0.1", &["0.0.2"], None),
            (
                "0.1.0",
                &[
                    "0.1",
                    "0.1.00",
                    "0.1.+1",
                    "0.1.4294967296",
                    "0.1.1-rc",
                    "0.1.1+b",
                    "0.1.0.0",
                    "",
                ],
                None,
            ),
            (
                "1.0.0-rc.1",
                &["1.0.0", "1.0.0-rc.2", "1.0.0-rc.1"],
                Some("1.0.0-rc.1"),
            ),
            ("1.0.0-rc.1", &["1.0.0"], None),
        ] {
            assert_eq!(
                best(versions.iter().copied(), known),
                expected,
                "{known}: {versions:?}"
            );
        }
    }

    #[test]
    fn a_range_is_a_text() {
        for (known, text) in [
            ("1.2.3", "1.x"),
            ("0.2.3", "0.2.x"),
            ("0.0.3", "0.0.3"),
            ("1.0.0-rc", "1.0.0-rc"),
        ] {
            assert_eq!(range(known), text);
        }
    }
}
