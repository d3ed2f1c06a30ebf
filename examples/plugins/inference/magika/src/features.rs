//! What the model reads of a file.

/// How many bytes of the beginning and of the end are looked at.
const BLOCK: usize = 4096;
/// How many of these each half of the tokens has.
const HALF: usize = 1024;
/// The token where there are no more bytes.
const PADDING: u16 = 256;

/// The model's input: bytes or padding.
pub type Tokens = [u16; 2 * HALF];

/// Returns the first 1,024 bytes of the first 4,096 without white space at their beginning, then
/// padding; and padding, then the last 1,024 bytes of the last 4,096 without white space at their
/// end.
pub fn tokens(input: &[u8]) -> Tokens {
    let mut tokens = [PADDING; 2 * HALF];
    let block = input.len().min(BLOCK);
    let start = &input[..block];
    let start = &start[start.iter().take_while(|byte| is_space(**byte)).count()..];
    for (token, byte) in tokens.iter_mut().zip(start.iter().take(HALF)) {
        *token = (*byte).into();
    }
    let end = input[input.len() - block..].iter().rev();
    let end = end.skip_while(|byte| is_space(**byte)).take(HALF);
    for (token, byte) in tokens.iter_mut().rev().zip(end) {
        *token = (*byte).into();
    }
    tokens
}

/// Reports whether Python's bytes.strip takes a byte away: unlike Rust's trim_ascii, also the
/// vertical tab.
fn is_space(byte: u8) -> bool {
    matches!(byte, b' ' | b'\t' | b'\n' | 0x0b | 0x0c | b'\r')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn empty() {
        assert_eq!(tokens(b""), [PADDING; 2048]);
        assert_eq!(tokens(b" \t\n\x0b\x0c\r"), [PADDING; 2048]);
    }

    #[test]
    fn short() {
        let got = tokens(b" \x0bab c\n");
        let mut wanted = [PADDING; 2048];
        wanted[..5].copy_from_slice(&b"ab c\n".map(u16::from));
        wanted[2042..].copy_from_slice(&b" \x0bab c".map(u16::from));
        assert_eq!(got, wanted);
    }

    /// Spaces beyond the first and the last 4,096 bytes are not looked at.
    #[test]
    fn long() {
        let mut input = vec![b' '; 20_000];
        input[4095] = b'a';
        input[4096] = b'b';
        input[20_000 - 4097] = b'c';
        input[20_000 - 4096] = b'd';
        let mut wanted = [PADDING; 2048];
        wanted[0] = b'a'.into();
        wanted[2047] = b'd'.into();
        assert_eq!(tokens(&input), wanted);

        let input: Vec<u8> = (0..9_000_u16).map(|i| b'!' + (i % 90) as u8).collect();
        let got = tokens(&input);
        assert!(
            got[..1024]
                .iter()
                .zip(&input)
                .all(|(t, b)| *t == u16::from(*b))
        );
        let end = &input[9_000 - 1024..];
        assert!(
            got[1024..]
                .iter()
                .zip(end)
                .all(|(t, b)| *t == u16::from(*b))
        );
    }
}
