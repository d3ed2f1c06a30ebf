//! The grade that a plugin claims.

/// Claims a grade of the contract of compute-pipeline: `grade!(exact)` or `grade!(stable)`.
/// Without a claim a plugin is held to `stable`. Write it at the top level of a plugin.
///
/// The claim is a custom section of the module, `compute-pipeline:grade`.
#[macro_export]
macro_rules! grade {
    (exact) => {
        $crate::grade!(@section b"exact");
    };
    (stable) => {
        $crate::grade!(@section b"stable");
    };
    (@section $word:literal) => {
        #[cfg(target_arch = "wasm32")]
        const _: () = {
            const WORD: &[u8] = $word;
            #[used]
            #[unsafe(link_section = "compute-pipeline:grade")]
            static GRADE: [u8; WORD.len()] = *$word;
        };
    };
}
