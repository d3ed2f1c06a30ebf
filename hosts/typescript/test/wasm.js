// Makes small modules, whose functions all have the same body.

const I32 = 0x7f;
const UNREACHABLE = 0x00;
const END = 0x0b;
const KINDS = { function: 0, memory: 2, global: 3 };

const name = (text) => vector([...new TextEncoder().encode(text)]);

function number(value) {
  const bytes = [];
  do {
    bytes.push((value & 0x7f) | (value >= 0x80 ? 0x80 : 0));
    value >>>= 7;
  } while (value > 0);
  return bytes;
}

const vector = (items) => [...number(items.length), ...items.flat()];

const section = (id, contents) => [id, ...number(contents.length), ...contents];

export const HEADER = [0, 0x61, 0x73, 0x6d, 1, 0, 0, 0];

/** What every module must export: the functions with the number of their i32 parameters. */
export const REQUIRED = {
  cabi_realloc: 4,
  "org:analytics/metrics@0.1.0#compute-aggregate": 2,
  "org:analytics/metrics@0.1.0#validate-stream": 2,
  "org:compute/pipeline@0.1.0#process-batch": 2,
  "org:compute/pipeline@0.1.0#validate-checksum": 3,
};

/**
 * The bytes of a module. `functions` are exports with the number of their parameters,
 * `imports` pairs of names, `memory` its limits as bytes: by default 1 page without a maximum.
 * Functions trap, unless `body` has other instructions.
 */
export function module({ functions = REQUIRED, imports = [], memory = [0, 1], parameter = I32, results = [I32], body = [UNREACHABLE] } = {}) {
  const exports = Object.entries(functions);
  return Uint8Array.from([
    ...HEADER,
    ...section(1, vector(exports.map(([, n]) => [0x60, ...vector(Array(n).fill([parameter])), ...vector(results.map((type) => [type]))]))),
    ...section(2, vector(imports.map(([from, what]) => [...name(from), ...name(what), KINDS.function, 0]))),
    ...section(3, vector(exports.map((_, i) => number(i)))),
    ...(memory === undefined ? [] : section(5, [1, ...memory])),
    ...section(7, vector([
      [...name("memory"), KINDS.memory, 0],
      ...exports.map(([what], i) => [...name(what), KINDS.function, ...number(i + imports.length)]),
    ])),
    ...section(10, vector(exports.map(() => vector([[0], ...body.map((byte) => [byte]), [END]])))),
  ]);
}
