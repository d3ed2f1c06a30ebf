package input

import "bytes"

// foreign are formats that others read, by their first bytes. Their bytes would pass for packed
// points, with timestamps in far years.
var foreign = []struct{ magic, name, advice string }{
	{"\x89PNG\r\n", "a PNG image", ""},
	{"\xff\xd8\xff", "a JPEG image", ""},
	{"GIF8", "a GIF image", ""},
	{"%PDF-", "a PDF document", ""},
	{"PK\x03\x04", "a zip archive or an Excel file", "; unpack it, or export CSV"},
	{"\xfd7zXZ\x00", "xz data", "; decompress it with xz -dc"},
	{"BZh", "bzip2 data", "; decompress it with bzip2 -dc"},
	{"\x04\x22\x4d\x18", "lz4 data", "; decompress it with lz4 -dc"},
	{"\x1f\x8b\x08", "gzip data", "; decompress it with gzip -dc"},
	{"\x28\xb5\x2f\xfd", "Zstandard data", "; decompress it with zstd -dc"},
	{"7z\xbc\xaf\x27\x1c", "a 7z archive", "; unpack it"},
	{"PAR1", "a Parquet file", "; pipeline run reads it from a file that is not compressed; or export CSV or JSON lines"},
	{"ARROW1", "an Arrow file", arrowAdvice},
	{"Obj\x01", "an Avro file", "; export JSON lines"},
	{"SQLite format 3\x00", "an SQLite database", "; query it (pipeline run --from sqlite:FILE --query SQL), or export CSV"},
	{"\x89HDF\r\n", "an HDF5 file", "; export CSV"},
	{"\x7fELF", "a program", ""},
	{"\x00asm", "a WebAssembly module", ""},
}

const arrowAdvice = "; pipeline run reads it with --format arrow; or export CSV or JSON lines"

// arrowStream reports whether a stream of Arrow begins so: ffffffff, the size of a message, and a FlatBuffer.
func arrowStream(head []byte) bool {
	return len(head) >= 12 && bytes.HasPrefix(head, []byte("\xff\xff\xff\xff")) && head[7] == 0 && head[8] < 64 && bytes.HasPrefix(head[9:], []byte("\x00\x00\x00"))
}

// checkForeign returns an error for an input of another format.
func checkForeign(head []byte, names Names) error {
	if arrowStream(head) {
		return badData(Position{}, "this is an Arrow stream%s (if it is not, name the format with %s)", arrowAdvice, names.Format)
	}
	for _, f := range foreign {
		if bytes.HasPrefix(head, []byte(f.magic)) {
			return badData(Position{}, "this is %s%s (if it is not, name the format with %s)", f.name, f.advice, names.Format)
		}
	}
	return nil
}
