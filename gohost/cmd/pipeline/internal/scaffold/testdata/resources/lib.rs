//! A plugin of the world my-org:my-pkg/my-world@1.2.0.

#![allow(unused_variables)] // until the functions are written

wit_bindgen::generate!({ path: "wit", world: "my-org:my-pkg/my-world@1.2.0", generate_all });

compute_pipeline_guest::report_panics!();

struct Plugin;

impl Guest for Plugin {
    fn default(type_: Option<Option<u8>>) -> f32 {
        todo!("default")
    }
}

impl exports::my_org::my_pkg::counters::Guest for Plugin {
    type Counter = Counter;
    type Empty = Empty;

    fn many(n: u32) -> Vec<exports::my_org::my_pkg::counters::Counter> {
        todo!("many")
    }

    fn look(bucket: &exports::my_org::my_pkg::counters::Bucket, key: u32) -> Option<u32> {
        todo!("look")
    }

    fn give() -> Option<exports::my_org::my_pkg::counters::Bucket> {
        todo!("give")
    }

    fn take(
        e: exports::my_org::my_pkg::counters::Empty,
        c: exports::my_org::my_pkg::counters::CounterBorrow<'_>,
    ) -> (exports::my_org::my_pkg::counters::Empty, exports::my_org::my_pkg::counters::Counter) {
        todo!("take")
    }
}

/// The resource `counter`: what it has is up to you.
pub struct Counter;

impl exports::my_org::my_pkg::counters::GuestCounter for Counter {
    fn new(start: u32) -> Self {
        todo!("[constructor]counter")
    }

    fn add(&self, n: u32) -> u32 {
        todo!("[method]counter.add")
    }

    fn sum(counters: Vec<exports::my_org::my_pkg::counters::CounterBorrow<'_>>) -> u32 {
        todo!("[static]counter.sum")
    }

    fn merge(
        a: exports::my_org::my_pkg::counters::Counter,
        b: Option<exports::my_org::my_pkg::counters::Counter>,
    ) -> exports::my_org::my_pkg::counters::Counter {
        todo!("[static]counter.merge")
    }
}

/// The resource `empty`: what it has is up to you.
pub struct Empty;

impl exports::my_org::my_pkg::counters::GuestEmpty for Empty {}

// Not natively: a native linker takes no colon in a name.
#[cfg(target_arch = "wasm32")]
export!(Plugin);
