import wasm from "./engine.wasm";
import { json, OPERATIONS, PARAMETERS } from "./api.js";
import type { Env } from "./limits.js";
import { notStarted, Problem, problemOf } from "./problem.js";
import { Service } from "./service.js";

/** That of the isolate, from the first request on: bindings belong to requests. */
let service: Service | undefined;

export default {
  async fetch(request: Request, env: Env): Promise<Response> {
    const id = request.headers.get("x-request-id") ?? "";
    let response: Response;
    try {
      response = await route(request, env);
    } catch (error) {
      response = problemOf(error).response();
    } finally {
      service?.tidy();
    }
    response.headers.set("x-request-id", /^[A-Za-z0-9._:-]{1,64}$/.test(id) ? id : crypto.randomUUID());
    response.headers.set("x-content-type-options", "nosniff");
    return request.method === "HEAD" ? new Response(null, response) : response;
  },
};

/** Finds what is at a path, and calls it. */
async function route(request: Request, env: Env): Promise<Response> {
  const { pathname, searchParams } = new URL(request.url);
  const [, plugin, name = ""] = /^\/v1\/plugins\/([^/]+)\/([^/]+)$/.exec(pathname) ?? [];
  const operation = Object.hasOwn(OPERATIONS, name) ? OPERATIONS[name] : undefined;
  if (operation !== undefined) {
    allow(request, pathname, ["POST"]);
    if (plugin !== "engine") throw new Problem("not-found", `plugin ${JSON.stringify(plugin)}: not found`);
    checkParameters(searchParams, PARAMETERS[name] ?? []);
    return await operation(started(env), request, searchParams);
  }
  switch (pathname) {
    case "/v1/plugins":
      allow(request, pathname, ["GET", "HEAD"]);
      checkParameters(searchParams, []);
      return json(`{"plugins":[{"name":"engine","has_summary":${started(env).hasSummary}}]}`);
    case "/healthz":
      allow(request, pathname, ["GET", "HEAD"]);
      started(env);
      return new Response("ok\n", { headers: { "content-type": "text/plain; charset=utf-8", "cache-control": "no-store" } });
    default:
      throw new Problem("no-route", `there is nothing at ${pathname}; expected /v1/plugins/engine/ and one of ${Object.keys(OPERATIONS).join(", ")}`);
  }
}

function started(env: Env): Service {
  try {
    return (service ??= new Service(wasm, env));
  } catch (error) {
    throw notStarted(error);
  }
}

function allow(request: Request, path: string, methods: readonly string[]): void {
  if (methods.includes(request.method)) return;
  const list = methods.join(", ");
  throw new Problem("method-not-allowed", `${request.method} is not a method of ${path}; expected ${list}`, undefined, { allow: list });
}

function checkParameters(query: URLSearchParams, known: readonly string[]): void {
  for (const name of query.keys()) {
    if (!known.includes(name)) throw new Problem("invalid-parameter", `unknown query parameter ${JSON.stringify(name)}`);
  }
}
