//! Hardening that keeps debug information right.
//!
//! DWARF for WebAssembly names an instruction by its offset in the code section
//! (tool conventions, "DWARF for WebAssembly"), and runtimes look up the source
//! line of a stack frame that way. [`harden`] converts every such offset to
//! where the instruction went: addresses and lengths of entries, ranges, line
//! tables, and location lists. Indexes that debuggers build themselves
//! (`.debug_pubnames`, `.debug_aranges` and the like) are left out.
//!
//! Native only: the converter would double the size of the wasm module.

use std::panic;

use gimli::write::{
    self, Address, AttributeValue, ConvertLineProgram, ConvertLineRow, ConvertUnit,
    ConvertUnitEntry, EndianVec, FileId, LineProgram, Location, LocationList, Range, RangeList,
    Sections,
};
use gimli::{EndianSlice, LittleEndian, SectionId, constants, read};

use crate::harden::{self, Hardened};
use crate::offsets::OffsetMap;
use crate::{Error, sections};

type Reader<'a> = EndianSlice<'a, LittleEndian>;

/// As [`harden::harden`], with the module's DWARF converted to the new code.
///
/// Linear in the size of code and debug information, apart from a logarithm for
/// each address.
///
/// # Errors
///
/// Those of [`harden::harden`], and [`Error::Dwarf`] when the debug information
/// cannot be read or converted.
pub fn harden(wasm: &[u8]) -> Result<Hardened, Error> {
    let mut map = OffsetMap::default();
    let mut hardened = harden::code(wasm, Some(&mut map))?.assemble(wasm, None)?;
    if !hardened
        .report
        .dropped
        .iter()
        .any(|name| name.starts_with(".debug_"))
    {
        return Ok(hardened);
    }
    let failed = |message| Error::Dwarf { message };
    // gimli's writer asserts what it expects of its input (a file has a name, a
    // line table's parameters fit together), so nonsense makes it panic.
    let converted = panic::catch_unwind(|| convert(wasm, &map))
        .map_err(|_| failed("the converter met what it asserts cannot be".to_owned()))?
        .map_err(|err| failed(err.to_string()))?;
    converted.for_each(|id, section| {
        if !section.slice().is_empty() {
            sections::write_custom(&mut hardened.wasm, id.name(), section.slice());
            hardened
                .report
                .dropped
                .retain(|dropped| dropped != id.name());
        }
        Ok::<(), Error>(())
    })?;
    Ok(hardened)
}

fn convert(
    wasm: &[u8],
    map: &OffsetMap,
) -> write::ConvertResult<Sections<EndianVec<LittleEndian>>> {
    let sections = sections::sections(wasm);
    let load = |id: SectionId| -> read::Result<Reader<'_>> {
        let bytes = sections
            .iter()
            .find(|section| section.name == id.name())
            .map_or(&[][..], |section| &wasm[section.contents.clone()]);
        Ok(EndianSlice::new(bytes, LittleEndian))
    };
    let old = read::Dwarf::load(load)?;
    let mut new = write::Dwarf::new();
    let mut units = new.convert(&old)?;
    while let Some((mut unit, root)) = units.read_unit()? {
        Unit {
            moved: Moved { map },
            unit: &mut unit,
        }
        .convert(root)?;
    }
    let mut out = Sections::new(EndianVec::new(LittleEndian));
    new.write(&mut out)?;
    Ok(out)
}

/// Where code went.
#[derive(Clone, Copy)]
struct Moved<'a> {
    map: &'a OffsetMap,
}

impl Moved<'_> {
    fn address(self, old: u64) -> Address {
        Address::Constant(self.map.get(old))
    }

    /// The distance from `base` to `base + length` in the new code. Both must
    /// be old: code between them may have grown.
    fn length(self, base: u64, length: u64) -> u64 {
        self.map
            .get(base.wrapping_add(length))
            .wrapping_sub(self.map.get(base))
    }
}

/// A unit while it is converted.
struct Unit<'u, 'a, 'r, 'm> {
    moved: Moved<'m>,
    unit: &'u mut ConvertUnit<'a, Reader<'r>>,
}

impl<'a, 'r> Unit<'_, 'a, 'r, '_> {
    fn convert(&mut self, root: ConvertUnitEntry<'a, Reader<'r>>) -> write::ConvertResult<()> {
        if let Some(program) = self.unit.read_line_program(None, None)? {
            let (program, files) = lines(program, self.moved)?;
            self.unit.set_line_program(program, files);
        }
        self.attributes(self.unit.unit.root(), &root)?;
        let mut entry = root;
        while let Some(id) = self.unit.read_entry(&mut entry)? {
            let id = self.unit.add_entry(id, &entry);
            self.attributes(id, &entry)?;
        }
        Ok(())
    }

    fn attributes(
        &mut self,
        id: write::UnitEntryId,
        entry: &ConvertUnitEntry<'_, Reader<'r>>,
    ) -> write::ConvertResult<()> {
        for attribute in &entry.attrs {
            let value = match attribute.value() {
                // Of a constant, high_pc is a length after low_pc.
                read::AttributeValue::Addr(address) => {
                    AttributeValue::Address(self.moved.address(address))
                }
                read::AttributeValue::RangeListsRef(offset) => {
                    let offset = entry.read_unit.ranges_offset_from_raw(offset);
                    let list = self.ranges(entry.read_unit, offset)?;
                    AttributeValue::RangeListRef(self.unit.unit.ranges.add(list))
                }
                read::AttributeValue::LocationListsRef(offset) => {
                    let list = self.locations(entry.read_unit, offset)?;
                    AttributeValue::LocationListRef(self.unit.unit.locations.add(list))
                }
                value => match (attribute.name(), value.udata_value(), low_pc(entry)) {
                    (constants::DW_AT_high_pc, Some(length), Some(low)) => {
                        AttributeValue::Udata(self.moved.length(low, length))
                    }
                    // All other addresses, in expressions, are of data.
                    _ => self
                        .unit
                        .convert_attribute_value(entry.read_unit, attribute, &same)?,
                },
            };
            self.unit.unit.get_mut(id).set(attribute.name(), value);
        }
        Ok(())
    }

    fn ranges(
        &self,
        unit: read::UnitRef<'_, Reader<'r>>,
        offset: gimli::RangeListsOffset,
    ) -> write::ConvertResult<RangeList> {
        let mut list = vec![];
        let mut ranges = unit.ranges(offset)?;
        while let Some(range) = ranges.next()? {
            let (begin, end) = self.range(unit, range);
            list.push(match self.base(unit) {
                0 => Range::StartEnd {
                    begin: Address::Constant(begin),
                    end: Address::Constant(end),
                },
                _ => Range::OffsetPair { begin, end },
            });
        }
        Ok(RangeList(list))
    }

    fn locations(
        &mut self,
        unit: read::UnitRef<'_, Reader<'r>>,
        offset: gimli::LocationListsOffset,
    ) -> write::ConvertResult<LocationList> {
        let mut list = vec![];
        let mut locations = unit.locations(offset)?;
        while let Some(location) = locations.next()? {
            let data = self.unit.convert_expression(unit, location.data, &same)?;
            let (begin, end) = self.range(unit, location.range);
            list.push(match self.base(unit) {
                0 => Location::StartEnd {
                    begin: Address::Constant(begin),
                    end: Address::Constant(end),
                    data,
                },
                _ => Location::OffsetPair { begin, end, data },
            });
        }
        Ok(LocationList(list))
    }

    /// The address that entries of lists count from in the new unit. Until
    /// version 5 it is implied, so lists must follow it.
    fn base(&self, unit: read::UnitRef<'_, Reader<'r>>) -> u64 {
        match unit.low_pc {
            0 => 0,
            low => self.moved.map.get(low),
        }
    }

    fn range(&self, unit: read::UnitRef<'_, Reader<'r>>, range: read::Range) -> (u64, u64) {
        let new = |address| self.moved.map.get(address).wrapping_sub(self.base(unit));
        (new(range.begin), new(range.end))
    }
}

/// For addresses that are not of code.
fn same(address: u64) -> Option<Address> {
    Some(Address::Constant(address))
}

fn low_pc(entry: &ConvertUnitEntry<'_, Reader<'_>>) -> Option<u64> {
    match entry.attr_value(constants::DW_AT_low_pc)? {
        read::AttributeValue::Addr(address) => Some(address),
        _ => None,
    }
}

fn lines(
    mut program: ConvertLineProgram<'_, Reader<'_>>,
    moved: Moved<'_>,
) -> write::ConvertResult<(LineProgram, Vec<FileId>)> {
    // Rows count from the address that was set last, in the old code.
    let mut base = 0;
    while let Some(row) = program.read_row()? {
        match row {
            ConvertLineRow::SetAddress(address) => {
                base = address;
                program.set_address(moved.address(address));
            }
            ConvertLineRow::Row(mut row) => {
                row.address_offset = moved.length(base, row.address_offset);
                program.generate_row(row);
            }
            ConvertLineRow::EndSequence(length) => {
                program.end_sequence(moved.length(base, length));
                base = 0;
            }
        }
    }
    if program.in_sequence() {
        return Err(write::ConvertError::MissingLineEndSequence);
    }
    Ok(program.program())
}
