// The operations, at the paths of `pipeline serve`.

import { contentType, accepted, formatOf, JSON_TYPE } from "./media.js";
import { fromBase64, toBase64 } from "./base64.js";
import { Body } from "./body.js";
import { Problem } from "./problem.js";
import type { Service } from "./service.js";
import { double, packed, pointStream, unpacked } from "./write.js";

type Operation = (service: Service, request: Request, query: URLSearchParams) => Promise<Response>;

/** The operations, by the last part of their paths. */
export const OPERATIONS: Readonly<Record<string, Operation>> = {
  async aggregate(service, request) {
    const summary = await service.fold(request, formatOf(request, true), service.summary());
    const { mean, variance, sum } = summary.statistics();
    return json(`{"mean":${double(mean)},"variance":${double(variance)},"sum":${double(sum)}}`);
  },

  async fold(service, request) {
    const before = base64("the header Pipeline-State", request.headers.get("pipeline-state") ?? "", "invalid-parameter");
    const format = formatOf(request, true);
    return stateAnswer((await service.fold(request, format, service.summary(before))).state);
  },

  async merge(service, request) {
    const { a = "", b = "" } = await object(service, request, ["a", "b"]);
    service.needSummary();
    return stateAnswer(service.engine.merge(base64('the member "a"', a, "invalid-body"), base64('the member "b"', b, "invalid-body")));
  },

  async finish(service, request) {
    const { state = "" } = await object(service, request, ["state"]);
    const { count, mean, variance, sum, min, max, first, last } = service.summary(base64('the member "state"', state, "invalid-body")).statistics();
    const doubles = Object.entries({ mean, variance, sum, min, max }).map(([name, value]) => `"${name}":${double(value)}`);
    return json(`{"count":${count},${doubles.join(",")},"first":${first},"last":${last}}`);
  },

  async validate(service, request) {
    const { type, format } = accepted(request);
    const pieces = await service.list(request, formatOf(request, false));
    return answer(type, pointStream(pieces, format));
  },

  async "process-batch"(service, request) {
    const { type, format } = accepted(request);
    const given = formatOf(request, true);
    const batch = given === "packed" ? await new Body(request, service.limits.heldBytes).bytes() : concat((await service.list(request, given)).map(packed));
    const normal = service.engine.processBatch(batch);
    return answer(type, format === "packed" ? (normal as Uint8Array<ArrayBuffer>) : pointStream([unpacked(normal)], format));
  },

  async checksum(service, request, query) {
    const expected = query.get("expected");
    if (expected === null) throw new Problem("invalid-parameter", "the parameter expected is missing");
    if (!/^([0-9]{1,10}|0x[0-9a-fA-F]{1,8})$/.test(expected)) {
      throw new Problem("invalid-parameter", `expected is ${JSON.stringify(expected)}; expected a CRC-32, decimal or hexadecimal with the prefix 0x`);
    }
    const crc = Number(expected);
    if (crc >= 2 ** 32) throw new Problem("invalid-parameter", `expected is ${expected}, which does not fit in 32 bits`);
    return json(`{"valid":${service.engine.validateChecksum(await new Body(request, service.limits.heldBytes).bytes(), crc)}}`);
  },
};

/** The query parameters of operations that have some. */
export const PARAMETERS: Readonly<Record<string, readonly string[]>> = { checksum: ["expected"] };

function answer(type: string, body: BodyInit): Response {
  return new Response(body, { headers: { "content-type": type } });
}

export const json = (text: string): Response => answer(JSON_TYPE, text + "\n");

const stateAnswer = (state: Uint8Array): Response => json(`{"state":"${toBase64(state)}"}`);

function base64(what: string, text: string, code: "invalid-parameter" | "invalid-body"): Uint8Array {
  const bytes = fromBase64(text);
  if (bytes === undefined) throw new Problem(code, `${what}: expected base64, got ${JSON.stringify(text)}`);
  return bytes;
}

/** Reads the body as an object of JSON whose members are strings. */
async function object<Name extends string>(service: Service, request: Request, names: readonly Name[]): Promise<Partial<Record<Name, string>>> {
  contentType(request, [JSON_TYPE]);
  const bytes = await new Body(request, service.limits.heldBytes).bytes();
  let value: unknown;
  try {
    value = JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(bytes));
  } catch (error) {
    throw new Problem("invalid-body", `expected an object of JSON: ${error instanceof Error ? error.message : String(error)}`);
  }
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    throw new Problem("invalid-body", `expected an object, found ${value === null ? "null" : Array.isArray(value) ? "an array" : `a ${typeof value}`}`);
  }
  for (const [name, member] of Object.entries(value)) {
    if (!(names as readonly string[]).includes(name)) throw new Problem("invalid-body", `unknown field ${JSON.stringify(name)}`);
    if (typeof member !== "string") throw new Problem("invalid-body", `the member "${name}" cannot be ${member === null ? "null" : `a ${typeof member}`}`);
  }
  return value as Partial<Record<Name, string>>;
}

function concat(parts: readonly Uint8Array[]): Uint8Array {
  const bytes = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    bytes.set(part, at);
    at += part.length;
  }
  return bytes;
}
