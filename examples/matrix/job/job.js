// What the JavaScript examples share: plain JavaScript's way to the answer, and the time of a
// step.

/** What a program without the engine does: two passes, which round at every step. */
export function plain(points) {
  if (points.length === 0) return { mean: 0, variance: 0, sum: 0 };
  let sum = 0;
  for (const { value } of points) sum += value;
  const mean = sum / points.length;
  let squares = 0;
  for (const { value } of points) squares += (value - mean) ** 2;
  return { mean, variance: squares / points.length, sum };
}

/** JSON.parse, and the checks of each point that types would promise. */
export function parse(text) {
  const points = JSON.parse(text);
  for (const { timestamp, value } of points) {
    if (!Number.isSafeInteger(timestamp) || timestamp < 0 || typeof value !== "number") throw new Error("no point");
  }
  return points;
}

/** Runs a step in rounds; the median time that it took for each of the points. */
export function nanoseconds(rounds, points, step) {
  return median(Array.from({ length: rounds }, () => {
    const began = performance.now();
    step();
    return ((performance.now() - began) * 1e6) / points;
  }));
}

export function median(times) {
  return times.sort((a, b) => a - b)[Math.floor(times.length / 2)];
}
