//! An allocator that says when memory has run out.

use crate::leave;
use std::alloc::{GlobalAlloc, Layout, System};

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
