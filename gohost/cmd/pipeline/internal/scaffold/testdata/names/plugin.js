// A plugin of the world my-org:my-pkg/my-world@1.2.0.
/// <reference path="contract.d.ts" />

/** @type {contract.World["run"]} */
export const run = (c) => {
  throw new Error("run is not written yet");
};

/** @type {contract.World["stop"]} */
export const stop = () => {
  throw new Error("stop is not written yet");
};

/** @type {contract.AsyncType} */
export const asyncType = {
  loop(selfId, type, c) {
    throw new Error("loop is not written yet");
  },

  a1B2(x, y, g, bs, f, t) {
    throw new Error("a1-b2 is not written yet");
  },

  useConn(c, d, aVeryLongParameterName, anotherVeryLongParameterName) {
    throw new Error("use-conn is not written yet");
  },
};
