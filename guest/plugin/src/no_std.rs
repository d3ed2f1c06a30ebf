//! Panics of programs without the standard library.

/// Defines a panic handler that leaves the message where the host finds it, and traps. Write
/// it once, at the top level of a plugin without the standard library.
#[macro_export]
macro_rules! panic_handler {
    () => {
        #[panic_handler]
        fn compute_pipeline_panic(info: &core::panic::PanicInfo<'_>) -> ! {
            match info.location() {
                Some(at) => $crate::leave(format_args!("{} (at {at})", info.message())),
                None => $crate::leave(format_args!("{}", info.message())),
            }
            core::arch::wasm32::unreachable()
        }
    };
}
