//! What a guest records of its calls, and where.
//!
//! A guest's memory holds, from low addresses to high ones: [`HEADER`], what the
//! guest replays, the records of its calls, and its heap.

use anyhow::{Result, ensure};

/// Bytes before everything else. Nothing is allocated there.
pub const HEADER: u32 = 1024;
/// Where the address of the first record stands.
pub const FIRST: u32 = 24;
/// Where the result of `recording` is written: the address and size of all memory in use.
pub const WHOLE: u32 = 16;

/// Bytes of a record: the function's number (u32), what post-return was given (u32),
/// the flat parameters, and the flat result or the address of the result.
pub const RECORD: u32 = RESULT + 8;
/// Where a record holds what post-return was given; the sum, should it be called twice.
pub const POSTED: u32 = 4;
/// Where a record holds the flat parameters, 8 bytes each.
pub const PARAMS: u32 = 8;
/// Where a record holds the result.
pub const RESULT: u32 = PARAMS + 8 * 16;

/// The memory of a guest after its calls.
pub struct Recording {
    /// The address of the first record.
    pub first: u32,
    /// The memory, from address 0 to the end of the heap.
    pub memory: Vec<u8>,
}

impl Recording {
    /// What a guest's function `recording` returned.
    ///
    /// # Errors
    ///
    /// When the memory does not hold the records of so many calls.
    pub fn new(memory: Vec<u8>, calls: usize) -> Result<Self> {
        ensure!(memory.len() >= HEADER as usize, "{} bytes", memory.len());
        let mut recording = Self { first: 0, memory };
        recording.first = recording.number(FIRST as usize);
        let end = recording.first as usize + calls * RECORD as usize;
        ensure!(
            recording.first >= HEADER && end <= recording.memory.len(),
            "records up to {end} in {} bytes",
            recording.memory.len()
        );
        Ok(recording)
    }

    /// Checks that the calls were of these functions, and that post-return was
    /// called once with each of these results.
    ///
    /// # Errors
    ///
    /// When they were not.
    pub fn check(&self, functions: &[u32], posted: &[Option<u32>]) -> Result<()> {
        for (call, (function, posted)) in functions.iter().zip(posted).enumerate() {
            let record = self.first as usize + call * RECORD as usize;
            let called = self.number(record);
            ensure!(
                called == *function,
                "call {call} was of function {called}, expected {function}"
            );
            let given = self.number(record + POSTED as usize);
            let expected = posted.unwrap_or(0);
            ensure!(
                given == expected,
                "call {call}: post-return was given {given:#x} in sum, expected {expected:#x}"
            );
        }
        Ok(())
    }

    /// The addresses of the results.
    pub fn results(&self, calls: usize) -> Vec<u32> {
        (0..calls)
            .map(|call| self.number(self.first as usize + call * RECORD as usize + RESULT as usize))
            .collect()
    }

    /// The number at an address.
    pub fn number(&self, at: usize) -> u32 {
        let mut bytes = [0; 4];
        bytes.copy_from_slice(&self.memory[at..at + 4]);
        u32::from_le_bytes(bytes)
    }
}
