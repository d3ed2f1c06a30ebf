// A plugin of the world my-org:my-pkg/my-world@1.2.0.
/// <reference path="contract.d.ts" />

/** @type {contract.World["default"]} */
const default_ = (type) => {
  throw new Error("default is not written yet");
};
export { default_ as default };

/** @implements {contract.Counter} */
class Counter {
  constructor(start) {
    throw new Error("[constructor]counter is not written yet");
  }

  add(n) {
    throw new Error("[method]counter.add is not written yet");
  }

  static sum(counters) {
    throw new Error("[static]counter.sum is not written yet");
  }

  static merge(a, b) {
    throw new Error("[static]counter.merge is not written yet");
  }
}

/** @implements {contract.Empty} */
class Empty {
}

/** @type {contract.Counters} */
export const counters = {
  Counter,
  Empty,

  many(n) {
    throw new Error("many is not written yet");
  },

  look(bucket, key) {
    throw new Error("look is not written yet");
  },

  give() {
    throw new Error("give is not written yet");
  },

  take(e, c) {
    throw new Error("take is not written yet");
  },
};
