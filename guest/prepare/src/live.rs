//! Removes the bodies of functions that no call can reach.
//!
//! Core modules that are linked when they are whole, as those of a component are, keep all
//! their functions: what one exports for others is mostly not used by the component at
//! hand. Compiling it costs as much as the rest. Functions keep their indices, so nothing
//! but bodies changes.

use crate::body::Body;
use crate::module::Module;
use crate::opcode::{CALL, REF_FUNC};
use crate::sections::{self, Change};
use crate::{Error, custom, features, leb128};

/// The body of a function that is never called: no locals, `unreachable`, `end`.
const DEAD: [u8; 3] = [0, 0, 0x0b];

/// Replaces the body of each function that cannot be called by `unreachable`.
///
/// Exported functions can be called, the start function, those that a segment of elements
/// or the value of a global refers to, and what their bodies call or take the reference
/// of. Elements count whatever their segment is used for, so a function in a table is
/// never lost; and a mistake here would be a trap, never other code.
///
/// Custom sections that hold offsets into code are left out when bodies change. Linear in
/// the size of the module, without recursion.
///
/// # Errors
///
/// [`Error`] when `wasm` is not a valid module.
pub fn remove_dead(wasm: &[u8]) -> Result<Vec<u8>, Error> {
    features::validate(wasm)?;
    let module = Module::read(wasm)?;
    let bodies = module.bodies();
    let live = reached(&module, &bodies);
    if live.iter().all(|&live| live) {
        return Ok(wasm.to_vec());
    }
    let mut code = vec![];
    leb128::write_u32(&mut code, bodies.len() as u32);
    for (body, live) in bodies.iter().zip(live) {
        let body = if live { body } else { &DEAD[..] };
        leb128::write_u32(&mut code, body.len() as u32);
        code.extend_from_slice(body);
    }
    sections::check_size(code.len())?;
    Ok(sections::rewrite(wasm, |section| match section.id {
        sections::CODE => Change::Write(std::mem::take(&mut code)),
        _ if custom::holds_code_offsets(section.name) => Change::Drop,
        _ => Change::Keep,
    }))
}

/// For each function of a valid module with a body, whether it can be called.
fn reached(module: &Module<'_>, bodies: &[impl AsRef<[u8]>]) -> Vec<bool> {
    let mut live = vec![false; bodies.len()];
    let mut open = vec![];
    let mut reach = |function: u32, open: &mut Vec<usize>| {
        let defined = function
            .checked_sub(module.imported)
            .map(|own| own as usize);
        if let Some(own) = defined
            && let Some(live) = live.get_mut(own)
            && !std::mem::replace(live, true)
        {
            open.push(own);
        }
    };
    for reference in &module.references {
        reach(reference.function, &mut open);
    }
    while let Some(own) = open.pop() {
        for (_, instruction) in Body::new(bodies[own].as_ref()).instructions() {
            if matches!(instruction.opcode, CALL | REF_FUNC) {
                reach(instruction.index(), &mut open);
            }
        }
    }
    live
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The numbers of the functions with a body whose body is replaced. No other has just
    /// `unreachable` in these tests.
    fn dead(text: &str) -> Vec<usize> {
        let wasm = wat::parse_str(text).unwrap();
        let out = remove_dead(&wasm).unwrap();
        features::validate(&out).unwrap();
        assert_eq!(remove_dead(&out).unwrap(), out, "a second time is the same");
        let (before, after) = (Module::read(&wasm).unwrap(), Module::read(&out).unwrap());
        assert_eq!(after.functions, before.functions, "indices stay");
        let (before, after) = (before.bodies(), after.bodies());
        assert_eq!(after.len(), before.len());
        let changed = before.iter().zip(&after).enumerate();
        let changed = changed.filter(|(_, (before, after))| before != after);
        changed
            .map(|(number, (_, after))| {
                assert_eq!(&after[..], DEAD);
                number
            })
            .collect()
    }

    #[test]
    fn what_is_called_stays() {
        let dead = dead(
            r#"(module
              (import "m" "f" (func $imported))
              (func (nop))
              (func $a (export "a") (call $b) (call $imported))
              (func $b (block (loop (if (i32.const 0) (then (call $c))))))
              (func $c (call $b) (call $c))
              (func $d (call $e) (call $a))
              (func $e (call $d)))"#,
        );
        assert_eq!(dead, [0, 4, 5], "also when the dead call each other");
    }

    #[test]
    fn what_is_referred_to_stays() {
        let dead = dead(
            r#"(module
              (table $t 3 funcref)
              (table $u 1 funcref)
              (global funcref (ref.func $global))
              (elem (table $t) (i32.const 0) func $active)
              (elem $passive func $passive)
              (elem declare func $declared)
              (elem (table $u) (i32.const 0) funcref (item (ref.func $expression)) (item (ref.null func)))
              (start $start)
              (func $start (nop))
              (func $global (nop))
              (func $active (nop))
              (func $passive (nop))
              (func $declared (nop))
              (func $expression (nop))
              (func $reached (nop))
              (func (export "e") (drop (ref.func $reached)))
              (export "reached" (func $reached))
              (func $nobody (drop (ref.func $declared)) (call $also-nobody))
              (func $also-nobody (nop)))"#,
        );
        assert_eq!(dead, [8, 9]);
    }

    /// What looks like a call inside of another instruction is none.
    #[test]
    fn only_instructions_call() {
        let dead = dead(
            r#"(module
              (memory 1)
              (func $no (nop))
              (func (export "e") (local i32)
                (drop (i64.const 0x10))
                (drop (i32.const -112))
                (drop (f64.const 0x1.01000100010p+1))
                (drop (v128.const i8x16 0x10 0 0x10 0 0x10 0 0x10 0 0x10 0 0x10 0 0x10 0 0x10 0))
                (drop (i32.load offset=16 (i32.const 0)))))"#,
        );
        assert_eq!(dead, [0]);
    }

    #[test]
    fn a_module_without_dead_functions_is_copied() {
        for text in [
            "(module)",
            r#"(module (func (export "e") (nop)) (@custom ".debug_info" "x"))"#,
            r#"(module (import "m" "f" (func)))"#,
        ] {
            let wasm = wat::parse_str(text).unwrap();
            assert_eq!(remove_dead(&wasm).unwrap(), wasm, "{text}");
        }
    }

    #[test]
    fn sections_that_hold_offsets_go_when_code_moves() {
        let wasm = |custom: &str| {
            let text = format!(r#"(module (func $f (nop)) {custom} (@custom "kept" "x"))"#);
            wat::parse_str(text).unwrap()
        };
        let expected = remove_dead(&wasm("")).unwrap();
        let out = remove_dead(&wasm(r#"(@custom ".debug_info" "x")"#)).unwrap();
        assert_eq!(out, expected);
        assert!(out.windows(4).any(|bytes| bytes == b"kept"));
    }

    /// A chain of calls as long as a module may have functions: no recursion here.
    #[test]
    fn a_long_chain_is_followed() {
        let count = 200_000;
        let mut text = r#"(module (func (export "e") (call 1))"#.to_owned();
        for next in 2..count {
            text += &format!("(func (call {next}))");
        }
        text += "(func (nop)) (func (nop)))";
        assert_eq!(dead(&text), [count]);
    }

    #[test]
    fn what_is_not_valid_is_refused() {
        assert!(remove_dead(b"\0asm\x01\0\0\0\x01").is_err());
        let wasm = wat::parse_str("(module (func (drop)))").unwrap();
        assert!(remove_dead(&wasm).is_err(), "also where it is dead");
    }
}
