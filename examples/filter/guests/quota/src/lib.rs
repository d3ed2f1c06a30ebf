//! A filter that passes errors, and of each source only so many other events: the
//! bucket `settings` says how many, under `quota`, and the bucket `passed` counts.

// The macro writes unsafe code and undocumented items of its own.
#[allow(
    missing_docs,
    unsafe_op_in_unsafe_fn,
    clippy::undocumented_unsafe_blocks
)]
mod binding {
    wit_bindgen::generate!({ path: "../../wit", world: "plugin" });

    // Not natively: a native linker takes no colon in a name.
    #[cfg(target_arch = "wasm32")]
    export!(Quota with_types_in self);
    #[cfg(target_arch = "wasm32")]
    use super::Quota;
}

use binding::ex::filter::events::{Event, Level};
use binding::ex::filter::log;
use binding::ex::filter::store::Bucket;
use binding::exports::ex::filter::filter::{Guest, Refusal};

struct Quota;

impl Guest for Quota {
    fn apply(events: Vec<Event>) -> Result<Vec<Event>, Refusal> {
        let quota = match Bucket::new("settings").get("quota") {
            None => 100,
            Some(text) => text.parse().map_err(|_| Refusal::Setting(text))?,
        };
        let passed = Bucket::new("passed");
        let before = events.len();
        let mut kept = Vec::new();
        for event in events {
            let passes = matches!(event.level, Level::Error)
                || passed.add(&event.source, 1).map_err(Refusal::Store)? <= quota;
            if passes {
                kept.push(event);
            }
        }
        if kept.len() < before {
            let dropped = before - kept.len();
            log::write(
                Level::Warning,
                &format!("{dropped} events are over the quota"),
            );
        }
        Ok(kept)
    }
}
