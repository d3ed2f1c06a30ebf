//! A plugin of the world my-org:my-pkg/my-world@1.2.0.

#![allow(unused_variables)] // until the functions are written

wit_bindgen::generate!({ path: "wit", world: "my-org:my-pkg/my-world@1.2.0", generate_all });

compute_pipeline_guest::report_panics!();

struct Plugin;

impl Guest for Plugin {
    fn run(c: Color) -> Vec<u32> {
        todo!("run")
    }

    fn stop() {
        todo!("stop")
    }
}

impl exports::my_org::my_pkg::async_type::Guest for Plugin {
    fn loop_(
        self_id: u8,
        type_: Option<Vec<(u8, String, char)>>,
        c: exports::my_org::my_pkg::async_type::Colour,
    ) -> Result<(), exports::my_org::my_pkg::async_type::Shape> {
        todo!("loop")
    }

    fn a1_b2(
        x: Result<u8, ()>,
        y: Result<u32, String>,
        g: exports::my_org::my_pkg::async_type::Guest_,
        bs: exports::my_org::my_pkg::async_type::Bits,
        f: f32,
        t: (i64,),
    ) -> (i8, Vec<exports::my_org::my_pkg::async_type::Guest_>) {
        todo!("a1-b2")
    }

    fn use_conn(
        c: &exports::my_org::my_pkg::async_type::Conn,
        d: exports::my_org::my_pkg::async_type::Conn,
        a_very_long_parameter_name: String,
        another_very_long_parameter_name: Vec<String>,
    ) {
        todo!("use-conn")
    }
}

// Not natively: a native linker takes no colon in a name.
#[cfg(target_arch = "wasm32")]
export!(Plugin);
