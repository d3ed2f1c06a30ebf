//! How a panic's message reaches a host that grants no imports: the hook
//! writes it to a static whose address is an exported global, and the host
//! reads it there after the trap. Nothing is called in the failed instance.

use core::fmt::{self, Write};
use core::ptr;
use std::alloc::{GlobalAlloc, Layout, System};
use std::panic::PanicHookInfo;
use std::sync::Once;

/// Max bytes of a message; a longer one is cut between characters.
const CAPACITY: usize = 1020;

/// The message of the last panic as the host reads it: 4 bytes of length
/// (little-endian, at most [`CAPACITY`]), then that many bytes of UTF-8.
#[repr(C)]
struct Message {
    len: u32,
    text: [u8; CAPACITY],
}

/// Exported as a global that holds its address; see gohost/cabi.
/// Not natively: a native linker takes no colon in a name.
#[cfg_attr(
    target_arch = "wasm32",
    unsafe(export_name = "compute-pipeline:panic-message")
)]
static mut MESSAGE: Message = Message {
    len: 0,
    text: [0; CAPACITY],
};

impl Write for Message {
    fn write_str(&mut self, s: &str) -> fmt::Result {
        let start = self.len as usize;
        let mut end = s.len().min(CAPACITY - start);
        while !s.is_char_boundary(end) {
            end -= 1;
        }
        self.text[start..start + end].copy_from_slice(&s.as_bytes()[..end]);
        self.len += end as u32;
        Ok(())
    }
}

/// Leaves `message` for the host. Allocates nothing, because it also reports
/// that memory has run out.
fn leave(message: fmt::Arguments<'_>) {
    // SAFETY: the guest has one thread, and neither `write_fmt` of the
    // arguments given below nor the hook itself panics, so this is the only
    // reference while it lives.
    let slot = unsafe { &mut *ptr::addr_of_mut!(MESSAGE) };
    slot.len = 0;
    // A message that is too long is cut; nothing else can fail.
    let _ = slot.write_fmt(message);
}

/// Makes panics leave their message where the host finds it. Called at the
/// start of every exported function; only the first call does anything.
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

/// The standard allocator, which also reports why the guest is about to abort
/// when no memory is left: std's own message goes to stderr, which a module
/// without imports does not have.
pub struct ReportingAllocator;

impl ReportingAllocator {
    #[cold]
    fn failed(size: usize) {
        leave(format_args!("out of memory: cannot allocate {size} bytes"));
    }
}

// SAFETY: every method hands its arguments to `System` unchanged and returns
// what it returns, so the contract is `System`'s own.
unsafe impl GlobalAlloc for ReportingAllocator {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        // SAFETY: the caller's obligations are those of `System.alloc`.
        let p = unsafe { System.alloc(layout) };
        if p.is_null() {
            Self::failed(layout.size());
        }
        p
    }

    unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
        // SAFETY: as above.
        let p = unsafe { System.alloc_zeroed(layout) };
        if p.is_null() {
            Self::failed(layout.size());
        }
        p
    }

    unsafe fn realloc(&self, old: *mut u8, layout: Layout, new_size: usize) -> *mut u8 {
        // SAFETY: as above.
        let p = unsafe { System.realloc(old, layout, new_size) };
        if p.is_null() {
            Self::failed(new_size);
        }
        p
    }

    unsafe fn dealloc(&self, p: *mut u8, layout: Layout) {
        // SAFETY: as above.
        unsafe { System.dealloc(p, layout) }
    }
}
