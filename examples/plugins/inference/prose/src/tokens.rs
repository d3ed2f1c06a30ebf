//! Texts as numbers of tokens: byte-pair encoding (P. Gage, 1994; R. Sennrich, B. Haddow and
//! A. Birch, 2016). Tokens 0 to 255 are bytes, and each later one is a pair of tokens before it.

use crate::weights::{PAIRS, TOKENS, WEIGHTS};

/// The end of a text, and what is before its first token.
pub const END: u16 = TOKENS as u16 - 1;
/// How many bytes a piece has at most, so that the work grows with the length of the text only.
const LONGEST_PIECE: usize = 32;

#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Letter,
    Digit,
    Space,
    Sign,
}

impl Kind {
    fn of(byte: u8) -> Self {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | 0x80.. => Self::Letter,
            b'0'..=b'9' => Self::Digit,
            b' ' | b'\t' | b'\n' | b'\r' => Self::Space,
            _ => Self::Sign,
        }
    }
}

/// Returns the length of the first piece of a text that is not empty: an optional space and
/// letters, a digit, or signs; or one kind of white space. No token goes beyond a piece.
fn piece(text: &[u8]) -> usize {
    let mut kind = Kind::of(text[0]);
    let mut end = 1;
    if text[0] == b' '
        && let Some(next) = text.get(1).map(|byte| Kind::of(*byte))
        && next != Kind::Space
    {
        kind = next;
        end = 2;
    }
    if kind == Kind::Digit {
        return end;
    }
    let last = text[end - 1];
    let more = |byte: &&u8| Kind::of(**byte) == kind && (kind != Kind::Space || **byte == last);
    let rest = &text[end..text.len().min(LONGEST_PIECE)];
    end + rest.iter().take_while(more).count()
}

/// Returns the tokens of a text: in each piece, the pair with the lowest number becomes one token,
/// everywhere and from the left, as long as there is one.
pub fn encode(mut text: &[u8]) -> Vec<u16> {
    let mut tokens = Vec::with_capacity(text.len() / 2);
    let mut word: Vec<u16> = Vec::with_capacity(LONGEST_PIECE);
    // The token of each one and the next; END is higher than all that there are.
    let mut pairs: Vec<u16> = Vec::with_capacity(LONGEST_PIECE);
    while !text.is_empty() {
        let (piece, rest) = text.split_at(piece(text));
        text = rest;
        word.clear();
        word.extend(piece.iter().map(|byte| u16::from(*byte)));
        pairs.clear();
        pairs.extend(word.windows(2).map(|two| pair(two[0], two[1])));
        // A pair with a new token has a higher number than that, so all equal pairs go first.
        while let Some((at, token)) = lowest(&pairs) {
            word[at] = token;
            word.remove(at + 1);
            pairs.remove(at);
            if at > 0 {
                pairs[at - 1] = pair(word[at - 1], token);
            }
            if at < pairs.len() {
                pairs[at] = pair(token, word[at + 1]);
            }
        }
        tokens.extend_from_slice(&word);
    }
    tokens
}

/// Returns the first of the lowest tokens of pairs, and where it is.
fn lowest(pairs: &[u16]) -> Option<(usize, u16)> {
    let (at, token) = pairs.iter().enumerate().min_by_key(|(_, token)| **token)?;
    (*token < END).then_some((at, *token))
}

/// Where the pairs begin whose left token is of each number.
static STARTS: [u16; TOKENS + 1] = {
    let mut starts = [0; TOKENS + 1];
    let mut at = 0;
    while at < PAIRS {
        starts[WEIGHTS.pairs[at][0] as usize + 1] += 1;
        at += 1;
    }
    let mut left = 0;
    while left < TOKENS {
        starts[left + 1] += starts[left];
        left += 1;
    }
    starts
};

/// Returns the token of a pair, or END.
fn pair(left: u16, right: u16) -> u16 {
    let left = usize::from(left);
    let pairs = &WEIGHTS.pairs[usize::from(STARTS[left])..usize::from(STARTS[left + 1])];
    let found = pairs.binary_search_by_key(&right, |[_, right, _]| *right);
    found.map_or(END, |at| pairs[at][2])
}

/// Returns the bytes of a token; the end has none.
#[cfg(any(feature = "generator", test))]
pub fn spelling(token: u16) -> &'static [u8] {
    let [length, ref bytes @ ..] = WEIGHTS.spellings[usize::from(token)];
    &bytes[..usize::from(length)]
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pieces(mut text: &[u8]) -> Vec<&[u8]> {
        let mut pieces = Vec::new();
        while !text.is_empty() {
            let (first, rest) = text.split_at(piece(text));
            pieces.push(first);
            text = rest;
        }
        pieces
    }

    #[test]
    fn the_pieces_of_a_text() {
        let text = b"See [os.File], 42  times:\n\n\tx := 1 ";
        let wanted = [
            "See", " [", "os", ".", "File", "],", " 4", "2", "  ", "times", ":", "\n\n", "\t", "x",
            " :=", " 1", " ",
        ];
        assert_eq!(pieces(text), wanted.map(str::as_bytes));
        assert_eq!(
            pieces(&[b'a'; 70])
                .iter()
                .map(|p| p.len())
                .collect::<Vec<_>>(),
            [32, 32, 6]
        );
        assert_eq!(pieces(b""), [b""; 0]);
    }

    /// The definition: all pairs are looked up again for each new token.
    fn merged(mut word: Vec<u16>) -> Vec<u16> {
        let token_of = |two: &[u16]| pair(two[0], two[1]);
        while let Some(token) = word.windows(2).map(token_of).min().filter(|t| *t < END) {
            let mut merged = Vec::new();
            while let Some(first) = word.first().copied() {
                let found = word.get(..2).is_some_and(|two| token_of(two) == token);
                merged.push(if found { token } else { first });
                word.drain(..1 + usize::from(found));
            }
            word = merged;
        }
        word
    }

    #[test]
    fn pieces_are_merged_as_defined() {
        let text = include_bytes!("../../../../../docs/language.md");
        let (mut all, mut wanted) = (text.to_vec(), Vec::new());
        for step in [7, 11, 13] {
            all.extend((0..text.len()).map(|i| text[i * step % text.len()].to_ascii_lowercase()));
        }
        all.extend(b"aaaaaaaa eeeee iiiiiiiiiiiininininin interpretationinterpretation");
        for piece in pieces(&all) {
            wanted.extend(merged(piece.iter().map(|byte| u16::from(*byte)).collect()));
        }
        assert!(encode(&all) == wanted);
        for [left, right, token] in WEIGHTS.pairs {
            assert_eq!(pair(left, right), token);
        }
        assert_eq!(pair(0, 0), END);
    }

    #[test]
    fn a_text_is_the_spelling_of_its_tokens() {
        let all: Vec<u8> = (0..=255).chain((0..=255).rev()).collect();
        for text in [
            &b"Package os provides a platform-independent interface"[..],
            "Grüße, 世界".as_bytes(),
            &all,
            b"",
        ] {
            let tokens = encode(text);
            assert!(tokens.iter().all(|token| *token < END));
            assert_eq!(
                tokens
                    .iter()
                    .flat_map(|t| spelling(*t))
                    .copied()
                    .collect::<Vec<_>>(),
                text
            );
        }
        assert_eq!(spelling(END), b"");
    }
}
