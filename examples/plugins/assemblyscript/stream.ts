// Datapoints in JSON.
import { Datapoint } from "./datapoint";
import { parseNumber } from "./number";

// Arrays and objects within each other. More are refused, to bound the stack.
const MAX_DEPTH = 64;

// What ends the parser: what is wrong at `at`.
let error: string = "";

let text: usize;
let end: usize;
let at: usize;

// The points so far, and room for more.
let points: usize;
let count: usize;
let room: usize;

// parseStream reads a JSON array of records, and writes the result.
export function parseStream(start: usize, length: usize, result: usize): void {
  text = at = start;
  end = start + length;
  count = room = 0;
  let message: string;
  if (!readRecords()) message = failure();
  else if (count == 0) message = "Empty dataset";
  else {
    write(result, 0, points, count);
    return;
  }
  const utf8 = String.UTF8.encode(message);
  write(result, 1, changetype<usize>(utf8), utf8.byteLength);
}

function write(result: usize, isError: u8, address: usize, length: usize): void {
  store<u8>(result, isError);
  store<usize>(result, address, 4);
  store<usize>(result, length, 8);
}

function failure(): string {
  let line = 1;
  let column = 1;
  for (let p = text; p < at; p++) {
    column++;
    if (load<u8>(p) == c("\n")) {
      line++;
      column = 1;
    }
  }
  return "Parse failed: " + error + " at line " + line.toString() + " column " + column.toString();
}

function fail(what: string): bool {
  error = what;
  return false;
}

// c returns an ASCII character as a number.
// @ts-ignore: decorator
@inline
function c(character: string): u8 {
  return load<u8>(changetype<usize>(character));
}

// here returns the next character, or 0 at the end: no JSON has that.
function here(): u8 {
  return at < end ? load<u8>(at) : 0;
}

// next returns the character after white space.
function next(): u8 {
  while (here() == c(" ") || here() == c("\t") || here() == c("\n") || here() == c("\r")) at++;
  return here();
}

function read(character: u8, otherwise: string): bool {
  if (next() != character) return fail(otherwise);
  at++;
  return true;
}

function isDigit(character: u8): bool {
  return character >= c("0") && character <= c("9");
}

function readDigits(): bool {
  if (!isDigit(here())) return fail("expected a digit");
  while (isDigit(here())) at++;
  return true;
}

// readNumber reads a number: its characters are those from `number` to `at`.
let number: usize;
function readNumber(): bool {
  next();
  number = at;
  if (here() == c("-")) at++;
  if (here() == c("0")) at++;
  else if (!readDigits()) return fail("expected a number");
  if (here() == c(".")) {
    at++;
    if (!readDigits()) return false;
  }
  if ((here() | 0x20) == c("e")) {
    at++;
    if (here() == c("+") || here() == c("-")) at++;
    if (!readDigits()) return false;
  }
  return true;
}

// readHex reads the four digits of an escape.
let code: u32;
function readHex(): bool {
  code = 0;
  for (let i = 0; i < 4; i++, at++) {
    const digit = here();
    const letter = digit | 0x20;
    let value: u32;
    if (isDigit(digit)) value = digit - c("0");
    else if (letter >= c("a") && letter <= c("f")) value = letter - c("a") + 10;
    else return fail("expected four hexadecimal digits");
    code = (code << 4) | value;
  }
  return true;
}

// The beginning of the string that was read last, and its length. The names of fields are
// ASCII, and no other character is taken for one of theirs.
const NAME = 16;
const name = memory.data(NAME);
let nameLength = 0;

function isName(want: string): bool {
  if (nameLength != want.length) return false;
  for (let i = 0; i < nameLength; i++) {
    if (load<u8>(name + i) != want.charCodeAt(i)) return false;
  }
  return true;
}

function readString(): bool {
  nameLength = 0;
  if (!read(c('"'), "expected a string")) return false;
  while (true) {
    code = here();
    if (code < 0x20) return fail(at == end ? "the string does not end" : "a control character in a string");
    at++;
    if (code == c('"')) return true;
    if (code == c("\\") && !readEscape()) return false;
    if (nameLength < NAME) store<u8>(name + nameLength++, u8(code < 0x80 ? code : 0x7f));
  }
}

function readEscape(): bool {
  const escape = here();
  if (escape == c("u")) {
    at++;
    return readHex();
  }
  if (escape == c('"') || escape == c("\\") || escape == c("/")) code = escape;
  else if (escape == c("b")) code = 8;
  else if (escape == c("f")) code = 12;
  else if (escape == c("n")) code = 10;
  else if (escape == c("r")) code = 13;
  else if (escape == c("t")) code = 9;
  else return fail("an unknown escape");
  at++;
  return true;
}

// skipMembers reads an object or an array, after its first character.
function skipMembers(depth: i32, object: bool): bool {
  const last = object ? c("}") : c("]");
  const otherwise = object ? "expected `,` or `}`" : "expected `,` or `]`";
  if (depth == MAX_DEPTH) return fail("nested too deep");
  if (next() == last) return read(last, otherwise);
  while (true) {
    if (object && !(readString() && read(c(":"), "expected `:`"))) return false;
    if (!skipValue(depth + 1)) return false;
    if (next() != c(",")) return read(last, otherwise);
    at++;
  }
}

function skipValue(depth: i32): bool {
  const first = next();
  if (first == c("{") || first == c("[")) {
    at++;
    return skipMembers(depth, first == c("{"));
  }
  if (first == c('"')) return readString();
  if (first == c("t")) return skipWord("true");
  if (first == c("f")) return skipWord("false");
  if (first == c("n")) return skipWord("null");
  return readNumber();
}

function skipWord(word: string): bool {
  for (let i = 0; i < word.length; i++, at++) {
    if (here() != word.charCodeAt(i)) return fail("an unknown word");
  }
  return true;
}

function readTimestamp(point: usize): bool {
  if (!readNumber()) return false;
  let timestamp: u64 = 0;
  for (let p = number; p < at; p++) {
    const digit: u64 = load<u8>(p) - c("0");
    if (digit > 9 || timestamp > (u64.MAX_VALUE - digit) / 10) {
      at = number;
      return fail("timestamp: expected an integer from 0 to 2^64-1");
    }
    timestamp = 10 * timestamp + digit;
  }
  changetype<Datapoint>(point).timestamp = timestamp;
  return true;
}

function readValue(point: usize): bool {
  if (!readNumber()) return false;
  const value = parseNumber(number, at);
  if (!isFinite(value)) {
    at = number;
    return fail("value: the number is out of range");
  }
  changetype<Datapoint>(point).value = value;
  return true;
}

// readRecord reads an object. Of a repeated field the last counts.
function readRecord(point: usize): bool {
  let hasTimestamp = false;
  let hasValue = false;
  if (!read(c("{"), "expected `{`")) return false;
  if (next() != c("}")) {
    while (true) {
      if (!readString() || !read(c(":"), "expected `:`")) return false;
      if (isName("timestamp")) {
        if (!readTimestamp(point)) return false;
        hasTimestamp = true;
      } else if (isName("value")) {
        if (!readValue(point)) return false;
        hasValue = true;
      } else if (!skipValue(2)) return false;
      if (next() != c(",")) break;
      at++;
    }
  }
  if (!read(c("}"), "expected `,` or `}`")) return false;
  if (!hasTimestamp) return fail("missing field `timestamp`");
  return hasValue || fail("missing field `value`");
}

function readRecords(): bool {
  if (!read(c("["), "expected `[`")) return false;
  if (next() == c("]")) at++;
  else {
    while (true) {
      if (!readRecord(newPoint())) return false;
      if (next() != c(",")) {
        if (!read(c("]"), "expected `,` or `]`")) return false;
        break;
      }
      at++;
    }
  }
  next();
  return at == end || fail("expected the end");
}

// newPoint returns where the next point goes. The list is the last block of the heap, so it
// grows where it is.
function newPoint(): usize {
  const size = offsetof<Datapoint>();
  if (count == room) {
    room = max<usize>(64, 2 * room);
    points = count == 0 ? heap.alloc(room * size) : heap.realloc(points, room * size);
  }
  return points + size * count++;
}
