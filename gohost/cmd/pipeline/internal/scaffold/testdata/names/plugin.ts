// A plugin of the world my-org:my-pkg/my-world@1.2.0.

export const run: contract.World["run"] = (c) => {
  throw new Error("run is not written yet");
};

export const stop: contract.World["stop"] = () => {
  throw new Error("stop is not written yet");
};

export const asyncType: contract.AsyncType = {
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
