// The types of the world example:plugin/plugin, as componentize-js passes them. Written by
// pipeline new plugin.
declare namespace contract {
  type Option<T> = { tag: "none" } | { tag: "some"; val: T };
  type Result<T, E> = { tag: "ok"; val: T } | { tag: "err"; val: E };

  interface Datapoint {
    timestamp: bigint;
    value: number;
  }

  /** What the plugin exports as org:analytics/metrics@0.1.0. */
  interface Metrics {
    computeAggregate(points: contract.Datapoint[]): Float64Array;
    /** Throws the err of its result: string. */
    validateStream(raw: string): contract.Datapoint[];
  }

  /** What the plugin exports as org:compute/pipeline@0.1.0. */
  interface Pipeline {
    processBatch(input: Uint8Array): Uint8Array;
    validateChecksum(data: Uint8Array, expected: number): boolean;
  }
}
