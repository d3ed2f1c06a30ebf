//! The new offsets of instructions in rewritten code.

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
    use crate::harden;

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
}
