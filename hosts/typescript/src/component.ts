/**
 * The engine as a component: the interfaces of its WIT, as jco makes them, for programs that
 * want those. `Engine` is many times as fast, and checks more.
 *
 * @module
 */

import { instantiate, type Root } from "./component/engine.js";
import { ContractError } from "./errors.js";
import { compile, ownModule } from "./module.js";
import { checkMemoryLimit, type LoadOptions } from "./options.js";
import { messageIn } from "./panic.js";
import "./webassembly.js";

/** An instance: an object of functions for each interface. It is of no use after a trap. */
export type Component = Root;

export type { Datapoint } from "./component/interfaces/org-analytics-metrics.js";
export type { Statistics } from "./component/interfaces/org-compute-pipeline-summary.js";

/** The exports of the core module in each instance. */
const cores = new WeakMap<Component, WebAssembly.Exports>();

/**
 * Loads the engine, and returns a function that makes instances of it. Timestamps are
 * bigints; the err of a WIT `result` is thrown as an Error whose `payload` it is; a value
 * that is missing is NaN.
 *
 * @throws the errors of `Engine.load`, and a {@link ContractError} for a module with imports
 */
export async function loadComponent({ module, memoryLimit }: Pick<LoadOptions, "module" | "memoryLimit"> = {}): Promise<() => Component> {
  const core = await compile(module ?? ownModule(false), checkMemoryLimit(memoryLimit));
  if (WebAssembly.Module.imports(core).length > 0) throw new ContractError(["the module has imports, expected engine.wasm"]);
  return () => {
    let exports: WebAssembly.Exports = {};
    const component = instantiate(() => core, {}, (module, imports) => {
      const instance = new WebAssembly.Instance(module, imports);
      ({ exports } = instance);
      return instance;
    });
    cores.set(component, exports);
    return component;
  };
}

/**
 * Returns the message of the panic by which an instance trapped, which the error of the trap
 * does not have; undefined if the instance left none.
 */
export function panicMessage(component: Component): string | undefined {
  return messageIn(cores.get(component));
}
