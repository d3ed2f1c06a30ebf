// The types of the world my-org:my-pkg/my-world@1.2.0, as componentize-js passes them. Written by
// pipeline new plugin.
declare namespace contract {
  type Option<T> = { tag: "none" } | { tag: "some"; val: T };
  type Result<T, E> = { tag: "ok"; val: T } | { tag: "err"; val: E };

  type Bucket = import("my-org:my-pkg/store@1.2.0").Bucket;

  interface Counter {
    add(n: number): number;
  }

  interface Empty {
  }

  /** What the plugin exports. */
  interface World {
    default(type: contract.Option<number | undefined>): number;
  }

  interface CounterClass {
    new (start: number): Counter;
    sum(counters: contract.Counter[]): number;
    merge(a: contract.Counter, b: contract.Counter | undefined): contract.Counter;
  }

  interface EmptyClass {
  }

  /** What the plugin exports as my-org:my-pkg/counters@1.2.0. */
  interface Counters {
    Counter: CounterClass;
    Empty: EmptyClass;
    many(n: number): contract.Counter[];
    look(bucket: contract.Bucket, key: number): number | undefined;
    give(): contract.Bucket | undefined;
    take(e: contract.Empty, c: contract.Counter): [contract.Empty, contract.Counter];
  }
}

declare module "now" {
  export default function now(): bigint;
}

declare module "my-org:my-pkg/store@1.2.0" {
  export class Bucket {
    constructor(name: string);
    get(key: number): number | undefined;
    /** Throws the err of its result: string. */
    put(key: number, value: number): void;
    static combine(a: contract.Bucket, b: contract.Bucket): contract.Bucket;
    drop(): void;
  }
}
