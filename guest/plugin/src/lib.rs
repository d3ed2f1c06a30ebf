//! For plugins in Rust: the message of a panic reaches the host, and the plugin claims a
//! grade.
//!
//! ```
//! compute_pipeline_guest::report_panics!();
//! compute_pipeline_guest::grade!(stable);
//! ```
//!
//! A module without imports has no standard error, so the message is left in a static whose
//! address is an exported global, and the host reads it there after the trap. Nothing is
//! called in the failed instance.
//!
//! Without the standard library, turn off the feature `std` and write
//! `compute_pipeline_guest::panic_handler!();` instead of `report_panics!();`.

#![no_std]

#[cfg(feature = "std")]
extern crate std;

mod grade;
mod message;
mod no_std;

#[cfg(feature = "std")]
mod allocator;
#[cfg(feature = "std")]
mod hook;

#[cfg(feature = "std")]
pub use allocator::ReportingAllocator;
#[cfg(feature = "std")]
pub use hook::install_hook;
pub use message::leave;
