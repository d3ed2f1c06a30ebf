// Datapoints in JSON.
#include "plugin.h"

// Arrays and objects within each other. More are refused, to bound the stack.
enum { MAX_DEPTH = 64 };

typedef struct {
  const char *text;
  size_t length, at;
  const char *error; // what is wrong at `at`, or NULL
} parser;

static bool fail(parser *p, const char *error) {
  p->error = error;
  return false;
}

// next returns the character after white space, or 0 at the end: no JSON has that.
static char next(parser *p) {
  for (; p->at < p->length; p->at++) {
    char c = p->text[p->at];
    if (c != ' ' && c != '\t' && c != '\n' && c != '\r') return c;
  }
  return 0;
}

static char here(const parser *p) { return p->at < p->length ? p->text[p->at] : 0; }

static bool is_digit(char c) { return c >= '0' && c <= '9'; }

static bool read(parser *p, char c, const char *error) {
  if (next(p) != c) return fail(p, error);
  p->at++;
  return true;
}

static bool read_digits(parser *p) {
  if (!is_digit(here(p))) return fail(p, "expected a digit");
  while (is_digit(here(p))) p->at++;
  return true;
}

// read_number reads a number and returns its characters.
static bool read_number(parser *p, string *number) {
  next(p);
  size_t begin = p->at;
  if (here(p) == '-') p->at++;
  if (here(p) == '0') p->at++;
  else if (!read_digits(p)) return fail(p, "expected a number");
  if (here(p) == '.') {
    p->at++;
    if (!read_digits(p)) return false;
  }
  if (here(p) == 'e' || here(p) == 'E') {
    p->at++;
    if (here(p) == '+' || here(p) == '-') p->at++;
    if (!read_digits(p)) return false;
  }
  *number = (string){p->text + begin, p->at - begin};
  return true;
}

// read_hex reads the four digits of an escape.
static bool read_hex(parser *p, uint32_t *code) {
  *code = 0;
  for (int i = 0; i < 4; i++, p->at++) {
    char c = here(p);
    uint32_t digit = is_digit(c) ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : c >= 'A' && c <= 'F' ? c - 'A' + 10 : 16;
    if (digit == 16) return fail(p, "expected four hexadecimal digits");
    *code = *code << 4 | digit;
  }
  return true;
}

// A name is the beginning of a string. The names of fields are ASCII, and no other character
// is taken for one of theirs.
typedef struct { char text[16]; size_t length; } name;

static bool is_name(const name *n, const char *want) {
  size_t i = 0;
  for (; want[i] != 0; i++)
    if (i >= n->length || n->text[i] != want[i]) return false;
  return i == n->length;
}

static bool read_string(parser *p, name *n) {
  n->length = 0;
  if (!read(p, '"', "expected a string")) return false;
  for (;;) {
    uint32_t code = (uint8_t)here(p);
    if (code < 0x20) return fail(p, p->at == p->length ? "the string does not end" : "a control character in a string");
    p->at++;
    if (code == '"') return true;
    if (code == '\\') {
      static const char escapes[] = "\"\\/bfnrt", meanings[] = "\"\\/\b\f\n\r\t";
      char c = here(p);
      size_t i = 0;
      while (i < sizeof escapes - 1 && escapes[i] != c) i++;
      if (c != 'u' && i == sizeof escapes - 1) return fail(p, "an unknown escape");
      p->at++;
      if (c != 'u') code = meanings[i];
      else if (!read_hex(p, &code)) return false;
    }
    if (n->length < sizeof n->text) n->text[n->length++] = code < 0x80 ? code : 0x7f;
  }
}

static bool skip_value(parser *p, int depth);

// skip_members reads an object or an array, after its first character.
static bool skip_members(parser *p, int depth, bool object) {
  char last = object ? '}' : ']';
  if (depth == MAX_DEPTH) return fail(p, "nested too deep");
  if (next(p) == last) return read(p, last, NULL);
  for (;;) {
    name unused;
    if (object && !(read_string(p, &unused) && read(p, ':', "expected `:`"))) return false;
    if (!skip_value(p, depth + 1)) return false;
    if (next(p) != ',') return read(p, last, object ? "expected `,` or `}`" : "expected `,` or `]`");
    p->at++;
  }
}

static bool skip_value(parser *p, int depth) {
  static const char *const words[] = {"true", "false", "null"};
  char c = next(p);
  if (c == '{' || c == '[') {
    p->at++;
    return skip_members(p, depth, c == '{');
  }
  if (c == '"') {
    name unused;
    return read_string(p, &unused);
  }
  for (size_t i = 0; i < 3; i++) {
    if (c != words[i][0]) continue;
    for (const char *w = words[i]; *w != 0; w++, p->at++)
      if (here(p) != *w) return fail(p, "an unknown word");
    return true;
  }
  string number;
  return read_number(p, &number);
}

static bool read_timestamp(parser *p, uint64_t *timestamp) {
  static const char error[] = "timestamp: expected an integer from 0 to 2^64-1";
  next(p);
  size_t begin = p->at;
  string number;
  if (!read_number(p, &number)) return false;
  *timestamp = 0;
  for (size_t i = 0; i < number.length; i++) {
    uint64_t digit = (uint8_t)number.data[i] - '0';
    if (digit > 9 || *timestamp > (UINT64_MAX - digit) / 10) {
      p->at = begin;
      return fail(p, error);
    }
    *timestamp = 10 * *timestamp + digit;
  }
  return true;
}

static bool read_value(parser *p, double *value) {
  next(p);
  size_t begin = p->at;
  string number;
  if (!read_number(p, &number)) return false;
  *value = parse_number(number.data, number.length);
  if (*value - *value == 0) return true;
  p->at = begin;
  return fail(p, "value: the number is out of range");
}

// read_record reads an object. Of a repeated field the last counts.
static bool read_record(parser *p, datapoint *point) {
  bool has_timestamp = false, has_value = false;
  if (!read(p, '{', "expected `{`")) return false;
  if (next(p) != '}')
    for (;;) {
      name n;
      if (!read_string(p, &n) || !read(p, ':', "expected `:`")) return false;
      bool ok;
      if (is_name(&n, "timestamp")) ok = has_timestamp = read_timestamp(p, &point->timestamp);
      else if (is_name(&n, "value")) ok = has_value = read_value(p, &point->value);
      else ok = skip_value(p, 2);
      if (!ok) return false;
      if (next(p) != ',') break;
      p->at++;
    }
  if (!read(p, '}', "expected `,` or `}`")) return false;
  if (!has_timestamp) return fail(p, "missing field `timestamp`");
  return has_value || fail(p, "missing field `value`");
}

static bool read_records(parser *p, datapoints *points) {
  if (!read(p, '[', "expected `[`")) return false;
  if (next(p) == ']') p->at++;
  else
    for (;;) {
      datapoint *point = allocate(sizeof *point);
      if (points->length++ == 0) points->data = point;
      if (!read_record(p, point)) return false;
      if (next(p) != ',') {
        if (!read(p, ']', "expected `,` or `]`")) return false;
        break;
      }
      p->at++;
    }
  next(p);
  return p->at == p->length || fail(p, "expected the end");
}

static char *append(char *to, const char *text) {
  while (*text != 0) *to++ = *text++;
  return to;
}

static char *append_number(char *to, size_t n) {
  char digits[20];
  int length = 0;
  for (; n > 0; n /= 10) digits[length++] = '0' + n % 10;
  while (length > 0) *to++ = digits[--length];
  return to;
}

static string message(const parser *p) {
  size_t line = 1, column = 1;
  for (size_t i = 0; i < p->at; i++) {
    column++;
    if (p->text[i] == '\n') line++, column = 1;
  }
  char *text = allocate(256);
  char *end = append(text, "Parse failed: ");
  end = append(append(end, p->error), " at line ");
  end = append(append_number(end, line), " column ");
  end = append_number(end, column);
  return (string){text, end - text};
}

stream_result parse_stream(const char *text, size_t length) {
  parser p = {.text = text, .length = length};
  datapoints points = {.length = 0};
  if (!read_records(&p, &points)) return (stream_result){true, {.message = message(&p)}};
  static const char empty[] = "Empty dataset";
  if (points.length == 0) return (stream_result){true, {.message = {empty, sizeof empty - 1}}};
  return (stream_result){false, {.points = points}};
}
