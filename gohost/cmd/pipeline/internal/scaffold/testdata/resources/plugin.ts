// A plugin of the world my-org:my-pkg/my-world@1.2.0.

const default_: contract.World["default"] = (type) => {
  throw new Error("default is not written yet");
};
export { default_ as default };

class Counter implements contract.Counter {
  constructor(start: number) {
    throw new Error("[constructor]counter is not written yet");
  }

  add(n: number): number {
    throw new Error("[method]counter.add is not written yet");
  }

  static sum(counters: contract.Counter[]): number {
    throw new Error("[static]counter.sum is not written yet");
  }

  static merge(a: contract.Counter, b: contract.Counter | undefined): contract.Counter {
    throw new Error("[static]counter.merge is not written yet");
  }
}

class Empty implements contract.Empty {
}

export const counters: contract.Counters = {
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
