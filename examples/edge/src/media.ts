// Media types of points, as `pipeline serve` negotiates them.

import type { Format } from "compute-pipeline";
import { Problem } from "./problem.js";

export const JSON_TYPE = "application/json";

/** How the points of each media type are written, in order of preference. */
const FORMATS: Readonly<Record<string, Format>> = {
  [JSON_TYPE]: "json",
  "application/x-ndjson": "ndjson",
  "application/vnd.compute-pipeline.packed": "packed",
};

const POINT_TYPES = Object.keys(FORMATS);
const TEXT_TYPES = POINT_TYPES.slice(0, 2);

/** Returns how the points of a body are written. */
export const formatOf = (request: Request, packed: boolean): Format => FORMATS[contentType(request, packed ? POINT_TYPES : TEXT_TYPES)]!;

/** Returns the media type of a body, which must be one of those that are known. */
export function contentType(request: Request, known: readonly string[]): string {
  const header = request.headers.get("content-type") ?? "";
  const { name, parameters } = parse(header);
  const charset = parameters.get("charset");
  if (!known.includes(name) || (charset !== undefined && charset.toLowerCase() !== "utf-8")) {
    throw new Problem("unsupported-media-type", refused("Content-Type", header, known));
  }
  return name;
}

/** Returns the media type and form of points that a request prefers (RFC 9110, section 12.5.1). */
export function accepted(request: Request): { type: string; format: Format } {
  const header = (request.headers.get("accept") ?? "").trim();
  let best: string | undefined;
  let most = 0;
  for (const type of POINT_TYPES) {
    const weight = header === "" ? 1 : quality(header, type);
    if (weight > most) [best, most] = [type, weight];
  }
  if (best === undefined) throw new Problem("not-acceptable", refused("Accept", header, POINT_TYPES));
  return { type: best, format: FORMATS[best]! };
}

const refused = (name: string, given: string, known: readonly string[]): string =>
  `${name} ${given === "" ? "is missing" : `is ${JSON.stringify(given)}`}; expected ${known.join(", ")}`;

/** The weight that the most specific range of the header gives to a media type. */
function quality(header: string, type: string): number {
  const ranges = ["*/*", type.replace(/\/.*/, "/*"), type];
  let weight = 0;
  let specific = -1;
  for (const part of header.split(",")) {
    const { name, parameters } = parse(part);
    const rank = ranges.indexOf(name);
    const q = Number(parameters.get("q") ?? 1);
    if (rank > specific && q >= 0 && q <= 1) [weight, specific] = [q, rank];
  }
  return weight;
}

function parse(header: string): { name: string; parameters: Map<string, string> } {
  const [name = "", ...rest] = header.split(";").map((part) => part.trim());
  const parameters = new Map<string, string>();
  for (const parameter of rest) {
    const [key = "", value = ""] = parameter.split("=", 2);
    parameters.set(key.trim().toLowerCase(), value.trim().replace(/^"(.*)"$/, "$1"));
  }
  return { name: name.toLowerCase(), parameters };
}
