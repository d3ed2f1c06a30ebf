// Answers requests of ../README.md by the TypeScript package.

import { Engine, InvalidInputError, TrapError } from "../../hosts/typescript/dist/index.js";
import { call } from "../../hosts/typescript/test/calls.js";

/** Loads a module, and returns a function that answers a request. */
export async function answerer(module, runtime, version) {
  const engine = await Engine.load({ timestamps: "bigint", module });
  let types;
  return ({ functions, call: name, args }) => {
    if (functions !== undefined) {
      types = functions;
      return { runtime, version };
    }
    try {
      return { value: call(engine, types, name, args) };
    } catch (error) {
      if (error instanceof TrapError) return { trap: error.message };
      if (error instanceof InvalidInputError) return { refused: error.message };
      throw error;
    }
  };
}
