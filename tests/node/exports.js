// Calls the exports of a core module, in Node and in browsers; ../README.md defines the requests.
// Arguments and results are i32.

/** Returns imports for handles of resources that the module owns: each is its representation. */
function handles(module) {
  const imports = {};
  for (const { module: from, name } of WebAssembly.Module.imports(module)) {
    if (!/^\[resource-(new|rep|drop)\]/.test(name)) throw new Error(`the module imports ${from} ${name}`);
    (imports[from] ??= {})[name] = name.startsWith("[resource-drop]") ? () => {} : (handle) => handle;
  }
  return imports;
}

/** Returns what answers requests about a module. */
export function answerer(module, runtime, version) {
  let exports;
  const start = () => {
    exports = new WebAssembly.Instance(module, handles(module)).exports;
    exports._initialize?.();
  };
  start();
  return (request) => {
    if (request.functions !== undefined) return { runtime, version };
    if (request.start) {
      start();
      return {};
    }
    if (request.global !== undefined) return { global: exports[request.global]?.value ?? null };
    if (request.invoke !== undefined) {
      try {
        const result = exports[request.invoke](...request.args.map((digits) => Number(digits) | 0));
        return { results: result === undefined ? [] : [String(result >>> 0)] };
      } catch (error) {
        if (error instanceof WebAssembly.RuntimeError) return { trap: error.message };
        throw error;
      }
    }
    const { buffer } = exports.memory;
    if (request.hex === undefined) return { hex: toHex(new Uint8Array(buffer, request.read, request.length)) };
    fromHex(request.hex, new Uint8Array(buffer, request.write, request.hex.length / 2));
    return {};
  };
}

const digits = Array.from({ length: 256 }, (_, byte) => byte.toString(16).padStart(2, "0"));

function toHex(bytes) {
  let text = "";
  for (const byte of bytes) text += digits[byte];
  return text;
}

function fromHex(text, bytes) {
  for (let i = 0; i < bytes.length; i++) bytes[i] = Number.parseInt(text.slice(2 * i, 2 * i + 2), 16);
}
