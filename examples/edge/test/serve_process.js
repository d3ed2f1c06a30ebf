// `pipeline serve` as a child process.

import { spawn } from "node:child_process";
import { fileURLToPath } from "node:url";

/** Starts `pipeline serve` and returns where it listens, and a function that ends it. */
export async function startServe() {
  const child = spawn(fileURLToPath(new URL("../build/pipeline", import.meta.url)), ["serve", "--listen", "127.0.0.1:0", "--shutdown-delay", "0s"], { stdio: ["ignore", "ignore", "pipe"] });
  const ended = new Promise((resolve) => child.on("close", resolve));
  const port = await new Promise((resolve, reject) => {
    let said = "";
    child.stderr.on("data", (data) => {
      said += data;
      const found = /msg=serving address=127\.0\.0\.1:(\d+)/.exec(said);
      if (found !== null) resolve(found[1]);
    });
    child.on("close", () => reject(new Error(`pipeline serve ended: ${said}`)));
  });
  const stop = async () => {
    child.kill("SIGKILL");
    await ended;
  };
  return { url: `http://127.0.0.1:${port}`, pid: child.pid, stop };
}
