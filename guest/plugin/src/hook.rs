//! Panics of programs with the standard library.

use crate::leave;
use std::boxed::Box;
use std::panic::PanicHookInfo;
use std::sync::Once;

/// Makes panics leave their message where the host finds it. Only the first call does
/// anything. [`report_panics`](crate::report_panics) calls it when an instance starts.
pub fn install_hook() {
    static HOOK: Once = Once::new();
    HOOK.call_once(|| std::panic::set_hook(Box::new(hook)));
}

fn hook(info: &PanicHookInfo<'_>) {
    let text = info
        .payload_as_str()
        .unwrap_or("panic with a payload that is not text");
    match info.location() {
        Some(at) => leave(format_args!("{text} (at {at})")),
        None => leave(format_args!("{text}")),
    }
}

/// Makes panics leave their message where the host finds it, and reports that memory has run
/// out. Write it once, at the top level of a plugin.
///
/// It sets a panic hook when the instance starts, and the standard allocator as the global
/// one.
#[macro_export]
macro_rules! report_panics {
    () => {
        #[global_allocator]
        static COMPUTE_PIPELINE_ALLOCATOR: $crate::ReportingAllocator = $crate::ReportingAllocator;

        #[cfg(target_arch = "wasm32")]
        const _: () = {
            extern "C" fn start() {
                $crate::install_hook();
            }
            #[used]
            #[unsafe(link_section = ".init_array")]
            static START: extern "C" fn() = start;
        };
    };
}
