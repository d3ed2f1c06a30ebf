// The types of the world my-org:my-pkg/my-world@1.2.0, as componentize-js passes them. Written by
// pipeline new plugin.
declare namespace contract {
  type Option<T> = { tag: "none" } | { tag: "some"; val: T };
  type Result<T, E> = { tag: "ok"; val: T } | { tag: "err"; val: E };

  interface Guest {
    id: number;
  }

  type Color = "red" | "green";

  interface Bits {
    a?: boolean;
    b?: boolean;
  }

  type HttpCode = number;

  type Conn = import("my-org:my-pkg/types@1.2.0").Conn;

  type Colour = contract.Color;

  type Shape =
    | { tag: "circle"; val: number }
    | { tag: "none" };

  /** What the plugin exports. */
  interface World {
    run(c: contract.Color): Uint32Array;
    stop(): void;
  }

  /** What the plugin exports as my-org:my-pkg/async-type@1.2.0. */
  interface AsyncType {
    /** Throws the err of its result: contract.Shape. */
    loop(selfId: number, type: [number, string, string][] | undefined, c: contract.Colour): void;
    a1B2(x: contract.Result<number, undefined>, y: contract.Result<number, string>, g: contract.Guest, bs: contract.Bits, f: number, t: [bigint]): [number, contract.Guest[]];
    useConn(c: contract.Conn, d: contract.Conn, aVeryLongParameterName: string, anotherVeryLongParameterName: string[]): void;
  }
}

declare module "my-org:my-pkg/types@1.2.0" {
  export class Conn {
    constructor();
    /** Throws the err of its result: undefined. */
    send(x: Uint8Array): void;
  }
}

declare module "my-org:my-pkg/async-type@1.2.0" {
  /** Throws the err of its result: contract.Shape. */
  export function loop(selfId: number, type: [number, string, string][] | undefined, c: contract.Colour): void;
  export function a1B2(x: contract.Result<number, undefined>, y: contract.Result<number, string>, g: contract.Guest, bs: contract.Bits, f: number, t: [bigint]): [number, contract.Guest[]];
  export function useConn(c: contract.Conn, d: contract.Conn, aVeryLongParameterName: string, anotherVeryLongParameterName: string[]): void;
}
