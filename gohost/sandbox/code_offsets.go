package sandbox

import (
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"

	"example.org/compute-pipeline/gohost/internal/sections"
)

// codeSection is the ID of the section with the code of a core module.
const codeSection = 10

// withOffsets returns a core module with debug information that says nothing but which code
// it is, so that wazero adds to each function of a stack trace the offset in the code.
func withOffsets(wasm []byte) []byte {
	var code []byte
	_ = sections.Each(wasm, func(id byte, contents []byte) error { // of a module that is valid
		if id == codeSection {
			code = contents
		}
		return nil
	})
	if len(code) == 0 {
		return wasm
	}
	sum := sha256.Sum256(code)
	name := "code " + hex.EncodeToString(sum[:6])
	wasm = sections.AppendCustom(wasm, ".debug_abbrev", debugAbbreviations)
	wasm = sections.AppendCustom(wasm, ".debug_info", debugInfo(uint32(len(code))))
	return sections.AppendCustom(wasm, ".debug_line", debugLines(name, uint64(len(code))))
}

// debugAbbreviations has one kind of entry: a compilation unit with the offset of its lines
// and the beginning and end of its code (DWARF 4, section 7.5).
var debugAbbreviations = []byte{
	1, 0x11, 0, // DW_TAG_compile_unit, without children
	0x10, 0x17, // DW_AT_stmt_list, DW_FORM_sec_offset
	0x11, 0x01, // DW_AT_low_pc, DW_FORM_addr
	0x12, 0x01, // DW_AT_high_pc, DW_FORM_addr
	0, 0, 0,
}

func debugInfo(size uint32) []byte {
	var unit []byte
	unit = binary.LittleEndian.AppendUint16(unit, 4) // version
	unit = binary.LittleEndian.AppendUint32(unit, 0) // of the abbreviations
	unit = append(unit, 4, 1)                        // size of an address, the entry
	unit = binary.LittleEndian.AppendUint32(unit, 0) // of the lines
	unit = binary.LittleEndian.AppendUint32(unit, 1) // the first instruction is behind the number of functions
	unit = binary.LittleEndian.AppendUint32(unit, size)
	return sized(unit)
}

// debugLines is a line table with one line, 0 of a file with the name (DWARF 4, section 6.2).
func debugLines(name string, size uint64) []byte {
	var header []byte
	// Lengths of instructions and operations, default of is_stmt, line base and range, the
	// first special opcode, and how many operands the standard opcodes have.
	header = append(header, 1, 1, 1, 0, 1, 10, 0, 1, 1, 1, 1, 0, 0, 0, 1)
	header = append(header, 0) // no directories
	header = append(append(header, name...), 0, 0, 0, 0)
	header = append(header, 0) // no more files
	var program bytes.Buffer
	program.Write([]byte{0, 5, 2, 1, 0, 0, 0})                         // DW_LNE_set_address 1
	program.Write([]byte{3, 0x7f, 1})                                  // DW_LNS_advance_line -1, DW_LNS_copy
	program.Write(binary.AppendUvarint([]byte{2}, size-1))             // DW_LNS_advance_pc
	program.Write([]byte{0, 1, 1})                                     // DW_LNE_end_sequence
	unit := binary.LittleEndian.AppendUint16(nil, 4)                   // version
	unit = binary.LittleEndian.AppendUint32(unit, uint32(len(header))) // up to the program
	return sized(append(append(unit, header...), program.Bytes()...))
}

// sized returns a unit with its length in front.
func sized(unit []byte) []byte {
	return append(binary.LittleEndian.AppendUint32(nil, uint32(len(unit))), unit...)
}
