//! What indices become.

use wasm_encoder::reencode::{self, Reencode};

/// What the indices of the whole module are in a part.
#[derive(Default)]
pub struct Indices {
    pub functions: Vec<u32>,
    pub tables: Vec<u32>,
    pub globals: Vec<u32>,
    pub elements: Vec<u32>,
    pub data: Vec<u32>,
    /// How many there are of each in the part.
    pub all_functions: u32,
    pub all_tables: u32,
    pub all_globals: u32,
}

impl Reencode for Indices {
    type Error = std::convert::Infallible;

    fn function_index(&mut self, index: u32) -> Result<u32, reencode::Error> {
        Ok(self.functions[index as usize])
    }
    fn table_index(&mut self, index: u32) -> Result<u32, reencode::Error> {
        Ok(self.tables[index as usize])
    }
    fn global_index(&mut self, index: u32) -> Result<u32, reencode::Error> {
        Ok(self.globals[index as usize])
    }
    fn element_index(&mut self, index: u32) -> Result<u32, reencode::Error> {
        Ok(self.elements[index as usize])
    }
    fn data_index(&mut self, index: u32) -> Result<u32, reencode::Error> {
        Ok(self.data[index as usize])
    }
}
