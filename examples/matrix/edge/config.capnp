# workerd serve examples/matrix/edge/config.capnp engine
# workerd serve examples/matrix/edge/config.capnp whole    each source at once
# workerd serve examples/matrix/edge/config.capnp plain    without the engine
#
# SOURCES in the environment is a JSON array of the URLs to fetch.
using Workerd = import "/workerd/workerd.capnp";

const engine :Workerd.Config = (
  services = [(name = "worker", worker = .engineWorker), .internet],
  sockets = [.http]
);

const whole :Workerd.Config = (
  services = [(name = "worker", worker = .wholeWorker), .internet],
  sockets = [.http]
);

const plain :Workerd.Config = (
  services = [(name = "worker", worker = .plainWorker), .internet],
  sockets = [.http]
);

# Public addresses alone, unless the sources are your own.
const internet :Workerd.Service = (name = "internet", network = (allow = ["public", "private"]));
const date :Text = "2025-09-01";
const http :Workerd.Socket = (name = "http", address = "127.0.0.1:8787", http = (), service = "worker");

const engineWorker :Workerd.Worker = (
  compatibilityDate = .date,
  bindings = [(name = "SOURCES", fromEnvironment = "SOURCES")],
  modules = .engineModules
);

const wholeWorker :Workerd.Worker = (
  compatibilityDate = .date,
  bindings = [(name = "SOURCES", fromEnvironment = "SOURCES"), (name = "WHOLE", json = "true")],
  modules = .engineModules
);

const plainWorker :Workerd.Worker = (
  compatibilityDate = .date,
  bindings = [(name = "SOURCES", fromEnvironment = "SOURCES")],
  modules = [
    (name = "examples/matrix/edge/plain_worker.js", esModule = embed "plain_worker.js"),
    (name = "examples/matrix/edge/handler.js", esModule = embed "handler.js"),
    (name = "examples/matrix/job/job.js", esModule = embed "../job/job.js"),
  ]
);

# The first is the worker; the names are such that its imports find the others.
const engineModules :List(Workerd.Worker.Module) = [
  (name = "examples/matrix/edge/worker.js", esModule = embed "worker.js"),
  (name = "examples/matrix/edge/handler.js", esModule = embed "handler.js"),
  (name = "hosts/typescript/dist/engine.wasm", wasm = embed "../../../hosts/typescript/dist/engine.wasm"),
  (name = "hosts/typescript/dist/bytes.js", esModule = embed "../../../hosts/typescript/dist/bytes.js"),
  (name = "hosts/typescript/dist/contract.js", esModule = embed "../../../hosts/typescript/dist/contract.js"),
  (name = "hosts/typescript/dist/engine.js", esModule = embed "../../../hosts/typescript/dist/engine.js"),
  (name = "hosts/typescript/dist/errors.js", esModule = embed "../../../hosts/typescript/dist/errors.js"),
  (name = "hosts/typescript/dist/fuel.js", esModule = embed "../../../hosts/typescript/dist/fuel.js"),
  (name = "hosts/typescript/dist/index.js", esModule = embed "../../../hosts/typescript/dist/index.js"),
  (name = "hosts/typescript/dist/instance.js", esModule = embed "../../../hosts/typescript/dist/instance.js"),
  (name = "hosts/typescript/dist/memory_limit.js", esModule = embed "../../../hosts/typescript/dist/memory_limit.js"),
  (name = "hosts/typescript/dist/module.js", esModule = embed "../../../hosts/typescript/dist/module.js"),
  (name = "hosts/typescript/dist/nesting.js", esModule = embed "../../../hosts/typescript/dist/nesting.js"),
  (name = "hosts/typescript/dist/options.js", esModule = embed "../../../hosts/typescript/dist/options.js"),
  (name = "hosts/typescript/dist/panic.js", esModule = embed "../../../hosts/typescript/dist/panic.js"),
  (name = "hosts/typescript/dist/pieces.js", esModule = embed "../../../hosts/typescript/dist/pieces.js"),
  (name = "hosts/typescript/dist/points.js", esModule = embed "../../../hosts/typescript/dist/points.js"),
  (name = "hosts/typescript/dist/read.js", esModule = embed "../../../hosts/typescript/dist/read.js"),
  (name = "hosts/typescript/dist/summary.js", esModule = embed "../../../hosts/typescript/dist/summary.js"),
  (name = "hosts/typescript/dist/text.js", esModule = embed "../../../hosts/typescript/dist/text.js"),
  (name = "hosts/typescript/dist/webassembly.js", esModule = embed "../../../hosts/typescript/dist/webassembly.js"),
];
