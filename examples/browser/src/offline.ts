// The service worker: keeps the files of the page, so that it works without a server.

import { FILES, VERSION } from "./files.js";

interface ExtendableEvent extends Event {
  waitUntil(promise: Promise<unknown>): void;
}

interface FetchEvent extends ExtendableEvent {
  readonly request: Request;
  respondWith(response: Promise<Response>): void;
}

interface ServiceWorkerScope {
  readonly registration: { readonly scope: string };
  addEventListener(type: "install" | "activate", listener: (event: ExtendableEvent) => void): void;
  addEventListener(type: "fetch", listener: (event: FetchEvent) => void): void;
  readonly clients: { claim(): Promise<void> };
}

const scope = globalThis as unknown as ServiceWorkerScope;
const PREFIX = `compute-pipeline ${scope.registration.scope} `;
const NAME = PREFIX + VERSION;

async function install(): Promise<void> {
  const cache = await caches.open(NAME);
  // From the server: the browser's cache may have older ones.
  await cache.addAll([".", ...FILES].map((file) => new Request(new URL(file, scope.registration.scope), { cache: "reload" })));
}

/** Forgets the files of other versions. */
async function activate(): Promise<void> {
  for (const name of await caches.keys()) if (name.startsWith(PREFIX) && name !== NAME) await caches.delete(name);
  await scope.clients.claim();
}

/** Answers from the kept files, so that all are of one version, and else from the network. */
async function respond(request: Request): Promise<Response> {
  const cache = await caches.open(NAME);
  // Many servers redirect this name to the folder, and a browser shows no page that was redirected
  // when it was kept.
  const { origin, pathname } = new URL(request.url);
  const isPage = origin + pathname === `${scope.registration.scope}index.html`;
  return (await cache.match(isPage ? scope.registration.scope : request, { ignoreSearch: true })) ?? fetch(request);
}

scope.addEventListener("install", (event) => event.waitUntil(install()));
scope.addEventListener("activate", (event) => event.waitUntil(activate()));
scope.addEventListener("fetch", (event) => {
  if (event.request.method === "GET" && event.request.url.startsWith(scope.registration.scope)) event.respondWith(respond(event.request));
});
