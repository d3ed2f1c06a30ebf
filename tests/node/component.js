// Makes a JavaScript module of a component with jco, and instances of that.

import { readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { pathToFileURL } from "node:url";

import { transpile, writeFiles } from "@bytecodealliance/jco-transpile";

/** Transpiles the component into a directory, as engine.js with declarations. */
export async function generate(component, directory, options = {}) {
  const { files } = await transpile(component, {
    name: "engine",
    instantiation: "sync",
    // As the command jco does: the err of a WIT result is the payload of an Error.
    noComponentErrorWrapping: false,
    outDir: directory,
    ...options,
  });
  await writeFiles(files);
}

/**
 * Transpiles the component into a directory; gives a function that makes instances: the
 * component's exports, and those of its core module.
 */
export async function load(component, directory) {
  await generate(component, directory);
  const { instantiate } = await import(pathToFileURL(resolve(directory, "engine.js")));
  const modules = new Map();
  const module = (path) => {
    if (!modules.has(path)) modules.set(path, new WebAssembly.Module(readFileSync(join(directory, path))));
    return modules.get(path);
  };
  return () => {
    let core;
    const instantiateCore = (module, imports) => {
      const instance = new WebAssembly.Instance(module, imports);
      // The others connect it with the resources that it exports, and have no memory.
      if (instance.exports.memory) core ??= instance.exports;
      return instance;
    };
    // No imports are given.
    return { exports: instantiate(module, {}, instantiateCore), core };
  };
}
