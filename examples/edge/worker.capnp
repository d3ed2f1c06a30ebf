# `workerd serve worker.capnp` in this directory, after `npm run build`.

using Workerd = import "/workerd/workerd.capnp";

const config :Workerd.Config = (
  services = [(name = "worker", worker = .worker)],
  sockets = [(name = "http", address = "127.0.0.1:8787", http = (), service = "worker")],
);

const worker :Workerd.Worker = (
  compatibilityDate = "2026-01-01",
  modules = [
    (name = "worker.js", esModule = embed "build/worker.js"),
    # For a budget of fuel: build/engine.metered.wasm, and the binding FUEL.
    (name = "engine.wasm", wasm = embed "build/engine.wasm"),
  ],
  bindings = [
    (name = "MAX_BODY_BYTES", text = "104857600"),
    (name = "MAX_HELD_BYTES", text = "8388608"),
    (name = "MAX_POINTS", text = "20000000"),
    (name = "MAX_RECORD_BYTES", text = "1048576"),
  ],
);
