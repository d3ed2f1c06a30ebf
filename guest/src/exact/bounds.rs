//! One check of memory's bounds for many accesses.

/// Reads the last byte of an array first.
///
/// wazero checks the bounds of memory at each access that it cannot prove to
/// lie below an earlier one from the same address, so accesses to the array
/// need no check after this one. It saves a few per cent of a
/// fold.
#[inline(always)]
pub fn check_once<T, const N: usize>(array: &[T; N]) {
    #[cfg(target_arch = "wasm32")]
    // SAFETY: the byte is the last one of the array, which is initialised: all
    // callers' elements have no padding.
    unsafe {
        (&raw const *array)
            .cast::<u8>()
            .add(size_of_val(array) - 1)
            .read_volatile();
    }
    #[cfg(not(target_arch = "wasm32"))]
    let _ = array;
}
