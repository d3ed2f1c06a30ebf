// The reader of bodies by itself: what it takes before a body arrives.

import { fileURLToPath } from "node:url";

import { build } from "esbuild";

import { equal, test } from "../../../hosts/typescript/test/harness.js";

const here = (path) => fileURLToPath(new URL(path, import.meta.url));
const { outputFiles: [{ text }] } = await build({
  entryPoints: [here("../src/body.ts")],
  bundle: true,
  format: "esm",
  alias: { "compute-pipeline": here("../../../hosts/typescript/dist/index.js") },
  write: false,
  logOverride: { "ignored-bare-import": "silent" },
});
const { Body } = await import(`data:text/javascript,${encodeURIComponent(text)}`);

/** Runs a function; returns the sizes of the arrays of bytes and buffers that it makes. */
async function made(run) {
  const whole = { Uint8Array, ArrayBuffer };
  const sizes = [];
  for (const [name, type] of Object.entries(whole)) {
    globalThis[name] = new Proxy(type, {
      construct(target, args) {
        if (typeof args[0] === "number") sizes.push(args[0]);
        return Reflect.construct(target, args);
      },
    });
  }
  try {
    await run();
  } finally {
    Object.assign(globalThis, whole);
  }
  return sizes;
}

test("memory is taken for what has arrived, not for what is announced", async () => {
  const announced = 8_000_000;
  const pieces = [new Uint8Array(10).fill(1), new Uint8Array(200_000).fill(2)];
  const body = new ReadableStream({
    type: "bytes",
    pull(controller) {
      const piece = pieces.shift();
      if (piece === undefined) controller.error(new Error("gone"));
      else controller.enqueue(piece);
    },
  });
  const request = { body, headers: new Headers({ "content-length": String(announced) }) };
  let error;
  const sizes = await made(() => new Body(request, 2 * announced).bytes().catch((thrown) => (error = thrown)));
  equal(error.code, "client-gone");
  equal(Math.max(...sizes) <= 4 * 65536, true, String(sizes));
});

test("a body of any size is whole", async () => {
  const limit = 300_000;
  for (const size of [0, 1, 65_535, 65_536, 65_537, 131_073, limit]) {
    const sent = Uint8Array.from({ length: size }, (_, i) => i % 251);
    const got = await new Body(new Request("http://localhost", { method: "POST", body: sent }), limit).bytes();
    equal(Buffer.compare(got, sent), 0, String(size));
  }
});
