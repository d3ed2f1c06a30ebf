// Problem details (RFC 9457), with the members and codes of `pipeline serve`.

import {
  AbiError, ComputePipelineError, ContractError, GuestError, InvalidInputError, LimitError, ModuleError, TrapError,
} from "compute-pipeline";

/** The status of each code. The last four are faults of the worker or its module. */
const STATUS = {
  "invalid-points": 400,
  "invalid-body": 400,
  "invalid-parameter": 400,
  "invalid-input": 400,
  "not-found": 404,
  "no-route": 404,
  "method-not-allowed": 405,
  "not-acceptable": 406,
  "body-too-large": 413,
  "too-many-points": 413,
  "record-too-large": 413,
  "memory-limit": 413,
  "unsupported-media-type": 415,
  "unsupported-encoding": 415,
  "refused-by-guest": 422,
  limit: 422,
  "client-gone": 499,
  internal: 500,
  "no-summary": 501,
  "abi-violated": 502,
  "contract-not-met": 502,
  trap: 502,
} as const;

export type Code = keyof typeof STATUS;

const TITLES: Readonly<Record<number, string>> = {
  400: "Bad Request",
  404: "Not Found",
  405: "Method Not Allowed",
  406: "Not Acceptable",
  413: "Request Entity Too Large",
  415: "Unsupported Media Type",
  422: "Unprocessable Entity",
  499: "Client Closed Request",
  500: "Internal Server Error",
  501: "Not Implemented",
  502: "Bad Gateway",
};

/** A place in the body: lines and columns from 1, the offset from 0, all in bytes. */
export interface Where {
  readonly line?: number;
  readonly column?: number;
  readonly offset: number;
}

/** Why a request is not served. */
export class Problem extends Error {
  constructor(
    readonly code: Code,
    detail: string,
    readonly where?: Where,
    readonly headers: Readonly<Record<string, string>> = {},
  ) {
    super(detail);
  }

  get status(): number {
    return STATUS[this.code];
  }

  response(): Response {
    const { code, status, where } = this;
    const body = { status, title: TITLES[status], code, detail: cut(this.message), where };
    return new Response(JSON.stringify(body) + "\n", { status, headers: { ...this.headers, "content-type": "application/problem+json" } });
  }
}

/** The longest detail, in characters. */
const MAX_DETAIL = 4096;

const cut = (text: string): string => (text.length <= MAX_DETAIL ? text : `${text.slice(0, MAX_DETAIL)}… (${MAX_DETAIL} characters of ${text.length})`);

/** Returns the problem for an error that was thrown. */
export function problemOf(error: unknown): Problem {
  if (error instanceof Problem) return error;
  if (error instanceof ComputePipelineError) return new Problem(codeOf(error), error.message);
  console.error(error);
  return new Problem("internal", "the worker failed; its log has the cause");
}

/** Returns the problem for a worker that cannot start. */
export function notStarted(error: unknown): Problem {
  if (!(error instanceof ComputePipelineError)) return problemOf(error);
  console.error(error);
  const what = error instanceof ContractError || error instanceof ModuleError ? "the module" : "the configuration";
  return new Problem("internal", `the worker cannot start with ${what}: ${error.message}`);
}

function codeOf(error: ComputePipelineError): Code {
  if (error instanceof GuestError) return "refused-by-guest";
  if (error instanceof InvalidInputError) return "invalid-input";
  if (error instanceof TrapError) return "trap";
  if (error instanceof AbiError) return "abi-violated";
  if (error instanceof ContractError) return "contract-not-met";
  if (error instanceof LimitError) {
    if (error.limit === "stack") return "trap";
    return error.limit === "memory" ? "memory-limit" : "limit";
  }
  return "internal";
}
