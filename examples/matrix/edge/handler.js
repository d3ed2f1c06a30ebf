// What the workers share: the host waits for the sources, whose pieces arrive in any order.

/** The URLs of SOURCES, a JSON array. The operator names them, never a caller. */
export const sourcesOf = (env) => JSON.parse(env.SOURCES);

/** The body of a source, as a stream. It fails if the source has not ended after some milliseconds. */
export async function open(url, wait = 30_000) {
  const response = await fetch(url, { signal: AbortSignal.timeout(wait) });
  if (!response.ok) throw new Error(`${url}: status ${response.status}`);
  return response.body;
}
