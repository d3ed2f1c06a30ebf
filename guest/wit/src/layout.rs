//! Sizes, alignments and core types (component model, CanonicalABI.md).

/// The core types of a value: `i`, `I`, `f` and `F` for i32, i64, f32 and f64.
/// `None` if they are too many to be passed as such, so the value is in memory.
pub type Flat = Option<String>;

/// The longest list of core types that is passed as such.
pub const MAX_FLAT: usize = 16;

/// How values of a type are stored and passed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Layout {
    /// The size in memory.
    pub size: u64,
    /// The alignment in memory.
    pub align: u64,
    /// The core types.
    pub flat: Flat,
}

impl Layout {
    /// A number, by its size and core type.
    fn scalar(size: u64, flat: char) -> Self {
        Layout {
            size,
            align: size,
            flat: Some(flat.to_string()),
        }
    }

    /// A primitive type, by its name.
    pub fn primitive(name: &str) -> Self {
        match name {
            "bool" | "u8" | "s8" => Self::scalar(1, 'i'),
            "u16" | "s16" => Self::scalar(2, 'i'),
            "u64" | "s64" => Self::scalar(8, 'I'),
            "f32" => Self::scalar(4, 'f'),
            "f64" => Self::scalar(8, 'F'),
            "string" => Self::pointer_and_length(),
            _ => Self::scalar(4, 'i'),
        }
    }

    /// An address and a length: a string, a list or a map.
    pub fn pointer_and_length() -> Self {
        Layout {
            size: 8,
            align: 4,
            flat: Some("ii".to_owned()),
        }
    }

    /// A record or tuple.
    pub fn record<'a>(fields: impl IntoIterator<Item = &'a Layout>) -> Self {
        let (mut size, mut align, mut flat) = (0, 1, Some(String::new()));
        for field in fields {
            size = align_to(size, field.align).saturating_add(field.size);
            align = align.max(field.align);
            flat = append(flat, &field.flat);
        }
        Layout {
            size: align_to(size, align),
            align,
            flat,
        }
    }

    /// A list of a fixed length.
    pub fn fixed_list(element: &Layout, length: u32) -> Self {
        let mut flat = Some(String::new());
        // The core types of an element are never none.
        for _ in 0..length.min(MAX_FLAT as u32 + 1) {
            flat = append(flat, &element.flat);
        }
        Layout {
            size: element.size.saturating_mul(u64::from(length)),
            align: element.align,
            flat,
        }
    }

    /// A variant, or what is one: an enum, an option, a result.
    pub fn variant<'a>(cases: impl ExactSizeIterator<Item = Option<&'a Layout>>) -> Self {
        let tag = match cases.len() {
            0..=0x100 => 1,
            0x101..=0x1_0000 => 2,
            _ => 4,
        };
        let (mut size, mut align, mut flat) = (0, 1, Some(String::new()));
        for case in cases.flatten() {
            size = size.max(case.size);
            align = align.max(case.align);
            flat = join(flat, &case.flat);
        }
        let payload = align_to(tag, align);
        let align = align.max(tag);
        Layout {
            size: align_to(payload.saturating_add(size), align),
            align,
            flat: append(Some("i".to_owned()), &flat),
        }
    }

    /// Flags, of which there are at most 32.
    pub fn flags(count: usize) -> Self {
        match count {
            0..=8 => Self::scalar(1, 'i'),
            9..=16 => Self::scalar(2, 'i'),
            _ => Self::scalar(4, 'i'),
        }
    }
}

/// The next multiple of `align`, a power of two.
fn align_to(at: u64, align: u64) -> u64 {
    at.saturating_add(align - 1) & !(align - 1)
}

/// The core types of two values that follow each other.
pub fn append(first: Flat, second: &Flat) -> Flat {
    let joined = first? + second.as_ref()?;
    (joined.len() <= MAX_FLAT).then_some(joined)
}

/// The core types that hold the values of both.
fn join(first: Flat, second: &Flat) -> Flat {
    let (first, second) = (first?, second.as_ref()?);
    let mut joined = String::new();
    let mut others = second.chars();
    for one in first.chars() {
        joined.push(match (one, others.next()) {
            (one, None) => one,
            (one, Some(other)) if one == other => one,
            ('i' | 'f', Some('i' | 'f')) => 'i',
            _ => 'I',
        });
    }
    joined.extend(others);
    Some(joined)
}
