//! How the canonical ABI passes values, by the text of their types: as so many values of
//! a core function, or in memory.

use crate::component::types::MAX_DEPTH;

/// How many parameters a core function has at most for those of a function. More are
/// passed in memory.
const MAX_PARAMS: u32 = 16;
/// The same for its results.
const MAX_RESULTS: u32 = 1;

/// How values of some types are passed.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
struct Flat {
    /// How many core values they are.
    count: u32,
    /// Whether some of these are addresses: of strings, lists or maps.
    has_pointers: bool,
}

/// What passing the parameters and the result of a function takes.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Needs {
    /// Memory for the parameters, which the caller makes room for.
    pub params: bool,
    /// Memory for the result.
    pub result: bool,
    /// Memory for what the result points to.
    pub result_pointers: bool,
}

/// Returns what a function needs that has the type. Text that is no function's type needs
/// anything. Linear in its length.
pub(super) fn needs(function: &str) -> Needs {
    let mut text = Text {
        rest: function.strip_prefix("async ").unwrap_or(function),
        word: "",
    };
    let params = text.value(0);
    let result = match text.takes("->") {
        true => text.value(0),
        false => Flat::default(),
    };
    Needs {
        params: params.has_pointers || params.count > MAX_PARAMS,
        result: result.has_pointers || result.count > MAX_RESULTS,
        result_pointers: result.has_pointers,
    }
}

struct Text<'a> {
    rest: &'a str,
    /// The last word.
    word: &'a str,
}

impl<'a> Text<'a> {
    fn word(&mut self) -> &'a str {
        let is_word = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '%');
        let rest = self.rest.trim_start_matches(' ');
        let end = rest.find(|c| !is_word(c)).unwrap_or(rest.len());
        (self.word, self.rest) = rest.split_at(end);
        self.word
    }

    fn takes(&mut self, token: &str) -> bool {
        let after = self.rest.trim_start_matches(' ').strip_prefix(token);
        self.rest = after.unwrap_or(self.rest);
        after.is_some()
    }

    /// Reads a type, or the parameters of a function.
    fn value(&mut self, depth: u32) -> Flat {
        if depth > MAX_DEPTH {
            self.rest = "";
            return Flat {
                count: u32::MAX,
                has_pointers: true,
            };
        }
        let word = self.word();
        let brackets = [("<", ">"), ("{", "}"), ("(", ")")];
        let open = brackets.into_iter().find(|(open, _)| self.takes(open));
        let mut items = 0u32;
        let mut sum = 0u32;
        let mut widest = 0;
        let mut has_pointers = false;
        if let Some((_, close)) = open
            && !self.takes(close)
        {
            loop {
                let item = self.item(word, depth + 1);
                items += 1;
                sum = sum.saturating_add(item.count);
                widest = widest.max(item.count);
                has_pointers |= item.has_pointers;
                if !self.takes(",") {
                    break;
                }
            }
            self.takes(close);
        }
        let count = match word {
            "func" | "tuple" | "record" => sum,
            "variant" | "option" | "result" => widest.saturating_add(1),
            "flags" => items.div_ceil(32),
            "_" => 0,
            // Of a fixed length, which is its last word and was counted as a value.
            "list" if items == 2 => {
                let length = self.word.parse().unwrap_or(u32::MAX);
                (sum - 1).saturating_mul(length)
            }
            "string" | "list" | "map" => {
                has_pointers = true;
                2
            }
            // A number, a handle or an enum.
            _ => 1,
        };
        Flat {
            count,
            has_pointers,
        }
    }

    /// Reads what stands between the brackets of a type that begins with the word.
    fn item(&mut self, word: &str, depth: u32) -> Flat {
        match word {
            "func" | "record" => {
                self.word();
                self.takes(":");
            }
            "variant" | "enum" | "flags" => {
                self.word();
                if !self.takes("(") {
                    return Flat::default();
                }
                let value = self.value(depth);
                self.takes(")");
                return value;
            }
            _ => {}
        }
        self.value(depth)
    }
}

#[cfg(test)]
mod tests {
    use super::{Flat, Needs, Text, needs};

    #[test]
    fn a_type_is_so_many_core_values() {
        for (text, count, has_pointers) in [
            ("u8", 1, false),
            ("f64", 1, false),
            ("string", 2, true),
            ("list<u8>", 2, true),
            ("list<tuple<u8, u8>, 3>", 6, false),
            ("list<list<string, 2>, 3>", 12, true),
            ("list<u8, 4294967295>", u32::MAX, false),
            ("map<u8, record { a: u8 }>", 2, true),
            ("own<resource>", 1, false),
            ("record { x: u8, y: option<string> }", 4, true),
            ("record { string: u8, list: record { map: u8 } }", 2, false),
            ("tuple<u8, tuple<u8, f32>, bool>", 4, false),
            ("result", 1, false),
            ("result<_, string>", 3, true),
            ("result<u64>", 2, false),
            ("option<flags { map }>", 2, false),
            ("enum { string, list }", 1, false),
            ("variant { string, list(u8), map(tuple<u8, u8>) }", 3, false),
            ("variant { none, some(map<u8, u8>) }", 3, true),
            ("func()", 0, false),
            ("func(string: u8, b: list<f64>)", 3, true),
            ("_", 0, false),
            ("", 1, false),
        ] {
            let mut reader = Text {
                rest: text,
                word: "",
            };
            let expected = Flat {
                count,
                has_pointers,
            };
            assert_eq!(reader.value(0), expected, "{text}");
            assert_eq!(reader.rest, "", "{text}");
        }
        let names: Vec<_> = (0..33).map(|i| format!("f{i}")).collect();
        let flags = format!("flags {{ {} }}", names.join(", "));
        let mut reader = Text {
            rest: &flags,
            word: "",
        };
        assert_eq!(reader.value(0).count, 2);
    }

    #[test]
    fn parameters_and_results_are_in_memory_beyond_a_number() {
        let params = |count: usize| vec!["p: u8"; count].join(", ");
        for (text, params, result, result_pointers) in [
            ("func()", false, false, false),
            (&*format!("func({})", params(16)), false, false, false),
            (&*format!("func({})", params(17)), true, false, false),
            ("func() -> u64", false, false, false),
            ("func() -> tuple<u8, u8>", false, true, false),
            ("func(a: u8) -> string", false, true, true),
            ("async func(a: string)", true, false, false),
        ] {
            let expected = Needs {
                params,
                result,
                result_pointers,
            };
            assert_eq!(needs(text), expected, "{text}");
        }
    }

    #[test]
    fn what_is_no_type_is_read_too() {
        for text in [
            "<",
            "func(",
            "}{)(",
            "list<u8, >",
            "record { ,,, }",
            "é",
            "a b c",
        ] {
            needs(text);
        }
        let deep = "option<".repeat(1 << 20);
        assert!(needs(&format!("func() -> {deep}")).result_pointers);
    }
}
