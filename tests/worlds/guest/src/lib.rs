//! Implements the world `test:resources/resources` with the bindings of wit-bindgen, and
//! counts what is dropped. It checks all that it is given, and traps if that is wrong.

// Natively there is nothing: a native linker takes no colon in the name of an export.
#![cfg(target_arch = "wasm32")]

#[allow(missing_docs, reason = "generated")]
mod bindings {
    wit_bindgen::generate!({
        path: "../../../gohost/cmd/pipeline/internal/bind/testdata/resources.wit",
        world: "resources",
    });
}

use std::cell::{Cell, RefCell};

use bindings::exports::test::resources::counters::{
    Bucket, Counter, CounterBorrow, Guest, GuestCounter,
};

thread_local! {
    static DROPPED: Cell<u32> = const { Cell::new(0) };
    static KEPT: RefCell<Option<Bucket>> = const { RefCell::new(None) };
}

struct Resources;

bindings::export!(Resources with_types_in bindings);

/// What a counter starts with, to see that it is one and was not dropped.
const ALIVE: u32 = 0xc001_cafe;

struct Number {
    alive: Cell<u32>,
    value: Cell<u32>,
}

impl Number {
    fn new(value: u32) -> Self {
        Self {
            alive: Cell::new(ALIVE),
            value: Cell::new(value),
        }
    }

    fn value(&self) -> u32 {
        assert_eq!(self.alive.get(), ALIVE, "a counter that was dropped");
        self.value.get()
    }
}

impl Drop for Number {
    fn drop(&mut self) {
        assert_eq!(self.alive.replace(0), ALIVE, "dropped twice");
        DROPPED.set(DROPPED.get() + 1);
    }
}

impl GuestCounter for Number {
    fn new(start: u32) -> Self {
        Self::new(start)
    }

    fn add(&self, n: u32) -> u32 {
        self.value.set(self.value() + n);
        self.value()
    }

    fn sum(counters: Vec<CounterBorrow<'_>>) -> u32 {
        counters.iter().map(|c| c.get::<Self>().value()).sum()
    }

    fn merge(a: Counter, b: Option<Counter>) -> Counter {
        let b = b.map_or(0, |b| b.get::<Self>().value());
        Counter::new(Self::new(a.get::<Self>().value() + b))
    }
}

impl Guest for Resources {
    type Counter = Number;

    fn many(n: u32) -> Vec<Counter> {
        (0..n)
            .map(|value| Counter::new(Number::new(value)))
            .collect()
    }

    fn dropped() -> u32 {
        DROPPED.get()
    }

    fn look(bucket: &Bucket, key: u32) -> Option<u32> {
        let found = bucket.get(key);
        assert_eq!(bucket.get(key), found, "the same key has another value");
        found
    }

    fn change(bucket: &Bucket, key: u32, value: u32) -> Result<(), String> {
        bucket.put(key, value)?;
        assert_eq!(bucket.get(key), Some(value), "what was put is not there");
        Ok(())
    }

    fn keep(bucket: Bucket) {
        KEPT.set(Some(bucket));
    }

    fn open(name: String) {
        KEPT.set(Some(Bucket::new(&name)));
    }

    fn give() -> Option<Bucket> {
        KEPT.take()
    }

    fn combine(other: &Bucket) {
        let kept = KEPT.take().expect("a bucket was kept");
        KEPT.set(Some(Bucket::combine(kept, other)));
    }

    /// Cannot forget: the bindings drop what was lent.
    fn forget(_: &Bucket) {}
}
