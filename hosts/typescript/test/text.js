// UTF-8 and limits of texts, against the runtime's own decoder.

import { Instance } from "../dist/instance.js";
import { TrapError } from "../dist/index.js";
import { beginning, invalidUTF8, loneSurrogate } from "../dist/text.js";
import { equal, Random, read, test, throws } from "./harness.js";

const decoder = new TextDecoder("utf-8", { fatal: true });

function isUTF8(bytes) {
  try {
    decoder.decode(bytes);
    return true;
  } catch {
    return false;
  }
}

test("UTF-8 is told from other bytes as the runtime tells it", () => {
  // Every sequence of two bytes, and of more with the bytes at the bounds.
  const edges = [0x7f, 0x80, 0x8f, 0x90, 0x9f, 0xa0, 0xbf, 0xc0, 0xdf, 0xe0, 0xed, 0xef, 0xf0, 0xf4];
  for (let a = 0; a < 256; a++) for (let b = 0; b < 256; b++) check(Uint8Array.of(a, b));
  for (const a of edges) for (const b of edges) for (const c of edges) {
    check(Uint8Array.of(a, b, c));
    for (const d of edges) check(Uint8Array.of(a, b, c, d));
  }
});

test("UTF-8 is told from other bytes wherever they stand", () => {
  const random = new Random(7);
  const parts = [[0x61], [0x61, 0x62, 0x63, 0x64, 0x65], [0xc2, 0xb0], [0xe2, 0x82, 0xac], [0xf0, 0x9d, 0x84, 0x9e], [0x80], [0xff], [0xe2, 0x82]];
  for (let n = 0; n < 20_000; n++) {
    const valid = n % 2 === 0 ? parts.length - 3 : parts.length;
    const bytes = Array.from({ length: random.below(12) }, () => parts[random.below(valid)]).flat();
    const offset = random.below(8);
    // What stands before and behind must not be read.
    const buffer = new Uint8Array(offset + bytes.length + random.below(8)).fill(0xff);
    buffer.set(bytes, offset);
    check(buffer.subarray(offset, offset + bytes.length));
  }
});

function check(bytes) {
  const at = invalidUTF8(bytes);
  if ((at < 0) !== isUTF8(bytes)) throw new Error(`${bytes}: ${at}`);
  // The position is where the longest valid beginning ends.
  if (at >= 0 && !isUTF8(bytes.subarray(0, at))) throw new Error(`${bytes}: not at ${at}`);
}

test("half a surrogate pair is found where it stands", () => {
  const random = new Random(5);
  const units = ["a", "°", "𝄞", "\ud800", "\udbff", "\udc00", "\udfff"];
  for (let n = 0; n < 5000; n++) {
    const text = Array.from({ length: random.below(6) }, () => units[random.below(units.length)]).join("");
    let want = -1;
    for (let i = 0; i < text.length && want < 0; i++) {
      const point = text.codePointAt(i);
      if (point > 0xffff) i++;
      else if (point >= 0xd800 && point <= 0xdfff) want = i;
    }
    equal(loneSurrogate(text), want, JSON.stringify(text));
  }
});

test("a text is cut between characters", () => {
  const bytes = new TextEncoder().encode("a°€𝄞");
  for (let max = 0; max <= bytes.length; max++) {
    const cut = beginning(bytes, max);
    equal(isUTF8(cut) && cut.length <= max && cut.length > max - 4, true, `${max}`);
  }
});

test("the engine's own panic is read", async () => {
  const module = await WebAssembly.compile(await read(new URL("../dist/engine.wasm", import.meta.url)));
  const instance = new Instance(module, undefined, 2 ** 32);
  throws(() => instance.call("processBatch", instance.alloc(15, 1), 15), TrapError, "process-batch: input length 15 is not a multiple of 16 (at ");
});
