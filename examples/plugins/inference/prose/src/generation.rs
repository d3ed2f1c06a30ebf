//! The resource of the contract: a text that is being continued.

use std::cell::{Cell, RefCell};

use crate::binding::exports::org::inference::generations as contract;
use crate::binding::exports::org::inference::generations::{
    Chunk, Error, GuestGeneration, Sampling,
};
use crate::sampling::Sampler;
use crate::tokens::{END, encode, spelling};
use crate::transformer::{Context, scores};
use crate::weights::{LAYERS, WINDOW};

/// How many bytes a prompt has at most.
const MAX_PROMPT: usize = 1 << 20;
/// How many tokens one call takes at most, so that its fuel has a bound.
const MAX_TOKENS: u32 = 256;
/// How many texts an instance continues at most; each has up to 0.6 MB.
const MAX_OPEN: usize = 64;
/// How many tokens the scores depend on: those that the last position sees, those that these saw,
/// and so on through all blocks. The ones before have no effect, so they are not read.
const SEEN: usize = LAYERS * (WINDOW - 1) + 1;

thread_local! {
    static OPEN: Cell<usize> = const { Cell::new(0) };
}

/// A text that is being continued.
pub struct Generation {
    prompt_tokens: u32,
    state: RefCell<State>,
}

struct State {
    sampler: Sampler,
    context: Context,
    /// The last token, which the context does not have yet.
    last: u16,
    /// Bytes that are no whole character yet.
    bytes: Vec<u8>,
    ended: bool,
}

impl GuestGeneration for Generation {
    fn start(prompt: String, sampling: Sampling) -> Result<contract::Generation, Error> {
        Self::open(&prompt, sampling).map(contract::Generation::new)
    }

    fn prompt_tokens(&self) -> u32 {
        self.prompt_tokens
    }

    fn next(&self, max_tokens: u32) -> Result<Chunk, Error> {
        Ok(self.state.borrow_mut().next(max_tokens.min(MAX_TOKENS)))
    }
}

impl Generation {
    fn open(prompt: &str, sampling: Sampling) -> Result<Self, Error> {
        let Sampling {
            temperature,
            top_k,
            seed,
        } = sampling;
        let sampler = Sampler::new(temperature, top_k, seed).map_err(Error::InvalidInput)?;
        if prompt.len() > MAX_PROMPT {
            return Err(Error::TooLarge(format!(
                "the prompt has {} bytes, and the max is {MAX_PROMPT}",
                prompt.len()
            )));
        }
        if OPEN.get() >= MAX_OPEN {
            return Err(Error::TooLarge(format!(
                "{MAX_OPEN} texts are open, which is the max of an instance"
            )));
        }
        Ok(Self::new(prompt.as_bytes(), sampler))
    }

    pub fn new(prompt: &[u8], sampler: Sampler) -> Self {
        let prompt = encode(prompt);
        let prompt_tokens = u32::try_from(prompt.len()).unwrap_or(u32::MAX);
        let mut tokens = vec![END];
        tokens.extend(prompt);
        tokens.drain(..tokens.len().saturating_sub(SEEN));
        let last = tokens.pop().expect("there is the end of the text before");
        let mut context = Context::default();
        context.add(&tokens, |_| ());
        OPEN.set(OPEN.get() + 1);
        Self {
            prompt_tokens,
            state: RefCell::new(State {
                sampler,
                context,
                last,
                bytes: Vec::new(),
                ended: false,
            }),
        }
    }
}

#[cfg(test)]
impl Generation {
    /// Returns the text of some tokens.
    pub fn take(&self, tokens: u32) -> String {
        self.state.borrow_mut().next(tokens).text
    }
}

impl Drop for Generation {
    fn drop(&mut self) {
        OPEN.set(OPEN.get() - 1);
    }
}

impl State {
    fn next(&mut self, max_tokens: u32) -> Chunk {
        let mut tokens = 0;
        while tokens < max_tokens && !self.ended {
            self.context.add(&[self.last], |vector| {
                self.last = self.sampler.take(&scores(vector));
            });
            self.bytes.extend(spelling(self.last));
            self.ended = self.last == END;
            tokens += 1;
        }
        Chunk {
            text: whole(&mut self.bytes, self.ended),
            tokens,
            ended: self.ended,
        }
    }
}

/// Takes the characters off some bytes that are whole, or all at the end of a text. Bytes that are no
/// UTF-8 become U+FFFD, as in `String::from_utf8_lossy`.
fn whole(bytes: &mut Vec<u8>, ended: bool) -> String {
    let mut text = String::new();
    let mut taken = 0;
    for chunk in bytes.utf8_chunks() {
        text.push_str(chunk.valid());
        taken += chunk.valid().len();
        let at_the_end = taken + chunk.invalid().len() == bytes.len();
        if chunk.invalid().is_empty() || at_the_end && !ended && may_go_on(chunk.invalid()) {
            break;
        }
        text.push(char::REPLACEMENT_CHARACTER);
        taken += chunk.invalid().len();
    }
    bytes.drain(..taken);
    text
}

/// Reports whether bytes are the beginning of a character.
fn may_go_on(bytes: &[u8]) -> bool {
    str::from_utf8(bytes).is_err_and(|error| error.error_len().is_none())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sampler(temperature: f32) -> Sampler {
        Sampler::new(temperature, 40, 1).expect("right")
    }

    /// A module may be used without the Go package that has one open text an instance.
    #[test]
    fn open_texts_have_a_max() {
        let sampling = Sampling {
            temperature: 0.0,
            top_k: 0,
            seed: 0,
        };
        let open = || Generation::open("", sampling);
        let mut texts: Vec<_> = (0..MAX_OPEN).map(|_| open().expect("one of 64")).collect();
        let Err(Error::TooLarge(text)) = open() else {
            panic!("one too many")
        };
        assert_eq!(text, "64 texts are open, which is the max of an instance");
        texts.pop();
        texts.push(open().expect("the place of the one that is gone"));
        assert!(open().is_err());
    }

    #[test]
    fn calls_of_any_length_give_the_same_text() {
        let run = |each: u32| {
            let generation = Generation::new(b"Package", sampler(0.8));
            let mut text = String::new();
            let mut tokens = 0;
            while tokens < 20 {
                let chunk = generation.next(each.min(20 - tokens)).expect("a chunk");
                text.push_str(&chunk.text);
                tokens += chunk.tokens;
                if chunk.ended {
                    break;
                }
            }
            text
        };
        let wanted = run(20);
        assert!(!wanted.is_empty());
        assert_eq!([run(1), run(7)], [wanted.clone(), wanted]);
    }

    /// A long prompt gives the vectors of all of its tokens, bit for bit, though not all are read.
    #[test]
    fn what_is_not_read_has_no_effect() {
        let text = b"Read reads up to len(p) bytes into p. It returns the number of bytes read. "
            .repeat(60);
        let tokens = encode(&text);
        assert!(tokens.len() > SEEN + 100);
        let mut all = Context::default();
        let mut wanted = Vec::new();
        all.add(&tokens, |vector| wanted = vector.to_vec());
        let mut read = Context::default();
        let mut got = Vec::new();
        read.add(&tokens[tokens.len() - SEEN..], |vector| {
            got = vector.to_vec()
        });
        assert_eq!(bits(&got), bits(&wanted));
        let mut less = Context::default();
        less.add(&tokens[tokens.len() - SEEN / 8..], |vector| {
            got = vector.to_vec();
        });
        assert_ne!(bits(&got), bits(&wanted));
    }

    /// Positions have the same bits one by one, in any pieces, and all computed again.
    #[test]
    fn pieces_of_a_prompt_make_no_difference() {
        let tokens = encode(b"Write writes len(p) bytes from p to the underlying data stream. It returns the number of bytes.");
        let vectors = |each: usize| {
            let mut context = Context::default();
            let mut all = Vec::new();
            for tokens in tokens.chunks(each) {
                context.add(tokens, |vector| all.extend(bits(vector)));
            }
            all
        };
        let wanted = vectors(tokens.len());
        for each in [1, 2, 3, 16, 17] {
            assert!(vectors(each) == wanted, "{each}");
        }
    }

    fn bits(floats: &[f32]) -> Vec<u32> {
        floats.iter().map(|x| x.to_bits()).collect()
    }

    #[test]
    fn characters_come_whole() {
        let bytes = "aß\u{4e16}\u{1f30d}b".as_bytes();
        for cut in 0..=bytes.len() {
            let mut rest = bytes[..cut].to_vec();
            let mut text = whole(&mut rest, false);
            assert!(rest.len() < 4);
            assert!(!text.contains(char::REPLACEMENT_CHARACTER));
            rest.extend(&bytes[cut..]);
            text += &whole(&mut rest, true);
            assert_eq!((text.as_bytes(), rest.len()), (bytes, 0));
        }
        let broken = [b'a', 0xff, 0xe4, 0xb8, b'b', 0xc3];
        let mut rest = broken.to_vec();
        assert_eq!(whole(&mut rest, false), "a\u{fffd}\u{fffd}b");
        assert_eq!(rest, [0xc3]);
        assert_eq!(whole(&mut rest, true), "\u{fffd}");
    }
}
