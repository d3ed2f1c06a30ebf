// The page draws. It gets one message with a number for each day, not the points.

const NAMESPACE = "http://www.w3.org/2000/svg";
const parameters = new URLSearchParams(location.search);

/** A line through the means, over the whole width. */
function draw(svg, means) {
  const { width, height } = svg.viewBox.baseVal;
  const min = means.reduce((a, b) => Math.min(a, b));
  const max = means.reduce((a, b) => Math.max(a, b));
  const x = (i) => (i / Math.max(1, means.length - 1)) * width;
  const y = (mean) => height - ((mean - min) / (max - min || 1)) * height;
  const path = document.createElementNS(NAMESPACE, "path");
  path.setAttribute("d", Array.from(means, (mean, i) => `${i ? "L" : "M"}${x(i).toFixed(1)} ${y(mean).toFixed(1)}`).join(""));
  svg.replaceChildren(path);
}

/** The answer of a worker, which ends then. */
function compute(url) {
  const worker = new Worker(new URL("worker.js", import.meta.url), { type: "module" });
  return new Promise((resolve, reject) => {
    worker.onmessage = ({ data }) => (data.error === undefined ? resolve(data) : reject(new Error(data.error)));
    worker.onerror = (event) => reject(new Error(event.message));
    worker.postMessage(url.href);
  }).finally(() => worker.terminate());
}

/** Computes and draws; returns the answer, with the times if they are wanted. */
async function show(data, rounds) {
  const { answer, means } = await compute(data);
  draw(document.querySelector("#chart"), means);
  document.querySelector("#answer").textContent = `${answer.points} points, mean ${answer.mean}`;
  if (rounds <= 1) return answer;
  const start = performance.now() * 1e6; // since the navigation
  const { costs } = await import("./cost.js");
  return { ...answer, nanoseconds: { start, ...(await costs(() => compute(data), rounds)) } };
}

const data = new URL(parameters.get("data") ?? "../../data/seattle-temps-2010.json", location.href);
const answer = await show(data, Number(parameters.get("rounds") ?? 1)).catch((error) => {
  document.querySelector("#answer").textContent = error.message;
  return { error: error.message };
});
if (parameters.has("post")) await fetch("/answer", { method: "POST", body: JSON.stringify(answer) });
