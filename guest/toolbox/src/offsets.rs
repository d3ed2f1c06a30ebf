//! Where instructions went when code was rewritten.

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
