import { bytesOf, describe, isBuffer, tag } from "./bytes.js";
import { ComputePipelineError, InvalidInputError, LimitError, ModuleError } from "./errors.js";
import { limitMemory } from "./memory_limit.js";
import type { LoadOptions } from "./options.js";

type Source = NonNullable<LoadOptions["module"]>;

/** Bytes that a module may have, so that a wrong file is refused before it is compiled. */
const MAX_MODULE = 64 * 2 ** 20;

const GIVE = "give a WebAssembly.Module as `module`";

/** Where the module of this package is. */
export function ownModule(metered: boolean): URL {
  try {
    // Written out twice, so that bundlers find both files.
    return metered ? new URL("./engine.metered.wasm", import.meta.url) : new URL("./engine.wasm", import.meta.url);
  } catch (error) {
    throw new ModuleError(`this file has no URL, so the module beside it has none: ${GIVE}`, error);
  }
}

/** Reports whether a value is a compiled module, whatever realm it is from. */
export function isModule(source: unknown): source is WebAssembly.Module {
  if (source instanceof WebAssembly.Module) return true;
  if (tag(source) !== "WebAssembly.Module") return false;
  try {
    WebAssembly.Module.exports(source as WebAssembly.Module);
    return true;
  } catch {
    return false;
  }
}

/** Compiles a module whose memory has at most `memoryLimit` bytes. */
export async function compile(source: Source, memoryLimit: number): Promise<WebAssembly.Module> {
  if (isModule(source)) return source;
  const wasm = await read(source);
  checkHeader(wasm);
  if (wasm.length > MAX_MODULE) {
    throw new LimitError("module", MAX_MODULE, `the module has ${wasm.length} bytes, and ${MAX_MODULE} are allowed`);
  }
  const limited = limitMemory(wasm, memoryLimit);
  try {
    // Bytes that no other thread can change: see bytesOf.
    return await WebAssembly.compile(limited as Uint8Array<ArrayBuffer>);
  } catch (error) {
    const hint = error instanceof WebAssembly.CompileError && !/disallow|policy|CSP/i.test(error.message) ? ""
      : `; where code may not be compiled at run time, ${GIVE}`;
    throw new ModuleError(`the module cannot be compiled: ${(error as Error).message}${hint}`, error);
  }
}

async function read(source: Source): Promise<Uint8Array> {
  if (typeof source === "string" || source instanceof URL) return readURL(urlOf(source));
  if (isBuffer(source) || ArrayBuffer.isView(source)) return bytesOf("module", source);
  const response: unknown = await source;
  if (response instanceof Response) return readResponse(response);
  throw new InvalidInputError(`module: expected a WebAssembly.Module, bytes, a URL or a Response, got ${describe(response)}`);
}

function urlOf(source: string | URL): URL {
  try {
    return new URL(source, globalThis.location?.href);
  } catch {
    throw new InvalidInputError(`module: expected a URL, got ${describe(source)}; a file is new URL("engine.wasm", import.meta.url)`);
  }
}

async function readURL(url: URL): Promise<Uint8Array> {
  try {
    // In a variable, so that bundlers for browsers leave it alone.
    const files = "node:fs/promises";
    if (url.protocol === "file:" && typeof globalThis.document === "undefined") {
      return await ((await import(/* @vite-ignore */ /* webpackIgnore: true */ files)) as { readFile(url: URL): Promise<Uint8Array> }).readFile(url);
    }
    return await readResponse(await fetch(url));
  } catch (error) {
    if (error instanceof ComputePipelineError) throw error;
    throw new ModuleError(`the module cannot be read from ${url}: ${(error as Error).message}`, error);
  }
}

async function readResponse(response: Response): Promise<Uint8Array> {
  if (!response.ok) throw new ModuleError(`the module cannot be read from ${response.url}: HTTP status ${response.status}`);
  return new Uint8Array(await response.arrayBuffer());
}

/** Says what bytes are that are no core module. */
function checkHeader(wasm: Uint8Array): void {
  const header = [...wasm.subarray(0, 8)].map((byte) => byte.toString(16).padStart(2, "0")).join(" ");
  if (header === "00 61 73 6d 01 00 00 00") return;
  if (header === "00 61 73 6d 0d 00 01 00") {
    throw new ModuleError("the module is a component, expected a core module, such as compute-pipeline.core.wasm");
  }
  throw new ModuleError(`not a WebAssembly module: its ${wasm.length} bytes begin with ${header === "" ? "nothing" : header}, expected 00 61 73 6d 01 00 00 00`);
}
