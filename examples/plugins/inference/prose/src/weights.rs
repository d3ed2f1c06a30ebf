//! The file weights.bin, as train/weights.py writes it.

use compute_pipeline_nn::matrix::{Block, GROUP, STEP};

use crate::product::Product;

/// The length of the vector of a position.
pub const WIDTH: usize = 128;
/// How many blocks the network has.
pub const LAYERS: usize = 4;
/// How many heads the attention of a block has.
pub const HEADS: usize = 4;
/// The length of the vectors of a head.
pub const HEAD: usize = WIDTH / HEADS;
/// The length of the hidden vector of a block.
pub const HIDDEN: usize = 512;
/// How many positions the attention sees: its own, and those before it.
pub const WINDOW: usize = 256;
/// How many tokens there are; the last one is the end of a text.
pub const TOKENS: usize = 1024;
/// How many bytes a token has at most.
pub const LONGEST: usize = 15;
/// How many tokens are pairs of others.
pub const PAIRS: usize = TOKENS - 256 - 1;
/// The length of the vector of a text.
pub const EMBEDDING: usize = 64;

/// How many blocks a matrix has.
const fn blocks(outputs: usize, inputs: usize) -> usize {
    outputs / GROUP * (inputs / STEP)
}

/// The weights of one block of the network. A scale of a matrix is that of an output.
#[repr(C)]
pub struct Layer {
    pub attention_norm: [f32; WIDTH],
    pub hidden_norm: [f32; WIDTH],
    queries_keys_values_scales: [f32; 3 * WIDTH],
    mix_scales: [f32; WIDTH],
    up_scales: [f32; HIDDEN],
    down_scales: [f32; WIDTH],
    queries_keys_values: [Block; blocks(3 * WIDTH, WIDTH)],
    mix: [Block; blocks(WIDTH, WIDTH)],
    up: [Block; blocks(HIDDEN, WIDTH)],
    down: [Block; blocks(WIDTH, HIDDEN)],
}

impl Layer {
    pub fn queries_keys_values(&self) -> Product<'_> {
        Product::new(
            WIDTH,
            &self.queries_keys_values,
            &self.queries_keys_values_scales,
        )
    }

    pub fn mix(&self) -> Product<'_> {
        Product::new(WIDTH, &self.mix, &self.mix_scales)
    }

    pub fn up(&self) -> Product<'_> {
        Product::new(WIDTH, &self.up, &self.up_scales)
    }

    pub fn down(&self) -> Product<'_> {
        Product::new(HIDDEN, &self.down, &self.down_scales)
    }
}

/// All weights. All is of little-endian order.
#[repr(C)]
pub struct Weights {
    pub layers: [Layer; LAYERS],
    pub norm: [f32; WIDTH],
    token_scales: [f32; TOKENS],
    tokens: [Block; blocks(TOKENS, WIDTH)],
    pub embedding_scales: [f32; EMBEDDING],
    pub embedding_bias: [f32; EMBEDDING],
    /// For each four outputs, the weights of each input.
    pub embedding: [[[i16; GROUP]; WIDTH]; EMBEDDING / GROUP],
    /// The pairs in ascending order, and what they become.
    pub pairs: [[u16; 3]; PAIRS],
    /// The length of each token, and its bytes.
    pub spellings: [[u8; LONGEST + 1]; TOKENS],
    /// Makes the size a multiple of 4.
    _rest: [u8; 2],
}

impl Weights {
    /// Returns the matrix from vectors to the scores of tokens. Its rows are also the vectors of
    /// tokens.
    pub fn tokens(&self) -> Product<'_> {
        Product::new(WIDTH, &self.tokens, &self.token_scales)
    }
}

// SAFETY: the sizes are equal, or this does not compile; every bit pattern is a value of these
// types, and there is no padding between them.
pub static WEIGHTS: Weights = unsafe { core::mem::transmute(*include_bytes!("../weights.bin")) };

const _: () = assert!(
    cfg!(target_endian = "little"),
    "the weights are read as they are"
);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pairs_are_in_order() {
        assert!(WEIGHTS.pairs.is_sorted_by(|a, b| a[..2] < b[..2]));
        for [left, right, token] in WEIGHTS.pairs {
            assert!(left < token && right < token && usize::from(token) < TOKENS - 1);
        }
        let mut tokens = WEIGHTS.pairs.map(|[_, _, token]| token);
        tokens.sort_unstable();
        assert!(tokens.is_sorted_by(|a, b| a < b), "a token is of one pair");
    }
}
