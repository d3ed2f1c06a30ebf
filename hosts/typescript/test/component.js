// The component as jco makes it, on the engine's own module.

import { ContractError, Engine } from "../dist/index.js";
import { loadComponent, panicMessage } from "../dist/component.js";
import { equal, rejects, test, throws } from "./harness.js";

test("the component has the interfaces of WIT, and the same answers", async () => {
  const start = await loadComponent();
  const { metrics, pipeline, summary } = start();
  const engine = await Engine.load({ timestamps: "bigint" });
  const text = '[{"timestamp": 18446744073709551615, "value": 0.1}, [7, 1e300]]';
  const points = metrics.validateStream(text);
  equal(points, engine.validateStream(text));
  equal([...metrics.computeAggregate(points)], Object.values(engine.computeAggregate(points)));
  equal(summary.finish(summary.fold(new Uint8Array(), points)), engine.summary().add(points).statistics());
  equal(pipeline.validateChecksum(new TextEncoder().encode("123456789"), 0xcbf43926), true);
  equal(throws(() => metrics.validateStream("[]"), Error, "Empty dataset").payload, "Empty dataset");
  throws(() => metrics.computeAggregate([{ timestamp: -1n, value: 1 }]), TypeError, "invalid u64 value");
});

test("a trap of the component costs one instance", async () => {
  const start = await loadComponent();
  const broken = start();
  equal(panicMessage(broken), undefined);
  throws(() => broken.pipeline.processBatch(new Uint8Array(15)), WebAssembly.RuntimeError, "");
  equal(panicMessage(broken).replace(/ \(at .*/, ""), "process-batch: input length 15 is not a multiple of 16");
  equal(start().pipeline.processBatch(new Uint8Array(16)).length, 16);
});

test("the component takes no metered module", async () => {
  await rejects(loadComponent({ module: new URL("../dist/engine.metered.wasm", import.meta.url) }), ContractError, "the module has imports, expected engine.wasm");
});
