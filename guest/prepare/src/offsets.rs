//! The new offsets of instructions in rewritten code.

use crate::leb128;

/// Maps offsets in the old code section to offsets in the new one.
///
/// Offsets count from the start of the code section's payload (the byte that
/// starts the number of functions), as DWARF for WebAssembly does.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct OffsetMap {
    /// Places where the distance between old and new changes, ascending in
    /// both.
    points: Vec<(u32, u32)>,
    /// Sizes of the old and new payload.
    sizes: (u32, u32),
}

impl OffsetMap {
    /// Notes that the byte at `old` now stands at `new`, and those after it at
    /// the same distance, until the next point. Points come in ascending order.
    pub(crate) fn push(&mut self, old: usize, new: usize) {
        let point = (old as u32, new as u32);
        if self.points.last() != Some(&point) {
            self.points.push(point);
        }
    }

    pub(crate) fn finish(&mut self, old_size: usize, new_size: usize) {
        self.sizes = (old_size as u32, new_size as u32);
    }

    /// The map as bytes, numbers in LEB128: the sizes of the old and the new code section's
    /// payload, as far as the new one has code of the old; the number of points; and for each
    /// point how far it is after the one before, in the old code and in the new.
    ///
    /// Up to the next point, an instruction at a point is followed by those after it in the old
    /// code, then by added ones; or it is the first of those in its place.
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut out = vec![];
        for number in [self.sizes.0, self.sizes.1, self.points.len() as u32] {
            leb128::write_u32(&mut out, number);
        }
        let mut last = (0, 0);
        for &(old, new) in &self.points {
            leb128::write_u32(&mut out, old - last.0);
            leb128::write_u32(&mut out, new - last.1);
            last = (old, new);
        }
        out
    }

    /// The new offset of the instruction at `old`. An offset beyond the code
    /// section, such as a linker's mark for removed code, has no counterpart
    /// and comes back as it is. Logarithmic in the number of rewritten
    /// instructions.
    pub fn get(&self, old: u64) -> u64 {
        if old > u64::from(self.sizes.0) {
            return old;
        }
        match self
            .points
            .partition_point(|&(from, _)| u64::from(from) <= old)
        {
            0 => old,
            n => {
                let (from, to) = self.points[n - 1];
                u64::from(to) + (old - u64::from(from))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use wasmparser::{Parser, Payload};

    use super::*;
    use crate::contract::Contract;
    use crate::{harden, prepare};

    /// Start and bytes of each instruction, counted from the code section's
    /// payload.
    fn instructions(wasm: &[u8]) -> Vec<(u64, &[u8])> {
        let mut list = vec![];
        let mut start = 0;
        for payload in Parser::new(0).parse_all(wasm) {
            match payload.unwrap() {
                Payload::CodeSectionStart {
                    unchecked_range, ..
                } => start = unchecked_range.start,
                Payload::CodeSectionEntry(body) => {
                    let mut reader = body.get_operators_reader().unwrap();
                    while !reader.eof() {
                        let (_, at) = reader.read_with_offset().unwrap();
                        let end = reader.original_position();
                        list.push((at - start, &wasm[at as usize..end as usize]));
                    }
                }
                _ => {}
            }
        }
        list
    }

    #[test]
    fn every_instruction_is_found_where_it_went() {
        let wasm = wat::parse_str(format!(
            r#"(module
                 (func (param i32) (result i32) (i32.add (local.get 0) (i32.const 1000)))
                 (func (param f64 f64 i32) (result f64) (local i32 i32 f32)
                   (f64.copysign
                     (select (local.get 0) (local.get 1) (local.get 2))
                     (select (result f64) (local.get 1) (f64.const 3) (local.get 2))))
                 (func (param i32) (result i32) (i32.mul (local.get 0) (i32.const 1000000)))
                 (func (param v128 v128) (result v128)
                   {} (v128.bitselect (local.get 0) (local.get 1) (local.get 0)))
                 (func (param i32) (result i32) (i32.sub (local.get 0) (i32.const 1))))"#,
            // The size of this body needs one byte more after rewriting.
            "(drop (i32.const 77))".repeat(25),
        ))
        .unwrap();
        let mut map = OffsetMap::default();
        let code = harden::code(&wasm, Some(&mut map)).unwrap();
        let hardened = code.assemble(&wasm, None).unwrap().wasm;
        let new = instructions(&hardened);
        let sites = harden::miscompiled(&wasm).unwrap();
        assert_eq!(sites.len(), 4);
        let old = instructions(&wasm);
        let code = wasm.len() as u64 - old.last().unwrap().0 - 1;
        let mut rewritten = 0;
        for (at, bytes) in old {
            let (_, found) = new
                .iter()
                .find(|(to, _)| *to == map.get(at))
                .unwrap_or_else(|| panic!("no instruction where the one at {at:#x} should be"));
            if sites.iter().any(|site| site.offset == code + at) {
                rewritten += 1;
            } else {
                assert_eq!(*found, bytes, "at {at:#x}");
            }
        }
        assert_eq!(rewritten, 4);
        // The end of the section is the end, and what is beyond stays.
        let end = u64::from(map.sizes.0);
        assert_eq!(map.get(end), u64::from(map.sizes.1));
        assert_eq!(map.get(end + 1), end + 1);
        assert_eq!(map.get(u64::from(u32::MAX)), u64::from(u32::MAX));
    }

    #[test]
    fn metered_code_is_known_by_the_instructions_it_was() {
        let wasm = wat::parse_str(
            r#"(module
                 (memory 1)
                 (func (export "run") (param i32) (result i32) (local f64)
                   (local.set 1 (select (f64.const 1) (local.get 1) (local.get 0)))
                   (loop $next
                     (memory.fill (i32.const 0) (i32.const 7) (local.get 0))
                     (if (i32.eqz (local.get 0))
                       (then (drop (call 0 (i32.div_u (i32.const 9) (local.get 0))))))
                     (br_if $next (local.tee 0 (i32.sub (local.get 0) (i32.const 1)))))
                   (drop (memory.grow (local.get 0)))
                   (i32.rem_u (local.get 0) (i32.trunc_f64_s (local.get 1))))
                 (func (export "other") (result i32) (call 0 (i32.const 3))))"#,
        )
        .unwrap();
        let options = prepare::Options {
            contract: Contract::default(),
            meter: true,
        };
        let (prepared, maps) = prepare::with_maps(&wasm, &options).unwrap();
        assert_eq!(prepared, prepare::prepare(&wasm, &options).unwrap());
        let [hardening, metering] = &maps[..] else {
            panic!("{} maps", maps.len());
        };
        assert_eq!(hardening.sizes.1, metering.sizes.0);
        let (old, new) = (instructions(&wasm), instructions(&prepared.wasm));
        assert!(new.len() > 2 * old.len());
        let mut last = 0;
        for (at, bytes) in old {
            let to = metering.get(hardening.get(at));
            assert!(to >= last, "{at:#x} went before those in front of it");
            last = to;
            let (_, found) = new
                .iter()
                .find(|(new, _)| *new == to)
                .unwrap_or_else(|| panic!("no instruction where the one at {at:#x} should be"));
            match bytes[0] {
                // Written anew: select as the start of its operands' copies, a loop as a block,
                // a remainder as a division, a fill as a call; labels and functions have other numbers.
                0x1b | 0x1c | 0x03 | 0x70 | 0xfc => assert_ne!(*found, bytes, "at {at:#x}"),
                0x0c..=0x10 => assert_eq!(found[0], bytes[0], "at {at:#x}"),
                _ => assert_eq!(*found, bytes, "at {at:#x}"),
            }
        }
    }

    #[test]
    fn the_bytes_of_a_map_are_distances() {
        let mut map = OffsetMap::default();
        map.push(1, 1);
        map.push(3, 4);
        map.push(200, 500);
        map.finish(300, 700);
        let expected = [
            0xac, 2, 0xbc, 5, 3, // sizes and number
            1, 1, 2, 3, 0xc5, 1, 0xf0, 3,
        ];
        assert_eq!(map.to_bytes(), expected);
        assert_eq!(OffsetMap::default().to_bytes(), [0, 0, 0]);
    }
}
