//! A plugin of the world a:b/maps.

#![allow(unused_variables)] // until the functions are written

wit_bindgen::generate!({ path: "wit", world: "a:b/maps", generate_all });

use wit_bindgen::rt::WitMap; // which the generated code of the world's own functions needs

compute_pipeline_guest::report_panics!();

struct Plugin;

impl Guest for Plugin {
    fn count(
        of: wit_bindgen::rt::Map<String, u32>,
        more: wit_bindgen::rt::Map<char, wit_bindgen::rt::Map<bool, Vec<String>>>,
    ) -> wit_bindgen::rt::Map<u8, [u32; 4]> {
        todo!("count")
    }
}

// Not natively: a native linker takes no colon in a name.
#[cfg(target_arch = "wasm32")]
export!(Plugin);
