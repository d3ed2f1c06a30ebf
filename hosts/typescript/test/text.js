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
